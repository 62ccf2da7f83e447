"""What a command decides on is locked as it is read. A stale read would be undone and tried again, over and over at a
busy account; so races do not tell.
"""

import asyncio

import asyncpg

from ledger.points.spend import SpendPoints
from ledger.points.wallet import wallet_ids
from tests.bank import Bank, bank
from tests.fixtures_application import application, settings

__all__ = ["application", "bank", "settings"]


async def test_a_command_waits_where_it_reads(bank: Bank) -> None:
    """Whoever has the account is waited for by the statement that reads it, not by the one that writes."""
    member = await bank.enrol("ada")
    await bank.earn(member, 100)
    spend = SpendPoints(actor=bank.actor("member", str(member)), key=bank.key(), member_id=member, amount=60)
    keeper = await asyncpg.connect(bank.url)

    async with keeper.transaction():
        wallet = wallet_ids(member, bank.asset("POINTS")).wallet
        await keeper.execute("SELECT FROM book.accounts WHERE id = $1 FOR UPDATE", wallet)
        spending = asyncio.create_task(bank.application.engine.execute(spend))
        [waiting] = await bank.until_waiting()
    outcome = await spending
    await keeper.close()

    assert "accounts" in waiting
    assert waiting.rstrip().endswith("FOR NO KEY UPDATE")
    assert outcome.refusal is None
