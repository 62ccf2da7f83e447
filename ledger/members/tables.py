"""The book's table of members; what they can hold, `holders` says."""

from sqlalchemy import Column, Text, Uuid

from ledger.engine.tables import INSTANT, table

MEMBERS = table(
    "members",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("external_id", Text),
    Column("enrolled_at", INSTANT),
    Column("entry_id", Uuid),
)
