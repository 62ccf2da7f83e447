"""The book's own tables, in the schema token `book` that schema_translate_map resolves to the book's real schema.

Hot child rows (postings, statement lines, draws, lots) carry no foreign keys: one from postings to accounts halves the
write rate; `scrip check` proves what they would.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    DateTime,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.types import UserDefinedType


class TransactionId(UserDefinedType[int]):
    """PostgreSQL's `xid8`."""

    cache_ok = True

    def get_col_spec(self, **kw: object) -> str:
        """The SQL name of the type."""
        del kw
        return "xid8"


METADATA = MetaData()
BOOK = "book"
REGISTRY = "registry"

INSTANT = DateTime(timezone=True)


def table(name: str, *columns: Column[object], schema: str = BOOK) -> Table:
    """Declares a table of the book, every column in the order of the migrations: batches write whole rows.

    Constraints, triggers and grants stand in the migrations only.
    """
    return Table(name, METADATA, *columns, schema=schema)


HOLDERS = table(
    "holders",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("kind", Text),
    Column("state", Text),
)

ACCOUNTS = table(
    "accounts",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("holder_id", Uuid),
    Column("asset_id", Uuid),
    Column("role", Text),
    Column("floor", BigInteger),
    Column("ceiling", BigInteger),
    Column("state", Text),
    Column("posted", BigInteger),
    Column("held", BigInteger),
    Column("version", BigInteger),
    Column("owing", Boolean),
    Column("inactive_at", INSTANT),
    Column("next_due_at", INSTANT),
    Column("next_expiry_at", INSTANT),
    Column("died_version", BigInteger),
)

ENTRIES = table(
    "journal_entries",
    Column("id", Uuid, primary_key=True),
    Column("kind", Text),
    Column("effective_at", INSTANT),
    Column("posted_at", INSTANT),
    Column("actor", Text),
    Column("asset_id", Uuid),
    Column("amount", BigInteger),
    Column("member_id", Uuid),
    Column("merchant_id", Uuid),
    Column("request_id", LargeBinary),
    Column("reference", Text),
    Column("original_entry_id", Uuid),
    Column("reason_code", Text),
    Column("sale_minor", BigInteger),
    Column("money_minor", BigInteger),
    Column("rate_id", Uuid),
    Column("tx_id", TransactionId),
)

POSTINGS = table(
    "postings",
    Column("entry_id", Uuid, primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    Column("source_id", Uuid),
    Column("destination_id", Uuid),
    Column("asset_id", Uuid),
    Column("amount", BigInteger),
)

STATEMENT_LINES = table(
    "statement_lines",
    Column("account_id", Uuid, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("entry_id", Uuid),
    Column("posted_after", BigInteger),
    Column("held_after", BigInteger),
)

LOTS = table(
    "lots",
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid),
    Column("entry_id", Uuid),
    Column("line", SmallInteger),
    Column("account_version", BigInteger),
    Column("granted_at", INSTANT),
    Column("granted", BigInteger),
    Column("remaining", BigInteger),
    Column("held", BigInteger),
    Column("expires_at", INSTANT),
    Column("priority", SmallInteger),
    Column("purchased", Boolean),
    Column("source_lot_id", Uuid),
    Column("activates_at", INSTANT),
    Column("expiry", Text),
    Column("is_open", Boolean, Computed("remaining > 0")),
)

DRAWS = table(
    "draws",
    Column("entry_id", Uuid, primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    Column("lot_id", Uuid),
    Column("account_id", Uuid),
    Column("kind", Text),
    Column("amount", BigInteger),
)

HOLDS = table(
    "holds",
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid),
    Column("amount", BigInteger),
    Column("captured", BigInteger),
    Column("deadline", INSTANT),
    Column("state", Text),
    Column("merchant_id", Uuid),
)

REQUESTS = table(
    "requests",
    Column("id", LargeBinary, primary_key=True),
    Column("client", Text),
    Column("kind", Text),
    Column("key", Text),
    Column("fingerprint", LargeBinary),
    Column("outcome", Text),
    Column("entry_id", Uuid),
    Column("decided_at", INSTANT),
)

INSTANCE = table(
    "instance",
    Column("id", Uuid, primary_key=True),
    Column("clock_offset_us", BigInteger),
    Column("standing_version", BigInteger),
    schema=REGISTRY,
)
INSTANCE_ID: Final = UUID(int=1)
"""The id of the one row of `instance`, which the events of its changes name."""
