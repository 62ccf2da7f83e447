"""What docs/vouchers.md and docs/integrating.md tell: their documents run in their order, and every refusal is named."""

import re
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLUnionType, get_named_type

from graphql_api.permissions import Role
from graphql_api.schema.refusals import EVERY_REQUEST
from tests.bank import Bank
from tests.databases import ROOT
from tests.e2e.ledger_api.served import Api
from tests.integration.graphql.desk import SCHEMA

PAGE = (ROOT / "docs" / "vouchers.md").read_text(encoding="utf-8")
TILL = (ROOT / "docs" / "integrating.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```graphql (\w+)\n(.*?)```", re.DOTALL)
SHOWN = {
    "VOUCHER": re.compile(r"'code': {'text': '([^']+)'"),
    "TOKEN": re.compile(r"'lockToken': '([^']+)'"),
    "REDEMPTION": re.compile(r"'redemptionId': '([^']+)'"),
    "PAYMENT": re.compile(r"'paymentCode': '([^']+)'"),
    "SHOP": re.compile(r"'merchant': {'id': '([^']+)'"),
    "HOLD": re.compile(r"'holdId': '([^']+)'"),
}
"""What the pages leave to be filled in, and where an answer before shows it."""
AT_A_TILL = (
    "lockVoucher",
    "redeemVouchers",
    "reverseRedemption",
    "spendPoints",
    "captureHold",
    "releaseHold",
    "reverseEntry",
)


async def test_every_document_of_the_pages_can_be_pasted(api: Api, bank: Bank) -> None:
    """From the template to the till, as the role that each names; the voucher and the points are the member's."""
    await bank.earn(await bank.enrol("1609"), 150)
    known: dict[str, str] = {}
    answers: list[Any] = []

    for role, text in BLOCK.findall(PAGE + TILL):
        shop = str(bank.merchant_id) if role == "merchant" else None
        filled = text
        for name, value in known.items():
            filled = filled.replace(f'"{name}"', f'"{value}"')
        bearer = api.bearer(Role(role), "1609" if role == "member" else role, merchant_id=shop)
        answers.append(await api.ask(bearer, filled))
        assert "code" not in next(iter(answers[-1].values())), answers[-1]
        known |= {name: shown[1] for name, shape in SHOWN.items() if (shown := shape.search(str(answers[-1])))}

    told = {name: answer for each in answers for name, answer in each.items()}
    assert (told["redeemVoucher"]["discountMinor"], told["redeemVoucher"]["dueMinor"]) == ("420", "3780")
    assert (told["reverseRedemption"]["discountMinor"], told["spendPoints"]["replayed"]) == ("420", False)


def test_the_pages_name_every_gift_and_every_refusal_at_a_till() -> None:
    """Word for word; what tells nothing of tills stands in the tables before."""
    gives, mutations = SCHEMA.type_map["GivesInput"], SCHEMA.mutation_type
    assert isinstance(gives, GraphQLInputObjectType)
    assert mutations is not None
    unions = [get_named_type(mutations.fields[name].type) for name in AT_A_TILL]
    names = {kind.name for union in unions if isinstance(union, GraphQLUnionType) for kind in union.types}
    codes = {re.sub(r"(?<!^)([A-Z])", r"_\1", name[:-5]).upper() for name in names if name.endswith("Error")}
    told_before = {*map(str, EVERY_REQUEST), "IDEMPOTENCY_CONFLICT", "LIST_TOO_LONG"}
    of_the_bank = {"MEMBER_NOT_FOUND", "ASSET_NOT_FOUND"}

    table = TILL[TILL.index("| code | at the till |") :]
    assert [name for name in gives.fields if f"`{name}`" not in PAGE] == []
    assert sorted(code for code in codes - told_before - of_the_bank if f"`{code}`" not in table) == []


def test_the_page_names_every_code_of_the_transport() -> None:
    """Whatever the HTTP room refuses a request with; a client that is gone reads nothing."""
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "graphql_api" / "http").glob("*.py"))
    codes = set(re.findall(r'"([A-Z]+_[A-Z_]+)"', text)) - {"CLIENT_GONE", "PROMETHEUS_MULTIPROC_DIR"}

    assert len(codes) > 20
    assert sorted(code for code in codes if f"`{code}`" not in TILL) == []
