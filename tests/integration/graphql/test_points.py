"""What moves points: each mutation done once, and refused to whom it is not for."""

import json
from uuid import UUID

from graphql_api.caller import Caller
from graphql_api.permissions import Role, Scope
from tests.integration.graphql.desk import gid
from tests.integration.graphql.people import People


async def test_a_till_takes_points_by_a_payment_code_and_sees_no_balance(people: People) -> None:
    """The merchant learns what it was paid; what the member has is not its business, in success and in refusal."""
    code = await people.payment_code()

    paid = await people.change(people.till, "spendPoints", paymentCode=code, amount="40")
    too_much = await people.change(
        people.till,
        "spendPoints",
        "... on InsufficientPointsError { available }",
        paymentCode=await people.payment_code(),
        amount="61",
    )
    found = await people.desk.ask(people.member(), "{ me { wallet { available } } }")

    assert paid["__typename"] == "PointsSpent"
    assert paid["entry"]["merchantId"] == people.shop
    assert (paid["wallet"], paid["lots"]) == (None, None)
    assert (too_much["code"], too_much["available"]) == ("INSUFFICIENT_POINTS", None)
    assert found["me"]["wallet"]["available"] == "60"


async def test_a_payment_code_is_good_once(people: People) -> None:
    """A second spend with the same code is refused, and so is anything that is no code."""
    code = await people.payment_code()
    await people.change(people.till, "spendPoints", paymentCode=code, amount="40")

    again = await people.change(people.till, "spendPoints", paymentCode=code, amount="1")
    nonsense = await people.change(people.till, "spendPoints", paymentCode="hello", amount="1")

    assert (again["code"], nonsense["code"]) == ("PAYMENT_CODE_INVALID", "PAYMENT_CODE_INVALID")


async def test_guessing_codes_is_slowed_down_by_till(people: People) -> None:
    """After a few wrong codes a till must wait, right code or not; another till of the shop need not."""
    wrong = [
        await people.change(people.till, "spendPoints", paymentCode="hello", amount="1", terminal="1") for _ in range(7)
    ]
    code = await people.payment_code()

    here = await people.change(people.till, "spendPoints", paymentCode=code, amount="1", terminal="1")
    there = await people.change(people.till, "spendPoints", paymentCode=code, amount="1", terminal="2")

    assert (wrong[-1]["code"], here["code"]) == ("THROTTLED", "THROTTLED")
    assert here["retry"] == "SAME_KEY"
    assert here["retryAfterSeconds"] >= 1
    assert there["__typename"] == "PointsSpent"


async def test_a_till_may_not_name_a_member_or_another_shop(people: People) -> None:
    """Without the member's code, or for another shop, a merchant takes nothing."""
    named = await people.change(people.till, "spendPoints", member={"id": people.ines}, amount="1")
    bare = await people.change(people.till, "spendPoints", amount="1")
    foreign = await people.change(
        people.till,
        "spendPoints",
        paymentCode=await people.payment_code(),
        amount="1",
        merchantId=people.other_shop,
    )

    assert [named["code"], bare["code"], foreign["code"]] == ["INVALID_INPUT"] * 3


async def test_a_member_spends_only_its_own(people: People) -> None:
    """With the scope, a member spends for itself; naming another is the answer for a stranger, a shop is refused."""
    ines = people.member("ines", Scope.POINTS_SPEND)

    own = await people.change(ines, "spendPoints", amount="10")
    other = await people.change(ines, "spendPoints", member={"id": people.otto}, amount="1")
    other_by_name = await people.change(ines, "spendPoints", member={"externalId": "otto"}, amount="1")
    shop = await people.change(ines, "spendPoints", amount="1", merchantId=people.shop)

    assert own["wallet"]["available"] == "90"
    assert [other["code"], other_by_name["code"]] == ["MEMBER_NOT_FOUND"] * 2
    assert shop["code"] == "INVALID_INPUT"


async def test_a_hold_is_captured_by_its_own_merchant_only(people: People) -> None:
    """The other shop is told that there is no such hold; the own one takes part of it, and the rest returns."""
    held = await people.change(
        people.member(),
        "holdPoints",
        "... on PointsHeld { holdId deadline wallet { held available } }",
        amount="50",
        merchantId=people.shop,
    )

    seen = await people.desk.ask(people.other_till, "query H($id: ID!) { hold(id: $id) { state } }", id=held["holdId"])
    foreign = await people.change(people.other_till, "captureHold", holdId=held["holdId"])
    done = await people.change(people.till, "captureHold", holdId=held["holdId"], amount="20")
    again = await people.change(people.till, "releaseHold", holdId=held["holdId"])
    shown = await people.desk.ask(
        people.till, "query H($id: ID!) { hold(id: $id) { state captured memberId } }", id=held["holdId"]
    )

    assert held["wallet"] == {"held": "50", "available": "50"}
    assert seen == {"hold": None}
    assert (foreign["code"], again["code"]) == ("HOLD_NOT_FOUND", "HOLD_CAPTURED")
    assert done["entry"]["amount"] == "20"
    assert shown == {"hold": {"state": "CAPTURED", "captured": "20", "memberId": None}}


