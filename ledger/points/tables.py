"""The book's tables that only points use."""

from sqlalchemy import BigInteger, Column, Date, Text, Uuid

from ledger.engine.tables import INSTANT, table

PAYMENT_CODES = table(
    "payment_codes",
    Column("id", Uuid, primary_key=True),
    Column("member_id", Uuid),
    Column("asset_id", Uuid),
    Column("amount_max", BigInteger),
    Column("expires_at", INSTANT),
    Column("entry_id", Uuid),
)

TRANSFER_TOTALS = table(
    "transfer_totals",
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid),
    Column("period", Text),
    Column("starts_on", Date),
    Column("amount", BigInteger),
)
