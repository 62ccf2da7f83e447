"""What callers read: wallets with lots, forecasts and statements, entries, outcomes; and never what is another's."""

from typing import Any

import pytest

from graphql_api.permissions import Role, Scope
from tests.integration.graphql.people import People


async def test_a_wallet_tells_lots_forecast_statement_and_holds(people: People) -> None:
    """One query for a member's app; the forecast adds up to the balance."""
    await people.earn(20, asset="STARS")
    await people.earn(30, expiresOn="2099-12-31")
    await people.change(people.member(), "holdPoints", "", amount="10")

    found = await people.desk.ask(
        people.member(),
        """{ me { externalId state wallets { asset available } wallet {
            posted held available nextExpiry
            lots { nodes { remaining held purchased } pageInfo { hasNextPage } }
            pendingLots { nodes { id } }
            expiries { buckets { expiresOn amount } never held overdue }
            statement(first: 2) { nodes { version kind amount heldChange postedAfter } pageInfo { hasNextPage } }
            holds { nodes { amount state merchantId } }
            asOf { balance final }
        } } }""",
    )

    wallet = found["me"]["wallet"]
    assert (wallet["posted"], wallet["held"], wallet["available"]) == ("130", "10", "120")
    assert [lot["remaining"] for lot in wallet["lots"]["nodes"]] == ["100", "30"]
    assert sum(int(bucket["amount"]) for bucket in wallet["expiries"]["buckets"]) == 120
    assert wallet["expiries"]["held"] == "10"
    assert [line["kind"] for line in wallet["statement"]["nodes"]] == ["hold", "earn"]
    assert wallet["statement"]["pageInfo"] == {"hasNextPage": True}
    assert wallet["holds"]["nodes"] == [{"amount": "10", "state": "OPEN", "merchantId": None}]
    assert wallet["asOf"]["balance"] == "130"
    assert {each["asset"] for each in found["me"]["wallets"]} == {"POINTS", "STARS"}


async def test_a_statement_pages_both_ways_without_gaps(people: People) -> None:
    """Forward by the end cursor and back by the start cursor give the same lines."""
    for _ in range(4):
        await people.earn(1)
    text = """query S($first: Int! = 2, $after: String, $last: Int, $before: String) { me { wallet {
        statement(first: $first, after: $after, last: $last, before: $before) {
            nodes { version } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }"""

    async def page(**given: object) -> dict[str, Any]:
        data = await people.desk.ask(people.member(), text, **given)
        return dict(data["me"]["wallet"]["statement"])

    def info(of: dict[str, Any]) -> dict[str, Any]:
        return dict(of["pageInfo"])

    one = await page()
    two = await page(after=info(one)["endCursor"])
    back = await page(last=2, before=info(two)["startCursor"])
    oldest = await page(last=2)

    assert [one["nodes"], two["nodes"]] == [
        [{"version": 5}, {"version": 4}],
        [{"version": 3}, {"version": 2}],
    ]
    assert back["nodes"] == one["nodes"]
    assert (info(back)["hasPreviousPage"], info(two)["hasPreviousPage"]) == (False, True)
    assert oldest["nodes"] == [{"version": 2}, {"version": 1}]
    assert (info(oldest)["hasPreviousPage"], info(oldest)["hasNextPage"]) == (True, False)


async def test_lots_page_in_spend_order(people: People) -> None:
    """Every lot once, by cursor."""
    for day in ("2031-01-01", "2030-01-01"):
        await people.earn(1, expiresOn=day)
    text = """query L($after: String) { me { wallet { lots(first: 2, after: $after) {
        nodes { expiresAt } pageInfo { endCursor hasNextPage } } } } }"""

    one = (await people.desk.ask(people.member(), text))["me"]["wallet"]["lots"]
    two = (await people.desk.ask(people.member(), text, after=one["pageInfo"]["endCursor"]))["me"]["wallet"]["lots"]

    instants = [lot["expiresAt"] for lot in [*one["nodes"], *two["nodes"]]]
    assert instants == sorted(instants)
    assert (len(instants), one["pageInfo"]["hasNextPage"], two["pageInfo"]["hasNextPage"]) == (3, True, False)


async def test_a_full_page_of_the_last_lots_is_the_last_page(people: People) -> None:
    """All of the hundred lots are known, so that nobody is sent to an empty page."""
    items = [{"member": {"id": people.ines}, "amount": "1", "idempotencyKey": f"e{number}"} for number in range(99)]
    await people.desk.change(people.core, "earnPointsList", {"items": items, "atomic": False})

    text = "{ me { wallet { lots(first: 100) { nodes { id } pageInfo { hasNextPage } } } } }"
    lots = (await people.desk.ask(people.member(), text))["me"]["wallet"]["lots"]

    assert (len(lots["nodes"]), lots["pageInfo"]) == (100, {"hasNextPage": False})


