"""What the bank's staff keeps: assets, rates, periods, and the look of support at a member, which is recorded."""

from graphql_api.permissions import Role
from tests.integration.graphql.people import People


async def test_points_pay_money_at_the_rate_in_force(people: People) -> None:
    """Up to what is due; the reply says what remains, and the entry by which version."""
    rate = {"asset": "POINTS", "moneyAsset": "CNY", "points": "10", "minor": "100"}
    await people.desk.change(people.operator, "setRate", rate)

    paid = await people.change(
        people.till,
        "spendPoints",
        "... on PointsSpent { entry { id amount } moneyMinor remainingDueMinor }",
        paymentCode=await people.payment_code(),
        dueMinor="1550",
        pointsMax="50",
    )
    found = await people.desk.ask(people.operator, "{ assets { code rates { id moneyAsset points minor } } }")
    text = "query E($id: ID!) { entry(id: $id) { moneyMinor rateId } }"
    entry = (await people.desk.ask(people.till, text, id=paid["entry"]["id"]))["entry"]

    assert (paid["entry"]["amount"], paid["moneyMinor"], paid["remainingDueMinor"]) == ("50", "500", "1050")
    made = {"id": entry["rateId"], "moneyAsset": "CNY", "points": "10", "minor": "100"}
    assert {"code": "POINTS", "rates": [made]} in found["assets"]
    assert entry["moneyMinor"] == "500"


async def test_support_sees_a_member_and_is_recorded(people: People) -> None:
    """The look is in the audit log before the answer leaves, also where nobody was found."""
    helper = people.desk.caller(Role.SUPPORT, "hans")
    before = await people.desk.bank.count("audit.events")

    found = await people.desk.ask(
        helper,
        """{ supportMember(by: {externalId: "ines"}) {
            member { externalId } wallets { asset available } entries { kind } holds { id } } }""",
    )
    after = await people.desk.bank.count("audit.events")

    assert found["supportMember"]["member"] == {"externalId": "ines"}
    assert found["supportMember"]["wallets"] == [{"asset": "POINTS", "available": "100"}]
    assert [entry["kind"] for entry in found["supportMember"]["entries"]] == ["earn"]
    assert after == before + 1


async def test_periods_close_forward_only(people: People) -> None:
    """Nothing takes effect in a closed period, and none opens again."""
    until = "2026-01-01T00:00:00Z"
    closed = await people.desk.change(
        people.operator, "closePeriod", {"until": until}, "... on PeriodClosed { programme { openFrom } }"
    )
    again = await people.desk.change(people.operator, "closePeriod", {"until": until})
    late = await people.change(
        people.core,
        "earnPoints",
        "... on PeriodClosedError { openFrom }",
        member={"id": people.ines},
        amount="1",
        effectiveAt="2025-12-31T00:00:00Z",
    )

    assert closed["programme"]["openFrom"] == "2026-01-01T00:00:00.000000Z"
    assert (again["code"], late["code"]) == ("PERIOD_CLOSED", "PERIOD_CLOSED")
    assert late["openFrom"] == "2026-01-01T00:00:00.000000Z"


async def test_assets_are_created_and_changed(people: People) -> None:
    """Bad terms name their field; good ones are the next version."""
    desk = people.desk
    select = "... on AssetCreated { asset { code version expiry } }"

    made = await desk.change(
        people.operator, "createAsset", {"code": "MILES", "terms": {"expiry": "on 2030-12-31"}}, select
    )
    taken = await desk.change(people.operator, "createAsset", {"code": "MILES"}, select)
    wrong = await desk.change(
        people.operator,
        "changeAsset",
        {"code": "MILES", "terms": {"expiry": "whenever"}},
        "... on InvalidInputError { field }",
    )
    unknown = await desk.change(people.operator, "changeAsset", {"code": "NONE", "terms": {}})

    assert made["asset"] == {"code": "MILES", "version": 1, "expiry": "on 2030-12-31"}
    assert (taken["code"], unknown["code"]) == ("CODE_TAKEN", "ASSET_NOT_FOUND")
    assert (wrong["code"], wrong["field"]) == ("INVALID_INPUT", "expiry")


async def test_a_rate_of_the_first_moment_is_one_like_any_other(people: People) -> None:
    """The instant before it, which the database takes for minus infinity, is none."""
    rate = {"asset": "POINTS", "moneyAsset": "CNY", "points": "1", "minor": "1"}
    text = "mutation R($input: SetRateInput!) { setRate(input: $input) { __typename } }"

    none = await people.desk.execute(people.operator, text, {"input": {**rate, "validFrom": "0001-01-01T00:00:00Z"}})
    first = await people.desk.change(people.operator, "setRate", {**rate, "validFrom": "0001-01-01T00:00:00.000001Z"})
    paid = await people.change(people.till, "spendPoints", paymentCode=await people.payment_code(), amount="3")

    assert none.errors is not None
    assert "There is no such instant." in none.errors[0].message
    assert (first["__typename"], paid["__typename"]) == ("RateSet", "PointsSpent")
