"""The tables of tiers: ladders in the registry, the rest in the book."""

from sqlalchemy import BigInteger, Column, Date, Integer, Text, Uuid

from ledger.engine.tables import INSTANT, REGISTRY, table

TIER_LADDERS = table(
    "tier_ladders",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("code", Text),
    Column("latest_number", Integer),
    Column("version", BigInteger),
    schema=REGISTRY,
)

TIER_LADDER_VERSIONS = table(
    "tier_ladder_versions",
    Column("id", Uuid, primary_key=True),
    Column("ladder_id", Uuid),
    Column("programme_id", Uuid),
    Column("number", Integer),
    Column("body", Text),
    Column("created_at", INSTANT),
    schema=REGISTRY,
)

TIER_STANDINGS = table(
    "tier_standings",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("member_id", Uuid),
    Column("ladder_id", Uuid),
    Column("level", Text),
    Column("since", INSTANT),
    Column("earned", Text),
    Column("granted", Text),
    Column("granted_until", Date),
    Column("falls_on", Date),
    Column("safe_until", Date),
    Column("buckets", Text),
    Column("snapshots", Text),
    Column("credited_at", INSTANT),
    Column("next_due_at", INSTANT),
    Column("steps", Integer),
    Column("version", BigInteger),
)

TIER_STEPS = table(
    "tier_steps",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("member_id", Uuid),
    Column("standing_id", Uuid),
    Column("number", Integer),
    Column("level", Text),
    Column("cause", Text),
    Column("since", INSTANT),
    Column("posted_at", INSTANT),
)

TIER_CREDITS = table(
    "tier_credits",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("member_id", Uuid),
    Column("standing_id", Uuid),
    Column("version", BigInteger),
    Column("activity_id", Uuid),
    Column("source", Text),
    Column("local_day", Date),
    Column("occurred_at", INSTANT),
    Column("posted_at", INSTANT),
    Column("amount", BigInteger),
    Column("original_credit_id", Uuid),
)

TIER_GRANTS = table(
    "tier_grants",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("member_id", Uuid),
    Column("standing_id", Uuid),
    Column("version", BigInteger),
    Column("level", Text),
    Column("until_on", Date),
    Column("reason_code", Text),
    Column("approval_id", Uuid),
    Column("granted_at", INSTANT),
)

TIER_PACKS = table(
    "tier_packs",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("member_id", Uuid),
    Column("standing_id", Uuid),
    Column("level", Text),
    Column("starts_on", Date),
    Column("template", Text),
    Column("state", Text),
    Column("refused", Text),
    Column("voucher_id", Uuid),
    Column("due_at", INSTANT),
    Column("next_try_at", INSTANT),
    Column("settled_at", INSTANT),
)