async def test_a_member_releases_only_what_it_held_for_the_bank(people: People) -> None:
    """What a merchant was promised, the member cannot take back; a merchant cannot open a hold itself."""
    select = "... on PointsHeld { holdId }"
    for_shop = await people.change(people.member(), "holdPoints", select, amount="5", merchantId=people.shop)
    for_bank = await people.change(people.member(), "holdPoints", select, amount="5")

    refused = await people.change(people.member(), "releaseHold", holdId=for_shop["holdId"])
    released = await people.change(people.member(), "releaseHold", holdId=for_bank["holdId"])
    by_shop = await people.change(people.till, "releaseHold", holdId=for_shop["holdId"])
    strangers = await people.change(people.member("otto"), "releaseHold", holdId=for_bank["holdId"])
    opened = await people.change(people.till, "holdPoints", amount="5")

    assert refused["code"] == "FORBIDDEN"
    assert (released["__typename"], by_shop["__typename"]) == ("HoldReleased", "HoldReleased")
    assert (strangers["code"], opened["code"]) == ("HOLD_NOT_FOUND", "FORBIDDEN")


async def test_a_spend_is_reversed_by_its_own_merchant_only(people: People) -> None:
    """The other shop is told that there is no such entry."""
    code = await people.payment_code()
    paid = await people.change(people.till, "spendPoints", paymentCode=code, amount="40")
    entry = paid["entry"]["id"]

    foreign = await people.change(people.other_till, "reverseEntry", entryId=entry)
    part = await people.change(people.till, "reverseEntry", entryId=entry, amount="10")
    too_much = await people.change(
        people.till, "reverseEntry", "... on ReversalExceedsOriginalError { reversible }", entryId=entry, amount="31"
    )

    assert foreign["code"] == "ENTRY_NOT_FOUND"
    assert part["entry"]["originalEntryId"] == entry
    assert (too_much["code"], too_much["reversible"]) == ("REVERSAL_EXCEEDS_ORIGINAL", "30")


async def test_a_refund_takes_back_what_the_sale_had_earned(people: People) -> None:
    """Half the sale, half the points; what is gone is owed."""
    earned = await people.earn(60, saleMinor="6000")
    await people.change(people.core, "spendPoints", member={"id": people.ines}, amount="150")

    refunded = await people.change(people.core, "refundEarn", entryId=earned["entry"]["id"], saleMinor="3000")

    assert refunded["__typename"] == "EarnRefunded"
    assert (refunded["wallet"]["posted"], refunded["wallet"]["owed"]) == ("0", "20")


async def test_pending_points_are_confirmed_or_cancelled(people: People) -> None:
    """Confirmed ones can be spent, cancelled ones are gone, and neither twice."""
    one, two = await people.earn(10, pending=True), await people.earn(20, pending=True)

    confirmed = await people.change(people.core, "confirmPending", entryId=one["entry"]["id"])
    cancelled = await people.change(people.core, "cancelPending", entryId=two["entry"]["id"])
    again = await people.change(people.core, "confirmPending", entryId=two["entry"]["id"])
    found = await people.desk.ask(people.member(), "{ me { wallet { available pending } } }")

    assert (confirmed["__typename"], cancelled["__typename"]) == ("PendingConfirmed", "PendingCancelled")
    assert again["code"] == "NOT_PENDING"
    assert found["me"]["wallet"] == {"available": "110", "pending": "0"}


async def test_transfers_obey_the_assets_terms(people: People) -> None:
    """They are off by default; once allowed, a member sends its own and to itself nothing."""
    off = await people.change(people.member(), "transferPoints", to={"id": people.otto}, amount="10")
    terms = {"expiry": "6 months to month", "transfersAllowed": True, "transferDayMax": "15"}
    await people.desk.change(people.operator, "changeAsset", {"code": "POINTS", "terms": terms})

    sent = await people.change(people.member(), "transferPoints", to={"externalId": "otto"}, amount="10")
    limited = await people.change(
        people.member(),
        "transferPoints",
        "... on TransferLimitExceededError { left period }",
        to={"id": people.otto},
        amount="10",
    )
    to_self = await people.change(people.member(), "transferPoints", to={"id": people.ines}, amount="1")
    unknown = await people.change(people.member(), "transferPoints", to={"externalId": "nobody"}, amount="1")

    assert off["code"] == "TRANSFER_NOT_ALLOWED"
    assert sent["wallet"]["available"] == "90"
    assert (limited["left"], limited["period"]) == ("5", "day")
    assert (to_self["code"], unknown["code"]) == ("TRANSFER_TO_SELF", "MEMBER_NOT_FOUND")


