"""One member across everything, for support."""

from ledger.points.support_query import member_overview
from tests.bank import Bank, bank

__all__ = ["bank"]


async def test_support_sees_everything_about_one_member_of_its_programme(bank: Bank) -> None:
    """Member, wallets and entries in one answer; another's member is nobody, and asking is recorded all the same."""
    member = await bank.enrol("customer-7")
    entry = await bank.earn(member, 40)
    application, support = bank.application, bank.actor("support", "sue")
    stranger = bank.actor("support", "eve")
    object.__setattr__(stranger, "programme_id", bank.merchant_id)

    overview = await member_overview(application.reader, application.units, support, member)
    nobody = await member_overview(application.reader, application.units, stranger, member)

    assert nobody is None
    assert overview is not None
    assert (overview.external_id, overview.state) == ("customer-7", "open")
    assert [(one.asset_id, one.available) for one in overview.wallets] == [(bank.asset(), 40)]
    assert [one.id for one in overview.entries] == [entry]
    recorded = await bank.fetch(
        "SELECT convert_from(record, 'UTF8')::jsonb ->> 'actor' AS actor FROM audit.events"
        " WHERE convert_from(record, 'UTF8')::jsonb ->> 'type' = 'support_read' ORDER BY id"
    )
    assert [row["actor"] for row in recorded] == ["support:sue", "support:eve"]
