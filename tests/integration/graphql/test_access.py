"""Who may ask what: one line per root field, and one per field with a scope of its own. A new field needs a line here."""

import pytest
from graphql import GraphQLObjectType, GraphQLUnionType, get_named_type

from graphql_api.field_rules import rule_of
from graphql_api.permissions import OWN, Role, Scope
from tests.integration.graphql.access import LETTERS, is_let_in, root_fields
from tests.integration.graphql.desk import SCHEMA, Desk

ROLES = tuple(role for role in Role if role is not Role.ANONYMOUS)

ROOT_FIELDS = """
Query.me                           M...... M......
Query.wallet                       ..SOACH ..SOACH
Query.member                       ..SO.CH ..SOACH
Query.members                      ..SO.CH ..SOACH
Query.supportMember                ......H ..SOACH
Query.entry                        MTSOACH MTSOACH
Query.entryByReference             MTSOACH MTSOACH
Query.outcome                      MTSOACH MTSOACH
Query.hold                         MTSOACH MTSOACH
Query.merchant                     .T.OACH .TSOACH
Query.merchants                    ...OACH ..SOACH
Query.partner                      ...OACH ..SOACH
Query.partners                     ...OACH ..SOACH
Query.programme                    MTSOACH MTSOACH
Query.assets                       MTSOACH MTSOACH
Query.voucherTemplate              M.SOACH M.SOACH
Query.voucherTemplates             M.SOACH M.SOACH
Query.voucher                      M.SOACH M.SOACH
Query.validateVoucher              .T..... .TSOACH
Query.validateVouchers             .T..... .TSOACH
Query.redemption                   .TSOACH .TSOACH
Query.redemptions                  .TSOACH .TSOACH
Query.voucherReport                ..SOACH ..SOACH
Query.activity                     ..SOACH ..SOACH
Query.activityByEvent              ..SOACH ..SOACH
Query.activityTypes                ..SOACH ..SOACH
Query.memberAttributes             ..SOACH ..SOACH
Query.award                        ..SOACH ..SOACH
Query.campaignFigures              ..SOACH ..SOACH
Query.campaign                     ..SOACH ..SOACH
Query.campaigns                    ..SOACH ..SOACH
Query.tierLadder                   M.SOACH M.SOACH
Query.tierLadders                  M.SOACH M.SOACH
Query.campaignSimulation           ...OA.. ...OA..
Query.approval                     ...OACH ..SOACH
Query.approvals                    ...OACH ..SOACH
Query.auditEvents                  .....C. .....C.
Query.auditProof                   .....C. .....C.
Query.revealedParts                .....C. .....C.
Query.auditStatus                  .....C. ..SOACH
Query.clock                        MTSOACH MTSOACH
Mutation.earnPoints                ..S.... ..SOACH
Mutation.earnPointsList            ..S.... ..SOACH
Mutation.spendPoints               .T..... MTSOACH
Mutation.spendPointsList           ....... ..SOACH
Mutation.createPaymentCode         M...... M.SOACH
Mutation.holdPoints                M...... M.SOACH
Mutation.captureHold               .T..... .TSOACH
Mutation.releaseHold               MT..... MTSOACH
Mutation.reverseEntry              .TS.... .TSOACH
Mutation.refundEarn                .TS.... .TSOACH
Mutation.confirmPending            ..S.... ..SOACH
Mutation.cancelPending             ..S.... ..SOACH
Mutation.transferPoints            M...... M.SOACH
Mutation.adjustPoints              ...O... ..SOACH
Mutation.approveRequest            ....A.. ..SOACH
Mutation.rejectRequest             ....A.. ..SOACH
Mutation.withdrawRequest           ...O.C. ..SOACH
Mutation.enrolMember               ..S.... ..SOACH
Mutation.enrolMemberList           ..S.... ..SOACH
Mutation.setMemberFacts            ..S.... ..SOACH
Mutation.freezeMember              ...O... ..SOACH
Mutation.unfreezeMember            ...O... ..SOACH
Mutation.closeMember               ...O... ..SOACH
Mutation.eraseMember               .....C. ..SOACH
Mutation.requestAuditExport        .....C. .....C.
Mutation.revealParts               .....C. .....C.
Mutation.createPartner             ...O... ..SOACH
Mutation.createMerchant            ...O... ..SOACH
Mutation.closeMerchant             ...O... ..SOACH
Mutation.setMerchantNetworks       ...O... ..SOACH
Mutation.createTerminal            ...O... ..SOACH
Mutation.closeTerminal             ...O... ..SOACH
Mutation.issueApiKey               ...O... ..SOACH
Mutation.rotateApiKey              ...O... ..SOACH
Mutation.revokeApiKey              ...O... ..SOACH
Mutation.createAsset               ...O... ..SOACH
Mutation.changeAsset               ...O... ..SOACH
Mutation.setRate                   ...O... ..SOACH
Mutation.setAdjustmentLimit        ...O... ..SOACH
Mutation.closePeriod               ...O... ..SOACH
Mutation.createVoucherTemplate     ...O... ..SOACH
Mutation.changeVoucherTemplate     ...O... ..SOACH
Mutation.publishVoucherTemplate    ...O... ..SOACH
Mutation.stopVoucherTemplate       ...O... ..SOACH
Mutation.topUpVoucherStock         ...O... ..SOACH
Mutation.issueVoucher              ..SO... ..SOACH
Mutation.issueVoucherList          ..SO... ..SOACH
Mutation.claimVoucher              M...... M.SOACH
Mutation.giftVoucher               M...... M.SOACH
Mutation.voidVoucher               ..SO... ..SOACH
Mutation.lockVoucher               .T..... .TSOACH
Mutation.renewVoucherLock          .T..... .TSOACH
Mutation.releaseVoucherLock        .T..... .TSOACH
Mutation.redeemVoucher             .T..... .TSOACH
Mutation.redeemVouchers            .T..... .TSOACH
Mutation.reverseRedemption         .TSO... .TSOACH
Mutation.registerActivityType      ...O... ..SOACH
Mutation.registerMemberAttribute   ...O... ..SOACH
Mutation.reportActivity            ..S.... ..SOACH
Mutation.reportActivities          ..S.... ..SOACH
Mutation.createCampaign            ...O... ..SOACH
Mutation.changeCampaign            ...O... ..SOACH
Mutation.submitCampaign            ...O... ..SOACH
Mutation.startCampaign             ...O... ..SOACH
Mutation.pauseCampaign             ...O... ..SOACH
Mutation.endCampaign               ...O... ..SOACH
Mutation.topUpCampaignBudget       ...O... ..SOACH
Mutation.createTierLadder          ...O... ..SOACH
Mutation.changeTierLadder          ...O... ..SOACH
Mutation.grantTier                 ...O... ..SOACH
Mutation.advanceSandboxClock       ...O... ..SOACH
Subscription.walletChanged         M.SOACH M.SOACH
"""
"""Field, who is let in with the scopes of its role, and who is let in with every scope there is.

Member, Till (merchant), Service, Operator, Approver, Compliance, Help desk (support); a dot is a refusal.
"""

