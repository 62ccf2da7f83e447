"""The tables of activities and campaigns: campaigns in the registry, the rest in the book."""

from sqlalchemy import BigInteger, Column, Date, Integer, LargeBinary, Text, Uuid

from ledger.engine.tables import INSTANT, REGISTRY, table

CAMPAIGNS = table(
    "campaigns",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("code", Text),
    Column("state", Text),
    Column("current_version_id", Uuid),
    Column("latest_number", Integer),
    Column("since", INSTANT),
    Column("steps", Integer),
    Column("version", BigInteger),
    schema=REGISTRY,
)

CAMPAIGN_VERSIONS = table(
    "campaign_versions",
    Column("id", Uuid, primary_key=True),
    Column("campaign_id", Uuid),
    Column("programme_id", Uuid),
    Column("number", Integer),
    Column("body", Text),
    Column("terms", Text),
    Column("created_at", INSTANT),
    schema=REGISTRY,
)

CAMPAIGN_STEPS = table(
    "campaign_steps",
    Column("id", Uuid, primary_key=True),
    Column("campaign_id", Uuid),
    Column("programme_id", Uuid),
    Column("number", Integer),
    Column("state", Text),
    Column("version_id", Uuid),
    Column("since", INSTANT),
    schema=REGISTRY,
)

MEMBER_LISTS = table(
    "member_lists",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("code", Text),
    Column("members", BigInteger),
    Column("version", BigInteger),
    schema=REGISTRY,
)

LISTED_MEMBERS = table(
    "listed_members",
    Column("id", Uuid, primary_key=True),
    Column("list_id", Uuid),
    Column("member_id", Uuid),
)

ACTIVITIES = table(
    "activities",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("member_id", Uuid),
    Column("request_id", LargeBinary),
    Column("type", Text),
    Column("source", Text),
    Column("source_event_id", Text),
    Column("occurred_at", INSTANT),
    Column("received_at", INSTANT),
    Column("local_day", Date),
    Column("channel", Text),
    Column("branch", Text),
    Column("merchant_id", Uuid),
    Column("payload", Text),
    Column("amount", BigInteger),
    Column("refund_of", Uuid),
    Column("state", Text),
    Column("entry_id", Uuid),
)

AWARDS = table(
    "awards",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("activity_id", Uuid),
    Column("entry_id", Uuid),
    Column("member_id", Uuid),
    Column("campaign_id", Uuid),
    Column("version_id", Uuid),
    Column("phase", Text),
    Column("rule", Text),
    Column("variant", Text),
    Column("kind", Text),
    Column("asset_id", Uuid),
    Column("amount", BigInteger),
    Column("base", BigInteger),
    Column("multiplier", BigInteger),
    Column("wanted", BigInteger),
    Column("inputs", Text),
    Column("headroom", Text),
    Column("budget_id", Uuid),
    Column("cost", BigInteger),
    Column("local_day", Date),
    Column("awarded_at", INSTANT),
    Column("original_award_id", Uuid),
    Column("target", Text),
    Column("voucher_id", Uuid),
    Column("factors", Text),
)

CAMPAIGN_COUNTS = table(
    "campaign_counts",
    Column("id", Uuid, primary_key=True),
    Column("member_id", Uuid),
    Column("campaign_id", Uuid),
    Column("counter", Text),
    Column("period", Text),
    Column("starts_on", Date),
    Column("amount", BigInteger),
)