@pytest.mark.parametrize(
    "arguments",
    ["first: 0", "first: 101", 'after: "nonsense"', "last: 0", 'before: "bGluZTox"', 'after: "bGluZTox", last: 2'],
)
async def test_a_page_that_cannot_be_is_refused(people: People, arguments: str) -> None:
    """Sizes beyond 1 to 100, and cursors that are none of ours, are named as wrong input."""
    text = f"{{ me {{ wallet {{ statement({arguments}) {{ nodes {{ version }} }} }} }} }}"

    assert await people.desk.refusal(people.member(), text) == "INVALID_INPUT"


async def test_an_entry_is_seen_by_its_member_its_merchant_and_the_bank(people: People) -> None:
    """Others get the same answer as for an id that nobody has; a merchant sees neither member nor postings."""
    code = await people.payment_code()
    paid = await people.change(people.till, "spendPoints", paymentCode=code, amount="40")
    text = """query E($id: ID!) { entry(id: $id) {
        kind amount memberId actor postings { sourceRole destinationRole amount } draws { kind amount }
        followedBy { nodes { kind } } } }"""

    async def read(caller: object) -> object:
        return (await people.desk.ask(caller, text, id=paid["entry"]["id"]))["entry"]  # type: ignore[arg-type]

    by_member, by_merchant, by_bank = await read(people.member()), await read(people.till), await read(people.core)

    assert by_bank == {
        "kind": "spend",
        "amount": "40",
        "memberId": people.ines,
        "actor": f"merchant:{people.desk.bank.merchant_id}",
        "postings": [{"sourceRole": "wallet", "destinationRole": "receivable", "amount": "40"}],
        "draws": [{"kind": "take", "amount": "40"}],
        "followedBy": {"nodes": []},
    }
    assert by_member == {**by_bank, "actor": None}
    assert by_merchant == {**by_bank, "actor": None, "memberId": None, "postings": None, "draws": None}
    assert await read(people.member("otto")) is None
    assert await read(people.other_till) is None


async def test_what_follows_an_entry_is_read_by_page(people: People) -> None:
    """Oldest first, every one once, however many refunds an earn had."""
    earned = await people.earn(50, saleMinor="5000")
    for amount in ("100", "200", "300"):
        await people.change(people.core, "refundEarn", entryId=earned["entry"]["id"], saleMinor=amount)
    text = """query F($id: ID!, $after: String) { entry(id: $id) { followedBy(first: 2, after: $after) {
        nodes { saleMinor } pageInfo { endCursor hasNextPage } } } }"""

    one = (await people.desk.ask(people.core, text, id=earned["entry"]["id"]))["entry"]["followedBy"]
    after = one["pageInfo"]["endCursor"]
    two = (await people.desk.ask(people.core, text, id=earned["entry"]["id"], after=after))["entry"]["followedBy"]

    assert [each["saleMinor"] for each in [*one["nodes"], *two["nodes"]]] == ["100", "200", "300"]
    assert (one["pageInfo"]["hasNextPage"], two["pageInfo"]["hasNextPage"]) == (True, False)


async def test_who_receives_a_transfer_sees_it_but_not_from_whom(people: People) -> None:
    """The entry that the statement names can be read; the sender, its reference and its lots stay the sender's."""
    terms = {"expiry": "6 months to month", "transfersAllowed": True}
    await people.desk.change(people.operator, "changeAsset", {"code": "POINTS", "terms": terms})
    sent = await people.change(
        people.member(), "transferPoints", to={"id": people.otto}, amount="10", reference="for lunch"
    )
    text = "query E($id: ID!) { entry(id: $id) { amount memberId reference draws { amount } } }"

    by_sender = await people.desk.ask(people.member(), text, id=sent["entry"]["id"])
    by_receiver = await people.desk.ask(people.member("otto"), text, id=sent["entry"]["id"])
    lines = "{ me { wallet { statement(first: 1) { nodes { kind amount reference } } } } }"
    statements = [(await people.desk.ask(people.member(each), lines))["me"]["wallet"] for each in ("ines", "otto")]

    assert by_sender["entry"] == {
        "amount": "10",
        "memberId": people.ines,
        "reference": "for lunch",
        "draws": [{"amount": "10"}],
    }
    assert by_receiver["entry"] == {"amount": "10", "memberId": None, "reference": None, "draws": []}
    assert [each["statement"]["nodes"] for each in statements] == [
        [{"kind": "transfer", "amount": "-10", "reference": "for lunch"}],
        [{"kind": "transfer", "amount": "10", "reference": None}],
    ]