INNER_FIELDS = {
    "Asset.adjustmentLimits": {Scope.PROGRAMME_READ},
    "Approval.reasons": {Scope.APPROVAL_READ},
    "Entry.followedBy": {Scope.ENTRY_READ},
    "Member.activities": {Scope.ACTIVITY_READ},
    "Member.campaigns": {Scope.CAMPAIGN_READ, Scope.CAMPAIGN_READ_ANY},
    "Member.facts": {Scope.MEMBER_READ, Scope.MEMBER_ENROL},
    "Member.tiers": {Scope.TIER_READ, Scope.TIER_READ_ANY},
    "Member.wallet": {Scope.WALLET_READ, Scope.WALLET_READ_ANY},
    "Member.wallets": {Scope.WALLET_READ, Scope.WALLET_READ_ANY},
    "Member.vouchers": {Scope.VOUCHER_READ, Scope.VOUCHER_READ_ANY},
    "Member.expiringVouchers": {Scope.VOUCHER_READ, Scope.VOUCHER_READ_ANY},
    "MemberTier.packs": {Scope.TIER_READ, Scope.TIER_READ_ANY},
    "MemberTier.steps": {Scope.TIER_READ, Scope.TIER_READ_ANY},
    "Merchant.apiKeys": {Scope.MERCHANT_MANAGE},
    "Merchant.balances": {Scope.MERCHANT_READ},
    "Merchant.terminals": {Scope.MERCHANT_READ},
    "Partner.merchants": {Scope.MERCHANT_READ},
    "TemplateVersion.funding": {Scope.TEMPLATE_READ},
    "TierLadder.versions": {Scope.TIER_READ_ANY},
    "Voucher.code": {Scope.VOUCHER_READ},
    "VoucherTemplate.versions": {Scope.TEMPLATE_READ},
}
"""Fields below the root that ask for a scope themselves."""


