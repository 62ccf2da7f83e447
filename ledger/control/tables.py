"""The registry's table of approvals, and the view of their sealed reasons."""

from sqlalchemy import BigInteger, Column, LargeBinary, SmallInteger, Text, Uuid

from ledger.engine.tables import INSTANT, REGISTRY, table

APPROVALS = table(
    "approvals",
    Column("id", Uuid, primary_key=True),
    Column("programme_id", Uuid),
    Column("kind", Text),
    Column("payload", Text),
    Column("requested_by", Text),
    Column("requested_at", INSTANT),
    Column("request_event_id", Uuid),
    Column("expires_at", INSTANT),
    Column("state", Text),
    Column("decided_by", Text),
    Column("decided_at", INSTANT),
    Column("decision_event_id", Uuid),
    Column("entry_id", Uuid),
    Column("version", BigInteger),
    Column("approvers_needed", SmallInteger),
    Column("first_agreed_by", Text),
    Column("first_agreed_at", INSTANT),
    Column("first_agreed_event_id", Uuid),
    schema=REGISTRY,
)

APPROVAL_REASONS = table(
    "approval_reasons",
    Column("approval_id", Uuid),
    Column("event_id", Uuid),
    Column("name", Text),
    Column("subject_id", Uuid),
    Column("epoch", Text),
    Column("suite", SmallInteger),
    Column("sealed", LargeBinary),
    schema=REGISTRY,
)
