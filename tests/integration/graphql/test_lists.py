"""Lists: independent or all or nothing."""

from dataclasses import replace
from typing import Any

import pytest

from graphql_api.caller import Caller
from graphql_api.request_record import RequestRecord
from graphql_api.schema.context import Context
from graphql_api.schema.directory import Directory
from ledger.members.queries import MemberIds
from tests.integration.graphql.people import People
from tests.integration.graphql.statements import counting, statements_of

ITEMS = """
... on EarnPointsOutcomes {
  items {
    __typename
    ... on PointsEarned { replayed wallet { available } }
    ... on GroupFailedError { failedIndex }
    ... on UserError { code retry }
  }
}
... on ListTooLongError { limit }
... on InvalidInputError { field }
"""


def _earn(member: str, amount: int, key: str | None = None) -> dict[str, object]:
    return {"member": {"externalId": member}, "amount": str(amount), "idempotencyKey": key}


async def _list(people: People, items: list[dict[str, object]], *, key: str | None = None) -> dict[str, Any]:
    given = {"items": items, "atomic": key is not None, "idempotencyKey": key}
    return await people.desk.change(people.core, "earnPointsList", given, ITEMS)


async def test_independent_items_each_have_an_outcome_in_input_order(people: People) -> None:
    """A bad item harms no other, and a later one sees what an earlier one did."""
    done = await _list(
        people, [_earn("ines", 1, "a"), _earn("nobody", 1, "b"), _earn("ines", 0, "c"), _earn("ines", 2, "d")]
    )

    assert [item["__typename"] for item in done["items"]] == [
        "PointsEarned",
        "MemberNotFoundError",
        "InvalidInputError",
        "PointsEarned",
    ]
    assert done["items"][3]["wallet"]["available"] == "103"


async def test_an_atomic_list_is_accepted_or_refused_as_one(people: People) -> None:
    """The item at fault carries its code, the others GROUP_FAILED, and nothing was earned; then all of it, once."""
    refused = await _list(people, [_earn("ines", 1), _earn("ines", 0), _earn("otto", 1)], key="g1")
    unknown = await _list(people, [_earn("ines", 1), _earn("nobody", 1)], key="g2")
    accepted = await _list(people, [_earn("ines", 1), _earn("otto", 1)], key="g3")
    again = await _list(people, [_earn("ines", 1), _earn("otto", 1)], key="g3")
    found = await people.desk.ask(people.member(), "{ me { wallet { available } } }")

    assert [item["code"] for item in refused["items"]] == ["GROUP_FAILED", "INVALID_INPUT", "GROUP_FAILED"]
    assert refused["items"][0]["failedIndex"] == 1
    assert [item["code"] for item in unknown["items"]] == ["GROUP_FAILED", "MEMBER_NOT_FOUND"]
    assert [item["replayed"] for item in accepted["items"]] == [False, False]
    assert [item["replayed"] for item in again["items"]] == [True, True]
    assert found["me"]["wallet"]["available"] == "101"


async def test_a_list_is_refused_before_any_work_where_its_form_is_wrong(people: People) -> None:
    """Too long, without its key, or with an item without one: one refusal, and the empty list is a success."""
    too_long = await _list(people, [_earn("ines", 1, f"k{n}") for n in range(1001)])
    keyless = await _list(people, [_earn("ines", 1, "x"), _earn("ines", 1)])
    given = {"items": [_earn("ines", 1)], "atomic": True}
    groupless = await people.desk.change(people.core, "earnPointsList", given, ITEMS)
    empty = await _list(people, [])

    assert (too_long["code"], too_long["limit"]) == ("LIST_TOO_LONG", "1000")
    assert (keyless["code"], keyless["field"]) == ("INVALID_INPUT", "items.1.idempotencyKey")
    assert (groupless["code"], groupless["field"]) == ("INVALID_INPUT", "idempotencyKey")
    assert empty["items"] == []


async def test_a_key_that_would_not_count_is_refused(people: People) -> None:
    """An item's in an atomic list, and the list's where items have their own: nothing is done, and no key is used."""
    in_atomic = await _list(people, [_earn("ines", 1), _earn("ines", 1, "a")], key="g")
    given = {"items": [_earn("ines", 1, "a")], "atomic": False, "idempotencyKey": "g"}
    of_list = await people.desk.change(people.core, "earnPointsList", given, ITEMS)
    corrected = [await _list(people, [_earn("ines", 1), _earn("ines", 1)], key="g")]
    corrected.append(await _list(people, [_earn("ines", 1, "a")]))

    assert (in_atomic["code"], in_atomic["field"]) == ("INVALID_INPUT", "items.1.idempotencyKey")
    assert (of_list["code"], of_list["field"]) == ("INVALID_INPUT", "idempotencyKey")
    assert [item["replayed"] for done in corrected for item in done["items"]] == [False, False, False]
    assert corrected[-1]["items"][0]["wallet"]["available"] == "103"


