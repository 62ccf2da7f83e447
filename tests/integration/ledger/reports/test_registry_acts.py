"""What an act did to a row of the registry is what the row says, where the act's kind tells it and no fact does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from audit.erasure import ErasureState
from audit.legal_hold import place_hold, release_hold
from audit.retention import RetentionClass
from ledger.control.decide_request import ApproveRequest
from ledger.members.facts import set_member_facts
from ledger.partners.api_key import issue_api_key, revoke_api_key, rotate_api_key
from ledger.partners.network import set_merchant_networks
from ledger.partners.register import close_merchant, create_merchant
from ledger.partners.terminal import close_terminal, create_terminal
from ledger.points.adjust import AdjustPoints
from ledger.programme.period import close_period
from ledger.programme.rates import set_adjustment_limit, set_rate
from ledger.reports import registry_checks
from tests.bank import Bank
from tests.planting import unfound

_ROW, _EVENT, _APPROVAL = "registry_row_matches_events", "event_has_row", "approval_names_its_entry"
_EARNED = "(SELECT min(id::text)::uuid FROM book.journal_entries WHERE kind = 'earn')"
_ERASURE, _ERASED = "erasure_matches_event", "UPDATE audit.erasures SET"
_ADJUSTED = "UPDATE book.journal_entries SET"
_KEY = "UPDATE registry.api_keys SET"
_HOLD = "UPDATE audit.legal_holds SET"
_ROOT, _BRANCH, _PERSON = (f"UPDATE keys.{table} SET" for table in ("roots", "branches", "subjects"))
PLANTED = (
    (_ROW, "UPDATE registry.merchants SET state = 'open' WHERE code = 'SHUT'"),
    (_ROW, "UPDATE registry.merchants SET state = 'closed' WHERE code = '001'"),
    (_ROW, "UPDATE registry.merchants SET programme_id = gen_random_uuid()"),
    (_ROW, "UPDATE registry.partners SET programme_id = gen_random_uuid()"),
    (_ROW, "UPDATE registry.terminals SET state = 'open' WHERE code = 'T1'"),
    (_ROW, "UPDATE registry.terminals SET state = 'closed' WHERE code = 'T2'"),
    (_ROW, f"{_KEY} revoked_at = NULL WHERE revoked_at IS NOT NULL"),
    (_ROW, f"{_KEY} revoked_at = now() WHERE revoked_at IS NULL AND version = 1"),
    (_ROW, f"{_KEY} expires_at = NULL WHERE version = 1 AND expires_at IS NOT NULL"),
    (_ROW, f"{_KEY} expires_at = expires_at + interval '1 microsecond' WHERE version = 2 AND revoked_at IS NULL"),
    (_ROW, f"{_KEY} expires_at = now() WHERE expires_at IS NULL"),
    (_ROW, f"{_KEY} programme_id = gen_random_uuid()"),
    (_EVENT, "DELETE FROM registry.api_keys WHERE version = 1"),
    (_ROW, "UPDATE registry.rates SET valid_from = valid_from - interval '1 day'"),
    (_ROW, "UPDATE registry.programmes SET open_from = '1970-01-01 00:00:00+00' WHERE code = 'BANK'"),
    (_ROW, "UPDATE registry.programmes SET open_from = open_from + interval '1 microsecond'"),
    (_ROW, "UPDATE registry.assets SET programme_id = gen_random_uuid() WHERE code = 'POINTS'"),
    (_APPROVAL, "UPDATE registry.approvals SET approvers_needed = 2 WHERE state = 'pending'"),
    (_APPROVAL, "UPDATE registry.approvals SET entry_id = NULL WHERE state = 'approved'"),
    (_APPROVAL, "UPDATE registry.approvals SET entry_id = gen_random_uuid() WHERE state = 'pending'"),
    (_APPROVAL, f"UPDATE registry.approvals SET entry_id = {_EARNED} WHERE state = 'approved'"),
    (_APPROVAL, f"{_ADJUSTED} reason_code = 'OTHER' WHERE kind = 'adjust'"),
    (_APPROVAL, f"{_ADJUSTED} effective_at = effective_at - interval '1 second' WHERE kind = 'adjust'"),
    (_EVENT, "DELETE FROM book.member_facts"),
    (_ROW, "UPDATE book.member_facts SET programme_id = gen_random_uuid()"),
    (_EVENT, "DELETE FROM audit.erasures WHERE state = 'restricted'"),
    (_EVENT, "DELETE FROM audit.erasures WHERE state = 'destroyed'"),
    (_ERASURE, f"{_ERASED} state = 'restricted', destroyed_at = NULL WHERE state = 'destroyed'"),
    (_ERASURE, f"{_ERASED} destroyed_at = destroyed_at + interval '1 day' WHERE state = 'destroyed'"),
    (_ERASURE, f"{_ERASED} parts_destroyed = 7 WHERE state = 'destroyed'"),
    (_ERASURE, f"{_ERASED} asked_at = asked_at - interval '1 day' WHERE state = 'destroyed'"),
    (_ERASURE, f"{_ERASED} asked_at = asked_at - interval '1 day' WHERE state = 'restricted'"),
    (_ERASURE, f"{_ERASED} state = 'destroyed', destroyed_at = asked_at WHERE state = 'restricted'"),
    (_ERASURE, f"{_ERASED} event_id = gen_random_uuid()"),
    (_ERASURE, f"{_ERASED} id = gen_random_uuid()"),
    ("instance_is_there", "DELETE FROM registry.instance"),
    *((_ROW, f"{_ROOT} {changed}") for changed in (
        "state = 'destroyed', destroyed_at = now()", "state = 'retired'", "reference = 'x'", "version = 7",
        "adopted_at = adopted_at - interval '1 day'",
    )),
    *((_ROW, f"{_BRANCH} {changed}") for changed in (
        "state = 'destroyed', wrapped = NULL WHERE kind = 'epoch'", "name = name || 'x'",
        "kind = 'bucket' WHERE kind = 'epoch'", "created_at = created_at - interval '1 day'", "version = 7",
    )),
    *((_EVENT, f"DELETE FROM keys.{rows}") for rows in ("roots", "branches WHERE kind = 'epoch'", "branches WHERE kind = 'house'")),
    *((_ROW, f"{_HOLD} {changed}") for changed in (
        "released_at = now(), released_by = 'operator:olga' WHERE released_at IS NULL", "placed_by = 'operator:eve'",
        "placed_at = placed_at - interval '1 day'", "class = 'access'", "case_number = '8'",
        "released_at = NULL, released_by = NULL WHERE released_at IS NOT NULL",
        "released_at = released_at + interval '1 day' WHERE released_at IS NOT NULL",
        "released_by = 'operator:eve' WHERE released_at IS NOT NULL",
    )),
    *(("person_key_matches_erasure", f"{_PERSON} {changed}") for changed in (
        "state = 'destroyed', wrapped = NULL, bucket_id = NULL WHERE state = 'active'",
        "state = 'restricted' WHERE state = 'active'", "state = 'active' WHERE state = 'restricted'",
    )),
    *(("part_has_its_keys", statement) for statement in (
        "DELETE FROM keys.subjects", "DELETE FROM keys.branches WHERE kind = 'bucket'",
        "DELETE FROM keys.branches WHERE kind = 'epoch'", f"{_PERSON} bucket_id = gen_random_uuid() WHERE wrapped IS NOT NULL",
    )),
)  # fmt: skip
_SOON = datetime(2100, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


@pytest.fixture
async def member(bank: Bank) -> UUID:
    """A member of a programme in which one of everything was ended and another was not."""
    await _end_shops_and_tills(bank)
    await _make_keys(bank)
    await set_rate(bank.application.units, bank.actor("operator"), asset="POINTS", money_asset="CNY", points=3, minor=2)
    member = await bank.enrol("m-1")
    await bank.earn(member, 5)
    await set_member_facts(bank.application.units, bank.actor(), member_id=member, tiers=["gold"], segments=["x"])
    await _adjust(bank, member)
    return member


async def _end_shops_and_tills(bank: Bank) -> None:
    units, operator = bank.application.units, bank.actor("operator")
    shut = await create_merchant(units, operator, partner_id=bank.partner_id, code="SHUT", name="Shut")
    await close_merchant(units, operator, merchant_id=shut.id)
    await set_merchant_networks(units, operator, merchant_id=shut.id, networks=["10.0.0.0/8"])
    tills = [
        await create_terminal(units, operator, merchant_id=bank.merchant_id, code=code, name="Till")
        for code in ("T1", "T2")
    ]
    await close_terminal(units, operator, terminal_id=tills[0].id)


async def _make_keys(bank: Bank) -> None:
    """One revoked, one that ends with the overlap of its successor, two that stay."""
    units, operator = bank.application.units, bank.actor("operator")
    ends = (None, _SOON, _SOON + timedelta(days=1))
    keys = [
        await issue_api_key(units, operator, merchant_id=bank.merchant_id, secret=bytes(32), expires_at=end)
        for end in ends
    ]
    await revoke_api_key(units, operator, key_id=keys[0].id)
    await rotate_api_key(units, operator, key_id=keys[2].id, secret=bytes(32), old_expires_at=_SOON)


async def _adjust(bank: Bank, member: UUID) -> None:
    """Two adjustments wait for a second person, who agrees to the first; a smaller one does not, and its reason must be kept."""
    engine = bank.application.engine
    await set_adjustment_limit(
        bank.application.units, bank.actor("operator"), asset="POINTS", actor_kind="support", amount=1
    )
    adjust = AdjustPoints(
        actor=bank.actor("support", "sue"),
        key=bank.key(),
        member_id=member,
        amount=-3,
        reason_code="GOODWILL",
        reason="called",
    )
    asked = (await engine.execute(adjust)).unwrap().approval_id
    (await engine.execute(replace(adjust, key=bank.key()))).unwrap()
    (await engine.execute(replace(adjust, key=bank.key(), amount=1))).unwrap()
    assert asked is not None
    approve = ApproveRequest(
        actor=bank.actor("approver", "anna"),
        key=bank.key(),
        approval_id=asked,
        approvables=bank.application.approvables,
    )
    (await engine.execute(approve)).unwrap()


async def test_a_row_that_says_another_thing_than_its_acts_is_found(
    bank: Bank, member: UUID, database_url: str
) -> None:
    """One change behind the ledger's back at a time; afterwards all is clean again."""
    await close_period(
        bank.application.units, bank.actor("operator"), until=datetime(2001, 2, 3, 4, 5, 6, 7, tzinfo=UTC)
    )
    acts, eraser = bank.application.audit.key_acts, bank.application.audit.eraser
    holds = [await place_hold(acts, RetentionClass.OPERATION, case, actor="operator:olga") for case in ("7", "77")]
    await release_hold(acts, holds[0], actor="operator:olga")
    other = await bank.enrol("m-2")
    third = await bank.enrol("m-3")
    await bank.earn(third, 9)
    await _adjust(bank, third)
    states = {(await eraser.erase(member)).state, (await eraser.erase(other)).state}

    assert states == {ErasureState.RESTRICTED, ErasureState.DESTROYED}
    assert await unfound(database_url, PLANTED, registry_checks.RULES) == []
