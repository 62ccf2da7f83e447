"""Locks on a real book: who holds one, what is recorded of it, and how it ends (semantics 5.4)."""

from datetime import timedelta
from typing import Any

import orjson

from ledger.book.refusal import RefusalCode
from ledger.programme.period import close_period
from ledger.vouchers.basket import Basket
from ledger.vouchers.lock import ReleaseLock, RenewLock, lock_token
from ledger.vouchers.sweeps import sweep_vouchers
from ledger.vouchers.template_body import StoredValue, Validity
from ledger.vouchers.void import VoidVoucher
from tests.bank import Bank, code_of
from tests.voucher_desk import VoucherDesk
from tests.voucher_till import VoucherTill


async def test_a_lock_is_its_merchants_until_it_is_redeemed(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """Others are told to wait, its own merchant needs the token, and the redemption uses the lock up."""
    kiosk = await till.another("kiosk")
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("PASS", uses=2))

    locked, shown = await till.lock(issued.voucher_id, ttl_seconds=600)

    assert (locked.units, locked.voucher_id) == (1, issued.voucher_id)
    assert code_of(await kiosk.redeem(issued.voucher_id)) == "VOUCHER_LOCKED"
    assert code_of(await till.redeem(issued.voucher_id)) == "LOCK_TOKEN_REQUIRED"
    redeemed = await till.bank.application.engine.execute(till.redeeming(shown))
    assert redeemed.unwrap().applied[0].units_left == 1
    assert code_of(await kiosk.redeem(issued.voucher_id)) == ""


async def test_the_token_is_computed_and_kept_nowhere(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """The same client and key have the same token, others another; no table holds it in clear."""
    sealer = bank.application.sealer
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("COFFEE"))
    await till.lock(issued.voucher_id)

    token = lock_token(sealer, till.actor.client, f"key-{bank.keys}")

    assert token == lock_token(sealer, till.actor.client, f"key-{bank.keys}")
    assert token != lock_token(sealer, till.actor.client, f"key-{bank.keys + 1}")
    assert token != lock_token(sealer, "merchant:other", f"key-{bank.keys}")
    kept = "SELECT count(*) FROM {book}.requests WHERE outcome LIKE '%' || $1 || '%'"
    assert (await bank.fetch(kept, token))[0][0] == 0


async def test_every_change_of_a_lock_is_an_event_of_the_voucher(
    bank: Bank, desk: VoucherDesk, till: VoucherTill
) -> None:
    """Lock, renew, release: versions 1, 2, 3 of the voucher's stream, each with what it reserves until when; no entry."""
    engine = bank.application.engine
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("COFFEE"))
    entries = await bank.count("book.journal_entries")
    locked, shown = await till.lock(issued.voucher_id)
    common: dict[str, Any] = {"actor": till.actor, "merchant_id": till.merchant_id, "vouchers": (shown,)}

    renewed = (await engine.execute(RenewLock(key=bank.key(), ttl_seconds=900, **common))).unwrap()
    released = (await engine.execute(ReleaseLock(key=bank.key(), **common))).unwrap()

    assert renewed.locked_until > released.released_at
    assert (await desk.voucher(issued.voucher_id))["version"] == 3
    assert (await desk.voucher(issued.voucher_id))["lock_until"] is None
    assert await bank.count("book.journal_entries") == entries
    rows = await bank.fetch(
        "SELECT convert_from(record, 'UTF8')::jsonb -> 'facts' AS facts FROM audit.events WHERE resource_id = $1"
        " ORDER BY id",
        issued.voucher_id,
    )
    told = [orjson.loads(row["facts"]) for row in rows]
    assert [(each["units"], each.get("until")) for each in told] == [
        (1, locked.locked_until.isoformat()),
        (1, renewed.locked_until.isoformat()),
        (0, None),
    ]


async def test_a_lapsed_lock_needs_no_sweep(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """At its deadline the voucher is anybody's, though nothing was written."""
    kiosk = await till.another("kiosk")
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("COFFEE"))
    _, shown = await till.lock(issued.voucher_id, ttl_seconds=30)

    await bank.advance(timedelta(seconds=30))

    late = await bank.application.engine.execute(till.redeeming(shown))
    assert code_of(late) == "LOCK_EXPIRED"
    assert code_of(await kiosk.redeem(issued.voucher_id)) == ""


async def test_the_sweep_spares_what_is_locked(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """Past the end of validity a locked voucher lives until its lock is over, then the sweep expires it then."""
    card = await desk.live("CARD", gives=StoredValue(value_minor=500), validity=Validity(expiry="1 days"))
    issued = await desk.issue(await bank.enrol("m-1"), card)
    ends = (await desk.voucher(issued.voucher_id))["valid_until"]
    now = (await bank.fetch("SELECT clock_timestamp() AS now"))[0]["now"]
    await bank.advance(ends - now - timedelta(seconds=60))
    locked, shown = await till.lock(issued.voucher_id, ttl_seconds=600)
    await bank.advance(timedelta(seconds=120))

    await sweep_vouchers(bank.application.reader, bank.application.engine)
    during = await desk.voucher(issued.voucher_id)
    used = await bank.application.engine.execute(till.redeeming(shown, basket=Basket(amount_minor=500)))
    await sweep_vouchers(bank.application.reader, bank.application.engine)

    assert during["state"] == "live"
    assert locked.locked_until > ends
    assert used.unwrap().applied[0].units == 500
    assert (await desk.voucher(issued.voucher_id))["state"] == "redeemed"


async def test_who_voids_a_locked_voucher_waits_for_the_lock(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """Not for the end of the voucher: the bank is told the seconds that the lock has left."""
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("COFFEE"))
    await till.lock(issued.voucher_id, ttl_seconds=60)

    void = VoidVoucher(
        actor=bank.actor("operator", "olga"), key=bank.key(), voucher_id=issued.voucher_id, reason_code="MISTAKE"
    )
    refused = (await bank.application.engine.execute(void)).refusal

    assert refused is not None
    assert refused.code == RefusalCode.VOUCHER_LOCKED
    assert 50 < int(str(refused.facts["retry_after_seconds"])) <= 60


async def test_a_lock_given_up_late_posts_nothing_into_a_closed_period(
    bank: Bank, desk: VoucherDesk, till: VoucherTill
) -> None:
    """A period may close while only the lock keeps the voucher good; it then dies when the lock ends, not before."""
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("DAY", validity=Validity(expiry="1 days")))
    ends = (await desk.voucher(issued.voucher_id))["valid_until"]
    now = (await bank.fetch("SELECT clock_timestamp() AS now"))[0]["now"]
    await bank.advance(ends - now - timedelta(seconds=60))
    _, shown = await till.lock(issued.voucher_id, ttl_seconds=600)
    await bank.advance(timedelta(seconds=180))
    application = bank.application
    await sweep_vouchers(application.reader, application.engine)
    closed = ends + timedelta(seconds=60)
    await close_period(application.units, bank.actor("operator", "olga"), until=closed)

    release = ReleaseLock(actor=till.actor, key=bank.key(), merchant_id=till.merchant_id, vouchers=(shown,))
    released = (await application.engine.execute(release)).unwrap()
    await sweep_vouchers(application.reader, application.engine)

    row = await desk.voucher(issued.voucher_id)
    assert (row["state"], row["ended_at"]) == ("expired", released.released_at)
    assert row["ended_at"] > closed
