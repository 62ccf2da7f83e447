"""The real API over HTTP: tokens and keys, documents with two moves, input that fits nothing; never a 5xx."""

import asyncio

from graphql_api.global_ids import encode_id
from graphql_api.permissions import Role, Scope
from ledger.partners.api_key import issue_api_key
from tests.bank import Bank
from tests.e2e.ledger_api.served import Api

EARN = """mutation E($input: EarnPointsInput!) { earnPoints(input: $input) {
    __typename ... on Receipt { replayed wallet { available } } ... on UserError { code retry } } }"""
SPEND = """mutation S($input: SpendPointsInput!) { spendPoints(input: $input) {
    __typename ... on PointsSpent { entry { merchantId } wallet { available } } ... on UserError { code } } }"""


async def test_points_are_earned_shown_and_spent_at_a_till_with_an_api_key(api: Api, bank: Bank) -> None:
    """The bank's system by token, the member's app by token, the shop by its key."""
    await bank.enrol("ines")
    service, ines = api.bearer(Role.SERVICE, "core"), api.bearer(Role.MEMBER, "ines")
    key = await issue_api_key(
        bank.application.units, bank.actor("operator", "olga"), merchant_id=bank.merchant_id, secret=bytes(range(32))
    )

    earn = {"member": {"externalId": "ines"}, "amount": 100, "idempotencyKey": "e1"}
    earned = await api.ask(service, EARN, input=earn)
    code = await api.ask(
        ines, "mutation { createPaymentCode(input: {}) { ... on PaymentCodeCreated { paymentCode } } }"
    )
    spend = {"paymentCode": code["createPaymentCode"]["paymentCode"], "amount": "40", "idempotencyKey": "s1"}
    spent = await api.ask(f"Bearer {key.text}", SPEND, input=spend)
    shown = await api.ask(ines, "{ me { wallet { available } } }")

    assert earned["earnPoints"]["wallet"] == {"available": "100"}
    assert spent["spendPoints"] == {
        "__typename": "PointsSpent",
        "entry": {"merchantId": encode_id("Merchant", bank.merchant_id)},
        "wallet": None,
    }
    assert shown == {"me": {"wallet": {"available": "60"}}}


async def test_one_key_sent_by_many_at_once_earns_once(api: Api, bank: Bank) -> None:
    """Twenty requests under one key: one is first, the others are replays of it."""
    await bank.enrol("ines")
    service = api.bearer(Role.SERVICE, "core")
    earn = {"member": {"externalId": "ines"}, "amount": 7, "idempotencyKey": "same"}

    answers = await asyncio.gather(*(api.ask(service, EARN, input=earn) for _ in range(20)))

    assert sorted(answer["earnPoints"]["replayed"] for answer in answers) == [False] + [True] * 19
    assert {answer["earnPoints"]["wallet"]["available"] for answer in answers} == {"7"}


async def test_a_document_moves_value_once_of_each_kind(api: Api, bank: Bank) -> None:
    """Two earns in one document are refused before anything runs, by alias or not."""
    await bank.enrol("ines")
    item = '{member: {externalId: "ines"}, amount: 1, idempotencyKey: "%s"}'
    text = f"""mutation {{ a: earnPoints(input: {item % "a"}) {{ __typename }}
        b: earnPoints(input: {item % "b"}) {{ __typename }} }}"""

    answer = (await api.post(api.bearer(Role.SERVICE, "core"), text)).json()

    assert "'earn'" in answer["errors"][0]["message"]
    assert await bank.fetch("SELECT id FROM {book}.journal_entries WHERE kind = 'earn'") == []


WRONG: tuple[dict[str, object], ...] = (
    {"amount": 1.5},
    {"amount": "1e3"},
    {"amount": "٣"},
    {"amount": 2**70},
    {"amount": None},
    {"amount": [1]},
    {"idempotencyKey": ""},
    {"idempotencyKey": "ä"},
    {"idempotencyKey": "k" * 256},
    {"effectiveAt": "2026-01-01T00:00:00"},
    {"effectiveAt": "0001-01-01T00:00:00Z"},
    {"expiresOn": "2026-02-30"},
    {"member": {}},
    {"member": {"id": "a", "externalId": "b"}},
    {"member": {"id": None}},
    {"member": None},
    {"surprise": 1},
)
NOT_TEXT = ("asset", "reference", "reasonCode", "merchantId")
STRANGE: tuple[dict[str, object], ...] = (
    {"amount": "-9223372036854775808"},
    {"amount": "0"},
    {"asset": "🙈" * 500},
    {"asset": ""},
    {"reference": "r" * 10_000},
    {"reference": ""},
    {"reasonCode": "\n"},
    {"member": {"externalId": ""}},
    {"member": {"externalId": "\u202e" * 999}},
    {"effectiveAt": "0001-01-02T00:00:00Z"},
    {"effectiveAt": "9999-12-31T23:59:59Z"},
    {"expiresOn": "9999-12-31"},
    {"expiresOn": "0001-01-01"},
    {"saleMinor": "-1"},
)


async def test_input_of_a_wrong_type_is_refused_as_such(api: Api, bank: Bank) -> None:
    """The answer says that the variables do not fit; nothing runs."""
    await bank.enrol("ines")
    service = api.bearer(Role.SERVICE, "core")

    found = {}
    for more in WRONG:
        earn = {"member": {"externalId": "ines"}, "amount": 1, "idempotencyKey": "k", **more}
        response = await api.post(service, EARN, input=earn)
        found[str(more)] = (response.status_code, response.json()["errors"][0]["extensions"]["code"])

    assert found == {str(more): (200, "VARIABLES_INVALID") for more in WRONG}


async def test_input_that_cannot_be_meant_is_refused_with_a_code(api: Api, bank: Bank) -> None:
    """What is well typed but makes no sense gets a coded refusal, never a bug."""
    await bank.enrol("ines")
    service = api.bearer(Role.SERVICE, "core", *Scope)

    for number, more in enumerate(STRANGE):
        earn = {"member": {"externalId": "ines"}, "amount": 1, "idempotencyKey": f"k{number}", **more}
        response = await api.post(service, EARN, input=earn)
        assert response.status_code == 200
        assert (response.json()["data"] or {})["earnPoints"]["__typename"].endswith("Error"), (more, response.text)


async def test_a_nul_byte_reaches_no_resolver(api: Api, bank: Bank) -> None:
    """PostgreSQL has no text with NUL in it, so the whole request is malformed."""
    service = api.bearer(Role.SERVICE, "core")

    for name in NOT_TEXT:
        earn = {"member": {"externalId": "ines"}, "amount": 1, "idempotencyKey": "k", name: "\x00"}
        assert (await api.post(service, EARN, input=earn)).status_code == 400
