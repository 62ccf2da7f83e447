"""The registry's tables of partners, merchants, terminals and API keys."""

from sqlalchemy import ARRAY, BigInteger, Column, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import CIDR

from ledger.engine.tables import INSTANT, REGISTRY, table

PARTNERS = table(
    "partners",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("code", Text),
    Column("name", Text),
    Column("version", BigInteger),
    schema=REGISTRY,
)

MERCHANTS = table(
    "merchants",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("partner_id", Uuid),
    Column("code", Text),
    Column("name", Text),
    Column("state", Text),
    Column("version", BigInteger),
    Column("networks", ARRAY(CIDR)),
    schema=REGISTRY,
)

TERMINALS = table(
    "terminals",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("merchant_id", Uuid),
    Column("code", Text),
    Column("name", Text),
    Column("state", Text),
    Column("version", BigInteger),
    schema=REGISTRY,
)

API_KEYS = table(
    "api_keys",
    Column("id", Uuid, primary_key=True),
    Column("merchant_id", Uuid),
    Column("programme_id", Uuid),
    Column("secret_hash", LargeBinary),
    Column("created_at", INSTANT),
    Column("expires_at", INSTANT),
    Column("revoked_at", INSTANT),
    Column("version", BigInteger),
    schema=REGISTRY,
)