async def test_every_root_field_lets_in_whom_the_table_names(desk: Desk) -> None:
    """Each role asks for each root field, with its own scopes and with all; a field without a line fails."""
    await desk.bank.enrol("ines")
    expected = {line.split()[0]: line.split()[1:] for line in ROOT_FIELDS.strip().splitlines()}

    found = {}
    for name, document in root_fields():
        by_role = [LETTERS[role] if await is_let_in(desk, role, document) else "." for role in ROLES]
        by_scope = [LETTERS[role] if await is_let_in(desk, role, document, *Scope) else "." for role in ROLES]
        found[name] = ["".join(by_role), "".join(by_scope)]

    assert found == expected


def test_every_inner_field_with_a_scope_is_in_the_table() -> None:
    """What is guarded below the root is written down, so that a guard that disappears shows."""
    roots = {"Query", "Mutation", "Subscription"}

    found = {
        f"{kind.name}.{name}": set(rule.scopes)
        for kind in SCHEMA.type_map.values()
        if isinstance(kind, GraphQLObjectType) and kind.name not in roots
        for name, field in kind.fields.items()
        if (rule := rule_of(field)) is not None and rule.scopes
    }

    assert found == INNER_FIELDS


def test_whoever_may_ask_may_withdraw_what_it_asked_for() -> None:
    """Every scope by which something is put before a second person is one of `withdrawRequest`'s."""
    mutations = SCHEMA.mutation_type
    assert mutations is not None
    withdrawing = rule_of(mutations.fields["withdrawRequest"])
    assert withdrawing is not None

    asking: set[Scope] = set()
    for field in mutations.fields.values():
        result, rule = get_named_type(field.type), rule_of(field)
        if isinstance(result, GraphQLUnionType) and rule is not None:
            names = {name for kind in result.types for name in kind.fields if kind.name != "RequestDecided"}
            asking |= set(rule.scopes) if "approvalId" in names else set()

    assert asking == set(withdrawing.scopes)


async def test_an_inner_field_is_refused_without_its_scope(desk: Desk) -> None:
    """A caller who may read a member but no wallets gets the member and a refusal."""
    await desk.bank.enrol("ines")
    reader = desk.caller(Role.SERVICE, "core", Scope.MEMBER_READ)

    code = await desk.refusal(reader, '{ member(by: {externalId: "ines"}) { id wallet { available } } }')

    assert code == "FORBIDDEN"


@pytest.mark.parametrize(
    "field", ["wallet { available }", "wallets { asset }", "tiers { ladder }", "campaigns { code }"]
)
async def test_a_scope_for_what_is_ones_own_opens_nothing_of_others(desk: Desk, field: str) -> None:
    """A service that was given a member's scope by mistake reads no member by it."""
    await desk.bank.enrol("ines")
    reader = desk.caller(Role.SERVICE, "core", Scope.MEMBER_READ, *OWN)

    assert await desk.refusal(reader, f'{{ member(by: {{externalId: "ines"}}) {{ {field} }} }}') == "FORBIDDEN"
