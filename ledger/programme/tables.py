"""The registry's tables of programmes, assets, types of activities, rates and limits."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, SmallInteger, Text, Uuid

from ledger.engine.tables import INSTANT, REGISTRY, table

PROGRAMMES = table(
    "programmes",
    Column("id", Uuid, primary_key=True),
    Column("code", Text),
    Column("name", Text),
    Column("time_zone", Text),
    Column("open_from", INSTANT),
    Column("version", BigInteger),
    schema=REGISTRY,
)

ASSETS = table(
    "assets",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("code", Text),
    Column("kind", Text),
    Column("expiry", Text),
    Column("priority", SmallInteger),
    Column("shortfall", Text),
    Column("reversal_days", Integer),
    Column("reversal_grace_days", Integer),
    Column("transfers_allowed", Boolean),
    Column("transfer_day_max", BigInteger),
    Column("transfer_month_max", BigInteger),
    Column("version", BigInteger),
    schema=REGISTRY,
)

ACTIVITY_TYPES = table(
    "activity_types",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("code", Text),
    Column("schema", Text),
    Column("amount_field", Text),
    Column("version", BigInteger),
    schema=REGISTRY,
)

RATES = table(
    "rates",
    Column("id", Uuid, primary_key=True),
    Column("asset_id", Uuid),
    Column("money_asset_id", Uuid),
    Column("points", BigInteger),
    Column("minor", BigInteger),
    Column("valid_from", INSTANT),
    schema=REGISTRY,
)

ADJUSTMENT_LIMITS = table(
    "adjustment_limits",
    Column("id", Uuid, primary_key=True),
    Column("asset_id", Uuid),
    Column("actor_kind", Text),
    Column("amount", BigInteger),
    Column("version", BigInteger),
    schema=REGISTRY,
)
