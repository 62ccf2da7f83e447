"""The schema, put together from its nouns."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from graphql_api.scalars import SCALAR_MAP
from graphql_api.schema.activity import ACTIVITY_BY_EVENT, ACTIVITY_QUERY
from graphql_api.schema.activity_report import REPORT_ACTIVITIES, REPORT_ACTIVITY
from graphql_api.schema.activity_type import ACTIVITY_TYPES, REGISTER_ACTIVITY_TYPE
from graphql_api.schema.adjustment import ADJUST_POINTS
from graphql_api.schema.api_key import ISSUE_API_KEY, REVOKE_API_KEY, ROTATE_API_KEY
from graphql_api.schema.approval import APPROVAL_QUERY, APPROVALS, APPROVE_REQUEST, REJECT_REQUEST, WITHDRAW_REQUEST
from graphql_api.schema.asset import ASSETS, CHANGE_ASSET, CREATE_ASSET
from graphql_api.schema.audit_access import ERASE_MEMBER, REQUEST_AUDIT_EXPORT, REVEAL_PARTS, REVEALED_PARTS
from graphql_api.schema.audit_event import AUDIT_EVENTS, AUDIT_PROOF
from graphql_api.schema.audit_status import AUDIT_STATUS
from graphql_api.schema.award import AWARD_QUERY
from graphql_api.schema.campaign import CAMPAIGN_QUERY, CAMPAIGNS, CHANGE_CAMPAIGN, CREATE_CAMPAIGN
from graphql_api.schema.campaign_figures import CAMPAIGN_FIGURES
from graphql_api.schema.campaign_moves import (
    END_CAMPAIGN,
    PAUSE_CAMPAIGN,
    START_CAMPAIGN,
    SUBMIT_CAMPAIGN,
    TOP_UP_CAMPAIGN_BUDGET,
)
from graphql_api.schema.campaign_simulation import CAMPAIGN_SIMULATION
from graphql_api.schema.claim import CLAIM_VOUCHER, GIFT_VOUCHER
from graphql_api.schema.clock import ADVANCE_SANDBOX_CLOCK, CLOCK
from graphql_api.schema.descriptions import object_type
from graphql_api.schema.earn import EARN_POINTS, EARN_POINTS_LIST
from graphql_api.schema.enrol import ENROL_MEMBER, ENROL_MEMBER_LIST
from graphql_api.schema.entry import ENTRY_BY_REFERENCE, ENTRY_QUERY
from graphql_api.schema.hold import CAPTURE_HOLD, HOLD_POINTS, HOLD_QUERY, RELEASE_HOLD
from graphql_api.schema.issue import ISSUE_VOUCHER, ISSUE_VOUCHER_LIST, TOP_UP_VOUCHER_STOCK
from graphql_api.schema.lock import LOCK_VOUCHER, RELEASE_VOUCHER_LOCK, RENEW_VOUCHER_LOCK
from graphql_api.schema.member import ME, MEMBER_QUERY, MEMBERS
from graphql_api.schema.member_attribute import MEMBER_ATTRIBUTES, REGISTER_MEMBER_ATTRIBUTE
from graphql_api.schema.member_facts import SET_MEMBER_FACTS
from graphql_api.schema.member_state import CLOSE_MEMBER, FREEZE_MEMBER, UNFREEZE_MEMBER
from graphql_api.schema.merchant import (
    CLOSE_MERCHANT,
    CREATE_MERCHANT,
    MERCHANT_QUERY,
    MERCHANTS,
    SET_MERCHANT_NETWORKS,
)
from graphql_api.schema.outcome import OUTCOME
from graphql_api.schema.partner import CREATE_PARTNER, PARTNER_QUERY, PARTNERS
from graphql_api.schema.payment_code import CREATE_PAYMENT_CODE
from graphql_api.schema.programme import CLOSE_PERIOD, PROGRAMME
from graphql_api.schema.rate import SET_ADJUSTMENT_LIMIT, SET_RATE
from graphql_api.schema.redeem import REDEEM_VOUCHER, REDEEM_VOUCHERS
from graphql_api.schema.redemption import REDEMPTION_QUERY, REDEMPTIONS, REVERSE_REDEMPTION
from graphql_api.schema.refusals import ERROR_TYPES
from graphql_api.schema.spend import SPEND_POINTS, SPEND_POINTS_LIST
from graphql_api.schema.support import SUPPORT_MEMBER
from graphql_api.schema.template import (
    CHANGE_VOUCHER_TEMPLATE,
    CREATE_VOUCHER_TEMPLATE,
    PUBLISH_VOUCHER_TEMPLATE,
    STOP_VOUCHER_TEMPLATE,
    VOUCHER_TEMPLATE,
    VOUCHER_TEMPLATES,
)
from graphql_api.schema.terminal import CLOSE_TERMINAL, CREATE_TERMINAL
from graphql_api.schema.tier_grant import GRANT_TIER
from graphql_api.schema.tier_ladder import CHANGE_TIER_LADDER, CREATE_TIER_LADDER, TIER_LADDER, TIER_LADDERS
from graphql_api.schema.transfer import TRANSFER_POINTS
from graphql_api.schema.undo import CANCEL_PENDING, CONFIRM_PENDING, REFUND_EARN, REVERSE_ENTRY
from graphql_api.schema.validate import VALIDATE_VOUCHER, VALIDATE_VOUCHERS
from graphql_api.schema.void import VOID_VOUCHER
from graphql_api.schema.voucher import VOUCHER_QUERY
from graphql_api.schema.voucher_report import VOUCHER_REPORT
from graphql_api.schema.wallet import WALLET
from graphql_api.schema.wallet_changed import WALLET_CHANGED


@object_type
class Query:
    """Reads. Root fields run concurrently, each at its own instant."""

    me = ME
    wallet = WALLET
    member = MEMBER_QUERY
    members = MEMBERS
    support_member = SUPPORT_MEMBER
    entry = ENTRY_QUERY
    entry_by_reference = ENTRY_BY_REFERENCE
    outcome = OUTCOME
    hold = HOLD_QUERY
    merchant = MERCHANT_QUERY
    merchants = MERCHANTS
    partner = PARTNER_QUERY
    partners = PARTNERS
    programme = PROGRAMME
    assets = ASSETS
    voucher_template = VOUCHER_TEMPLATE
    voucher_templates = VOUCHER_TEMPLATES
    voucher = VOUCHER_QUERY
    validate_voucher = VALIDATE_VOUCHER
    validate_vouchers = VALIDATE_VOUCHERS
    redemption = REDEMPTION_QUERY
    redemptions = REDEMPTIONS
    voucher_report = VOUCHER_REPORT
    activity = ACTIVITY_QUERY
    activity_by_event = ACTIVITY_BY_EVENT
    activity_types = ACTIVITY_TYPES
    member_attributes = MEMBER_ATTRIBUTES
    award = AWARD_QUERY
    campaign = CAMPAIGN_QUERY
    campaigns = CAMPAIGNS
    campaign_figures = CAMPAIGN_FIGURES
    campaign_simulation = CAMPAIGN_SIMULATION
    tier_ladder = TIER_LADDER
    tier_ladders = TIER_LADDERS
    approval = APPROVAL_QUERY
    approvals = APPROVALS
    audit_events = AUDIT_EVENTS
    audit_proof = AUDIT_PROOF
    revealed_parts = REVEALED_PARTS
    audit_status = AUDIT_STATUS
    clock = CLOCK


@object_type
class Mutation:
    """Writes. Each answers with its success or with a `UserError`; nothing is done by halves."""

    earn_points = EARN_POINTS
    earn_points_list = EARN_POINTS_LIST
    spend_points = SPEND_POINTS
    spend_points_list = SPEND_POINTS_LIST
    create_payment_code = CREATE_PAYMENT_CODE
    hold_points = HOLD_POINTS
    capture_hold = CAPTURE_HOLD
    release_hold = RELEASE_HOLD
    reverse_entry = REVERSE_ENTRY
    refund_earn = REFUND_EARN
    confirm_pending = CONFIRM_PENDING
    cancel_pending = CANCEL_PENDING
    transfer_points = TRANSFER_POINTS
    adjust_points = ADJUST_POINTS
    approve_request = APPROVE_REQUEST
    reject_request = REJECT_REQUEST
    withdraw_request = WITHDRAW_REQUEST
    enrol_member = ENROL_MEMBER
    enrol_member_list = ENROL_MEMBER_LIST
    set_member_facts = SET_MEMBER_FACTS
    freeze_member = FREEZE_MEMBER
    unfreeze_member = UNFREEZE_MEMBER
    close_member = CLOSE_MEMBER
    erase_member = ERASE_MEMBER
    request_audit_export = REQUEST_AUDIT_EXPORT
    reveal_parts = REVEAL_PARTS
    create_partner = CREATE_PARTNER
    create_merchant = CREATE_MERCHANT
    close_merchant = CLOSE_MERCHANT
    set_merchant_networks = SET_MERCHANT_NETWORKS
    create_terminal = CREATE_TERMINAL
    close_terminal = CLOSE_TERMINAL
    issue_api_key = ISSUE_API_KEY
    rotate_api_key = ROTATE_API_KEY
    revoke_api_key = REVOKE_API_KEY
    create_asset = CREATE_ASSET
    change_asset = CHANGE_ASSET
    set_rate = SET_RATE
    set_adjustment_limit = SET_ADJUSTMENT_LIMIT
    close_period = CLOSE_PERIOD
    create_voucher_template = CREATE_VOUCHER_TEMPLATE
    change_voucher_template = CHANGE_VOUCHER_TEMPLATE
    publish_voucher_template = PUBLISH_VOUCHER_TEMPLATE
    stop_voucher_template = STOP_VOUCHER_TEMPLATE
    top_up_voucher_stock = TOP_UP_VOUCHER_STOCK
    issue_voucher = ISSUE_VOUCHER
    issue_voucher_list = ISSUE_VOUCHER_LIST
    claim_voucher = CLAIM_VOUCHER
    gift_voucher = GIFT_VOUCHER
    void_voucher = VOID_VOUCHER
    lock_voucher = LOCK_VOUCHER
    renew_voucher_lock = RENEW_VOUCHER_LOCK
    release_voucher_lock = RELEASE_VOUCHER_LOCK
    redeem_voucher = REDEEM_VOUCHER
    redeem_vouchers = REDEEM_VOUCHERS
    reverse_redemption = REVERSE_REDEMPTION
    register_activity_type = REGISTER_ACTIVITY_TYPE
    register_member_attribute = REGISTER_MEMBER_ATTRIBUTE
    report_activity = REPORT_ACTIVITY
    report_activities = REPORT_ACTIVITIES
    create_campaign = CREATE_CAMPAIGN
    change_campaign = CHANGE_CAMPAIGN
    submit_campaign = SUBMIT_CAMPAIGN
    start_campaign = START_CAMPAIGN
    pause_campaign = PAUSE_CAMPAIGN
    end_campaign = END_CAMPAIGN
    top_up_campaign_budget = TOP_UP_CAMPAIGN_BUDGET
    create_tier_ladder = CREATE_TIER_LADDER
    change_tier_ladder = CHANGE_TIER_LADDER
    grant_tier = GRANT_TIER
    advance_sandbox_clock = ADVANCE_SANDBOX_CLOCK


@object_type
class Subscription:
    """Changes as they happen, over a WebSocket (graphql-transport-ws)."""

    wallet_changed = WALLET_CHANGED


def build_schema() -> strawberry.Schema:
    """The schema of this release."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=list(ERROR_TYPES.values()),
        config=StrawberryConfig(scalar_map=dict(SCALAR_MAP)),
    )
