"""The tables of vouchers: templates in the registry, the rest in the book."""

from sqlalchemy import BigInteger, Boolean, Column, Computed, Date, Integer, LargeBinary, Text, Uuid

from ledger.engine.tables import INSTANT, REGISTRY, table

TEMPLATES = table(
    "voucher_templates",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("asset_id", Uuid),
    Column("code", Text),
    Column("kind", Text),
    Column("stock", Text),
    Column("state", Text),
    Column("current_version_id", Uuid),
    Column("current_number", Integer),
    Column("version", BigInteger),
    schema=REGISTRY,
)

TEMPLATE_VERSIONS = table(
    "voucher_template_versions",
    Column("id", Uuid, primary_key=True),
    Column("template_id", Uuid),
    Column("programme_id", Uuid),
    Column("number", Integer),
    Column("body", Text),
    Column("terms", Text),
    Column("created_at", INSTANT),
    schema=REGISTRY,
)

VOUCHERS = table(
    "vouchers",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("template_id", Uuid),
    Column("template_version_id", Uuid),
    Column("account_id", Uuid),
    Column("member_id", Uuid),
    Column("lot_id", Uuid),
    Column("entry_id", Uuid),
    Column("code_hash", LargeBinary),
    Column("code_sealed", LargeBinary),
    Column("state", Text),
    Column("units", BigInteger),
    Column("units_left", BigInteger),
    Column("valid_from", INSTANT),
    Column("valid_until", INSTANT),
    Column("lock_merchant_id", Uuid),
    Column("lock_token_hash", LargeBinary),
    Column("lock_until", INSTANT),
    Column("lock_units", BigInteger),
    Column("ended_at", INSTANT),
    Column("source_voucher_id", Uuid),
    Column("version", BigInteger),
    Column("is_live", Boolean, Computed("state = 'live'")),
)

REDEMPTIONS = table(
    "redemptions",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("entry_id", Uuid),
    Column("voucher_id", Uuid),
    Column("template_id", Uuid),
    Column("account_id", Uuid),
    Column("member_id", Uuid),
    Column("merchant_id", Uuid),
    Column("terminal_id", Uuid),
    Column("units", BigInteger),
    Column("discount_minor", BigInteger),
    Column("basket_minor", BigInteger),
    Column("local_day", Date),
    Column("redeemed_at", INSTANT),
    Column("reversed_units", BigInteger),
    Column("reversed_minor", BigInteger),
    Column("reversed_at", INSTANT),
)

VOUCHER_COUNTS = table(
    "voucher_counts",
    Column("id", Uuid, primary_key=True),
    Column("member_id", Uuid),
    Column("template_id", Uuid),
    Column("purpose", Text),
    Column("counted_on", Date),
    Column("total", BigInteger),
    Column("in_day", BigInteger),
    Column("in_week", BigInteger),
    Column("in_month", BigInteger),
)

IMPORTED_CODES = table(
    "imported_codes",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("template_id", Uuid),
    Column("position", BigInteger),
    Column("code_hash", LargeBinary),
    Column("code_sealed", LargeBinary),
    Column("entry_id", Uuid),
    Column("voucher_id", Uuid),
)

VOUCHER_STOCKS = table(
    "voucher_stocks",
    Column("id", Uuid, primary_key=True),
    Column("imported", BigInteger),
    Column("dealt", BigInteger),
)
