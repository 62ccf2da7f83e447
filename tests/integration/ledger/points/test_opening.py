"""Opening balances: whole, first, lot by lot with their own dates, reconciled to the stated total."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ledger.book.refusal import RefusalCode
from ledger.engine.outcome import Outcome
from ledger.points.earn import EarnPoints
from ledger.points.opening import NEVER_EXPIRES, OpenBalance, OpeningLot
from ledger.points.receipt import Receipt
from ledger.points.spend import SpendPoints
from ledger.reports.check import check_book
from tests.points_world import TIME_ZONE, World

TODAY = datetime.now(ZoneInfo(TIME_ZONE)).date()
"""Where the programme is: from 16:00 UTC on, tomorrow."""


def _lot(amount: int, granted: int = -100, expires: int | None = 100, *, purchased: bool = False) -> OpeningLot:
    """A lot whose dates are so many days from today."""
    last = None if expires is None else TODAY + timedelta(days=expires)
    return OpeningLot(amount=amount, granted_on=TODAY + timedelta(days=granted), expires_on=last, purchased=purchased)


async def _open(world: World, total: int, *lots: OpeningLot, asset: str = "POINTS", key: str = "") -> Outcome[Receipt]:
    command = OpenBalance(
        actor=world.actor, key=key or world.key(), member_id=world.members[0], asset=asset, total=total, lots=lots
    )
    return await world.application.engine.execute(command)


async def _differences(world: World, database_url: str) -> int:
    settings = world.application.settings
    report = await check_book(database_url, book_schema=settings.book_schema, book_number=settings.book_number)
    return report.count


async def test_each_lot_keeps_its_own_dates_and_is_spent_by_them(world: World, database_url: str) -> None:
    """One entry brings all lots; the one that dies first is drawn first, of two alike the one granted first."""
    late, early, alike = _lot(300, -10, 300), _lot(200, -400, 30), _lot(100, -500, 300)

    opened = (await _open(world, 600, late, early, alike)).unwrap()
    spend = SpendPoints(actor=world.actor, key=world.key(), member_id=world.members[0], amount=350)
    spent = (await world.application.engine.execute(spend)).unwrap()

    assert (opened.kind, opened.amount, opened.posted, opened.available) == ("opening", 600, 600, 600)
    drawn = [(use.lot_id, use.amount) for use in spent.lots]
    assert drawn == [(opened.lots[1].lot_id, 200), (opened.lots[2].lot_id, 100), (opened.lots[0].lot_id, 50)]
    assert await _differences(world, database_url) == 0


async def test_lots_that_do_not_add_up_bring_nothing(world: World) -> None:
    """OPENING_DIFFERS names both figures; the wallet stays new, so a corrected opening is accepted."""
    refused = await _open(world, 900, _lot(400), _lot(400))

    assert refused.refusal is not None
    assert refused.refusal.code is RefusalCode.OPENING_DIFFERS
    assert dict(refused.refusal.facts) == {"stated": 900, "lots": 800}
    assert (await _open(world, 900, _lot(400), _lot(500))).unwrap().posted == 900


async def test_an_opening_comes_first_and_once(world: World) -> None:
    """Under another key it is refused, and so it is after an earn; under its own key it is the same again."""
    first = await _open(world, 100, _lot(100), key="opening")
    again = await _open(world, 100, _lot(100), key="opening")
    malformed = await _open(world, -1, _lot(100), key="opening")
    other = await _open(world, 100, _lot(100))
    earn = EarnPoints(actor=world.actor, key=world.key(), member_id=world.members[0], asset="EVER", amount=5)
    (await world.application.engine.execute(earn)).unwrap()
    late = await _open(world, 100, _lot(100), asset="EVER")

    assert again.replayed
    assert again.reply == first.reply
    assert malformed.refusal is not None
    assert malformed.refusal.code is RefusalCode.INVALID_INPUT
    assert [outcome.refusal.code for outcome in (other, late) if outcome.refusal] == [RefusalCode.WALLET_NOT_NEW] * 2


async def test_a_lot_dead_on_arrival_comes_in_and_expires(world: World, database_url: str) -> None:
    """The total is what the old system states; what is past its date is breakage in the same entry."""
    opened = (await _open(world, 500, _lot(200, -400, -1), _lot(300, -400, 0))).unwrap()

    assert (opened.amount, opened.expired, opened.posted) == (500, 200, 300)
    assert await _differences(world, database_url) == 0


async def test_without_a_date_the_policy_counts_from_the_grant(world: World) -> None:
    """Six months to the month's end after the day of the grant; or for ever, where the file says never."""
    lots = (
        OpeningLot(amount=1, granted_on=TODAY),
        OpeningLot(amount=2, granted_on=TODAY, expires_on=NEVER_EXPIRES),
    )
    earn = EarnPoints(actor=world.actor, key=world.key(), member_id=world.members[1], amount=1)
    opened = (await _open(world, 3, *lots)).unwrap()
    earned = (await world.application.engine.execute(earn)).unwrap()

    assert opened.lots[0].expires_at == earned.lots[0].expires_at
    assert opened.lots[1].expires_at is None


async def test_impossible_lots_are_refused(world: World) -> None:
    """Granted in the future or before calendars reach, dead before the grant, nothing at all, or not a whole amount."""
    outcomes = [
        await _open(world, 100, _lot(100, 2, 100)),
        await _open(world, 100, OpeningLot(amount=100, granted_on=date(1, 1, 1))),
        await _open(world, 100, OpeningLot(amount=100, granted_on=date(2020, 2, 2), expires_on=date(2020, 2, 1))),
        await _open(world, 0),
        await _open(world, 100, _lot(0), _lot(100)),
        await _open(world, -1, _lot(100)),
        await _open(world, 100),
        await _open(world, 0, _lot(100)),
    ]

    expected = [RefusalCode.EXPIRY_INVALID] * 3 + [RefusalCode.INVALID_INPUT] * 3 + [RefusalCode.OPENING_DIFFERS] * 2
    assert [outcome.refusal.code for outcome in outcomes if outcome.refusal] == expected


async def test_an_inactivity_asset_gets_its_date_from_the_opening(world: World, database_url: str) -> None:
    """All of the account dies so long after the opening, if nothing happens until then."""
    opened = (
        await _open(world, 100, OpeningLot(amount=100, granted_on=TODAY - timedelta(days=400)), asset="STARS")
    ).unwrap()

    assert opened.next_expiry_at is not None
    assert opened.posted == 100
    assert await _differences(world, database_url) == 0