async def test_a_member_neither_earns_nor_adjusts_whatever_its_scopes(people: People) -> None:
    """Some things are not for a role at all."""
    ines = people.member("ines", *Scope)

    earned = await people.change(ines, "earnPoints", member={"id": people.ines}, amount="1")
    adjusted = await people.change(ines, "adjustPoints", member={"id": people.ines}, amount="1", reasonCode="gift")
    reversed_ = await people.change(ines, "reverseEntry", entryId=people.ines)

    assert [earned["code"], adjusted["code"], reversed_["code"]] == ["FORBIDDEN"] * 3


async def test_an_unenrolled_member_has_nothing(people: People) -> None:
    """A token of the bank's identity provider is not yet a member."""
    stranger = people.desk.caller(Role.MEMBER, "nobody")

    held = await people.change(stranger, "holdPoints", amount="1")
    found = await people.desk.ask(stranger, "{ me { id } }")

    assert held["code"] == "MEMBER_NOT_FOUND"
    assert found == {"me": None}


async def test_a_name_that_means_nothing_is_refused_where_an_unknown_id_is(people: People) -> None:
    """After the form, the key and the reference, by whatever name; a text that is no payment code likewise."""
    await people.change(
        people.core, "earnPoints", member={"id": people.ines}, amount="1", idempotencyKey="k", reference="r"
    )
    await people.change(
        people.till, "spendPoints", paymentCode=await people.payment_code(), amount="1", idempotencyKey="k"
    )
    names = ({"externalId": "nobody"}, {"id": gid("Member", UUID(int=7))})

    async def codes(caller: Caller, name: str, **given: object) -> list[str]:
        return [(await people.change(caller, name, "", member=each, **given))["code"] for each in names]

    assert await codes(people.core, "earnPoints", amount="0") == ["INVALID_INPUT"] * 2
    assert await codes(people.core, "holdPoints", amount="1", ttlSeconds=0) == ["INVALID_INPUT"] * 2
    assert await codes(people.core, "earnPoints", amount="1", idempotencyKey="k") == ["IDEMPOTENCY_CONFLICT"] * 2
    assert await codes(people.core, "earnPoints", amount="1", reference="r") == ["REFERENCE_TAKEN"] * 2
    assert await codes(people.core, "earnPoints", amount="1", merchantId="none") == ["MEMBER_NOT_FOUND"] * 2
    no_amount = await people.change(people.till, "spendPoints", paymentCode="hello", amount="0")
    used_key = await people.change(people.till, "spendPoints", paymentCode="hello", amount="1", idempotencyKey="k")
    assert (no_amount["code"], used_key["code"]) == ("INVALID_INPUT", "IDEMPOTENCY_CONFLICT")
    for each in names:
        items = [{"member": each, "amount": "1"}, {"member": {"id": people.ines}, "amount": "0"}]
        asked: dict[str, object] = {"atomic": True, "idempotencyKey": people.desk.key(), "items": items}
        select = "... on EarnPointsOutcomes { items { ... on UserError { code } } }"
        listed = await people.desk.change(people.core, "earnPointsList", asked, select)
        assert [outcome["code"] for outcome in listed["items"]] == ["GROUP_FAILED", "INVALID_INPUT"]


async def test_a_name_that_means_nothing_is_recorded_and_burns_no_key(people: People) -> None:
    """The ledger is never asked of it; that somebody tried stands in the audit log, counted, without the name."""
    nobody, key = {"externalId": "nobody"}, people.desk.key()
    bank = people.desk.bank

    refused = await people.change(people.core, "spendPoints", member=nobody, amount="1", idempotencyKey=key)
    items = [{"member": nobody, "amount": "1", "idempotencyKey": people.desk.key()} for _ in range(2)]
    await people.desk.change(people.core, "spendPointsList", {"items": items, "atomic": False})
    await people.change(people.member(), "transferPoints", to=nobody, amount="1")
    await people.change(people.till, "spendPoints", paymentCode="hello", amount="1")
    accepted = await people.change(
        people.core, "spendPoints", member={"id": people.ines}, amount="1", idempotencyKey=key
    )
    await bank.application.refused.close()

    records = [json.loads(row[0]) for row in await bank.fetch("SELECT convert_from(record, 'UTF8') FROM audit.events")]
    told = [
        (each["actor"].partition(":")[0], each["code"], each["facts"]["count"])
        for each in records
        if each["type"] == "access_denied"
    ]
    assert (refused["code"], accepted["__typename"]) == ("MEMBER_NOT_FOUND", "PointsSpent")
    assert sorted(told) == [
        ("member", "MEMBER_NOT_FOUND", 1),
        ("merchant", "PAYMENT_CODE_INVALID", 1),
        ("service", "MEMBER_NOT_FOUND", 3),
    ]
    assert "nobody" not in str(records)
    assert "ines" not in str(records)
