"""A key that was refused for ever, or accepted without posting, keeps its answer: the checker misses it where it is gone."""

from ledger.engine.checks import ENTRY_RULES
from ledger.engine.refusal_checks import REFUSAL_RULES
from ledger.points.spend import SpendPoints
from tests.bank import Bank, bank, code_of
from tests.campaign_desk import CampaignDesk
from tests.planting import unfound

__all__ = ["bank"]

_REFUSED = " WHERE kind = 'spend' AND starts_with(outcome, '{\"refused\"')"
_ENROLLED = "(SELECT id FROM book.journal_entries WHERE kind = 'enrol')"
_LISTED = " WHERE kind = 'list'"
PLANTED = (
    f"UPDATE book.requests SET id = '\\x00112233445566778899aabbccddeeff'{_REFUSED}",
    f"UPDATE book.requests SET outcome = replace(outcome, 'INSUFFICIENT_POINTS', 'MEMBER_FROZEN'){_REFUSED}",
    f"UPDATE book.requests SET outcome = '[]'{_REFUSED}",
    f"UPDATE book.requests SET kind = 'earn'{_REFUSED}",
    f"UPDATE book.requests SET decided_at = decided_at - interval '1 second'{_REFUSED}",
    f"UPDATE book.requests SET id = '\\x00112233445566778899aabbccddeeff'{_LISTED}",
    f"UPDATE book.requests SET outcome = '[]'{_LISTED}",
)


async def test_a_lost_refusal_is_found(bank: Bank, database_url: str) -> None:
    """Of one command and of a list; what is refused without being kept is no difference, nor is a replay."""
    engine, member = bank.application.engine, await bank.enrol("m-1")
    spend = SpendPoints(actor=bank.actor("member", "m"), key=bank.key(), member_id=member, amount=5)
    malformed = SpendPoints(actor=bank.actor("member", "m"), key=bank.key(), member_id=member, amount=-5)
    listed = SpendPoints(actor=bank.actor("member", "m"), key=None, member_id=member, amount=5)

    codes = [code_of(await engine.execute(each)) for each in (spend, spend, malformed)]
    codes += [code_of(each) for each in await engine.execute_group([listed, listed], key=bank.key())]

    assert codes == ["INSUFFICIENT_POINTS"] * 2 + ["INVALID_INPUT", "INSUFFICIENT_POINTS", "GROUP_FAILED"]
    planted = [("refusal_has_request", statement) for statement in PLANTED]
    planted.append(("request_has_entry", f"UPDATE book.requests SET entry_id = {_ENROLLED}{_REFUSED}"))
    assert await unfound(database_url, planted, (*REFUSAL_RULES, *ENTRY_RULES)) == []


async def test_a_lost_answer_that_posted_nothing_is_found(bank: Bank, database_url: str) -> None:
    """A campaign that was put forward has no entry to know of the request, but an event."""
    await CampaignDesk(bank=bank).run("base")

    planted = [("accepted_event_has_request", "DELETE FROM book.requests WHERE kind = 'campaign_submit'")]
    assert await unfound(database_url, planted, REFUSAL_RULES) == []