async def test_a_caller_finds_its_own_requests_by_reference_and_key(people: People) -> None:
    """What another client did under the same reference or key is not found."""
    await people.earn(5, reference="sale-1", idempotencyKey="mine")
    await people.change(people.core, "spendPoints", member={"id": people.ines}, amount="999", idempotencyKey="much")
    text = """{ entryByReference(kind: "earn", reference: "sale-1") { amount }
        accepted: outcome(idempotencyKey: "mine") { accepted kind entryId refusal }
        refused: outcome(idempotencyKey: "much") { accepted refusal } nothing: outcome(idempotencyKey: "x") { kind } }"""

    own = await people.desk.ask(people.core, text)
    other = await people.desk.ask(people.desk.caller(Role.SERVICE, "other", *Scope), text)

    assert own["entryByReference"] == {"amount": "5"}
    assert own["accepted"]["accepted"] is True
    assert own["refused"] == {"accepted": False, "refusal": "INSUFFICIENT_POINTS"}
    assert own["nothing"] is None
    assert set(other.values()) == {None}


@pytest.mark.parametrize("text", ["", "hello", "RW50cnk6", "TWVtYmVyOgGi", "🙈"])
async def test_an_id_that_is_none_is_not_found(people: People, text: str) -> None:
    """Malformed ids and ids of another kind give what an unknown one gives, and no error."""
    found = await people.desk.ask(
        people.core,
        """query I($id: ID!) { entry(id: $id) { id } hold(id: $id) { id } merchant(id: $id) { id }
        partner(id: $id) { id } approval(id: $id) { id } member(by: {id: $id}) { id } wallet(member: {id: $id}) { asset } }""",
        id=text,
    )
    earned = await people.change(people.core, "earnPoints", member={"id": text}, amount="1")
    captured = await people.change(people.core, "captureHold", holdId=text)

    assert set(found.values()) == {None}
    assert (earned["code"], captured["code"]) == ("MEMBER_NOT_FOUND", "HOLD_NOT_FOUND")


@pytest.mark.parametrize("name", ["", "\0", "ines\0", "a\nb", "x" * 5_000])
async def test_a_name_that_is_none_is_not_found(people: People, name: str) -> None:
    """What can be nobody's name gives what an unknown one gives, also where the database could not even be asked."""
    found = await people.desk.ask(
        people.core,
        """query N($name: String!) { member(by: {externalId: $name}) { id } wallet(member: {externalId: $name}) { asset }
        merchant(code: $name) { id } voucherTemplate(code: $name) { id } redemption(reference: $name) { id }
        entryByReference(kind: "earn", reference: $name) { id } }""",
        name=name,
    )
    earned = await people.change(people.core, "earnPoints", member={"externalId": name}, amount="1")

    assert found.pop("redemption") == []
    assert set(found.values()) == {None}
    assert earned["code"] == "MEMBER_NOT_FOUND"


async def test_a_credential_without_a_programme_is_good_while_there_is_only_one(people: People) -> None:
    """With two programmes it must say which."""
    nowhere = people.desk.caller(Role.SERVICE, "core", *Scope, programme="NONE")

    assert await people.desk.refusal(nowhere, "{ programme { code } }") == "FORBIDDEN"
    assert await people.desk.ask(people.core, "{ programme { code timeZone } assets { code kind } }") == {
        "programme": {"code": "BANK", "timeZone": "Asia/Shanghai"},
        "assets": [
            {"code": "CNY", "kind": "money"},
            {"code": "POINTS", "kind": "points"},
            {"code": "STARS", "kind": "points"},
        ],
    }


async def test_points_expire_when_the_sandbox_clock_is_moved(people: People) -> None:
    """The wallet is right at once, without any job; the clock never goes back."""
    now = (await people.desk.ask(people.core, "{ clock { now sandbox } }"))["clock"]
    year = int(now["now"][:4]) + 1

    moved = await people.desk.change(
        people.operator,
        "advanceSandboxClock",
        {"until": f"{year}{now['now'][4:]}"},
        "... on SandboxClockAdvanced { clock { now } }",
    )
    back = await people.desk.change(people.operator, "advanceSandboxClock", {"until": now["now"]})
    found = await people.desk.ask(people.member(), "{ me { wallet { available overdue nextExpiry } } }")

    assert moved["clock"]["now"][:4] == str(year)
    assert back["code"] == "INVALID_INPUT"
    assert found["me"]["wallet"] == {"available": "0", "overdue": "100", "nextExpiry": None}