async def test_members_are_enrolled_in_lists(people: People) -> None:
    """A taken external id names its member; the others are enrolled."""
    given = {
        "atomic": False,
        "items": [{"externalId": "uwe", "idempotencyKey": "u"}, {"externalId": "ines", "idempotencyKey": "i"}],
    }

    done = await people.desk.change(
        people.core,
        "enrolMemberList",
        given,
        """... on EnrolMemberOutcomes { items {
            __typename ... on MemberEnrolled { memberId } ... on ExternalIdTakenError { takenByMemberId } } }""",
    )

    assert [item["__typename"] for item in done["items"]] == ["MemberEnrolled", "ExternalIdTakenError"]
    assert done["items"][1]["takenByMemberId"] == people.ines


async def test_spends_of_a_list_see_each_other(people: People) -> None:
    """What an earlier item spent, a later one cannot spend again."""
    spend = {"member": {"id": people.ines}, "amount": "60"}
    given = {"atomic": False, "items": [{**spend, "idempotencyKey": "a"}, {**spend, "idempotencyKey": "b"}]}

    done = await people.desk.change(
        people.core,
        "spendPointsList",
        given,
        "... on SpendPointsOutcomes { items { __typename ... on InsufficientPointsError { available } } }",
    )

    assert done["items"] == [
        {"__typename": "PointsSpent"},
        {"__typename": "InsufficientPointsError", "available": "40"},
    ]


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("earnPointsList", {"amount": "1"}),
        ("spendPointsList", {"amount": "1"}),
        ("issueVoucherList", {"template": "NONE"}),
    ],
)
async def test_a_list_looks_all_its_members_up_at_once(people: People, name: str, item: dict[str, object]) -> None:
    """By whatever external ids it names them; a full list of strangers to this process was a thousand look-ups."""
    application, contexts = people.desk.bank.application, people.desk.contexts
    reader = counting(application)
    directory = Directory(application.reader, MemberIds(reader))

    def afresh(caller: Caller, record: RequestRecord) -> Context:
        context = contexts(caller, record)
        return replace(context, ledger=replace(context.ledger, directory=directory))

    people.desk.contexts = afresh
    items = [{**item, "member": {"externalId": who}, "idempotencyKey": who} for who in ("ines", "otto")]
    select = f"... on {name[0].upper()}{name[1:].removesuffix('List')}Outcomes {{ items {{ __typename }} }}"
    done = await people.desk.change(people.core, name, {"atomic": False, "items": items}, select)

    assert len(done["items"]) == 2
    assert {"__typename": "MemberNotFoundError"} not in done["items"]
    assert reader.asked == 1


@pytest.mark.parametrize("name", ["earnPointsList", "spendPointsList"])
async def test_names_of_nobody_are_looked_up_at_once(people: People, name: str) -> None:
    """One statement for all names; whether its key was used comes first in the order of checks, item by item."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    text = f"mutation L($input: {kind}!) {{ {name}(input: $input) {{ __typename }} }}"

    def asked(*names: str) -> dict[str, object]:
        items = [
            {"member": {"externalId": who}, "amount": "1", "idempotencyKey": f"k-{n}"} for n, who in enumerate(names)
        ]
        return {"atomic": False, "items": items}

    one = await statements_of(people.desk, people.core, text, input=asked("m-0"))
    many = await statements_of(people.desk, people.core, text, input=asked(*(f"m-{n}" for n in range(50)), "\0"))

    assert (one, many) == (1 + 1, 1 + 51)


async def test_a_name_of_nobody_is_looked_up_again_by_the_next_list(people: People) -> None:
    """Whoever was enrolled since is somebody; a key that was used for something else still comes first."""
    items = [_earn("ines", 1, "a"), _earn("nina", 1, "b"), _earn("nina", 1, "a")]
    unknown = await _list(people, items)
    await people.desk.bank.enrol("nina")
    known = await _list(people, items)

    assert [item["__typename"] for item in unknown["items"]] == [
        "PointsEarned",
        "MemberNotFoundError",
        "MemberNotFoundError",
    ]
    assert [item["__typename"] for item in known["items"]] == [
        "PointsEarned",
        "PointsEarned",
        "IdempotencyConflictError",
    ]
