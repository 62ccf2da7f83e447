"""The book's tables of members and of what the bank says of them, and the registry's of what it may say; what they can
hold, `holders` says.
"""

from sqlalchemy import ARRAY, BigInteger, Column, Text, Uuid

from ledger.engine.tables import INSTANT, REGISTRY, table

MEMBERS = table(
    "members",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("external_id", Text),
    Column("enrolled_at", INSTANT),
    Column("entry_id", Uuid),
)

MEMBER_FACTS = table(
    "member_facts",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("tiers", ARRAY(Text)),
    Column("segments", ARRAY(Text)),
    Column("version", BigInteger),
    Column("attributes", Text),
)

MEMBER_ATTRIBUTES = table(
    "member_attributes",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("code", Text),
    Column("type", Text),
    Column("version", BigInteger),
    schema=REGISTRY,
)
