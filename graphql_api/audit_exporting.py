"""Making the bundle of an approved request: built on one snapshot, sealed to the auditor, recorded before it leaves."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from uuid import UUID

import asyncpg
import orjson

from audit.bundle import CHECKPOINT, INDEXES, pack
from audit.export import Wanted, export
from audit.sealed_bundle import read_key, seal_bundle
from audit.search import EventFilter
from audit.signing import SigningKey
from graphql_api.audit_desk import AUDITOR_ROLE, within_tenancy
from graphql_api.bootstrap import Application
from ledger.control.approval import Approval, Payload
from ledger.control.audit_access import AskForExport, is_open_to
from ledger.control.queries import approval_by_id
from ledger.engine.sql_query import NOW, SqlQuery
from ledger.programme.queries import programmes

_SETTINGS = {"role": AUDITOR_ROLE, "application_name": "scrip audit", "timezone": "UTC"}
_NOW = SqlQuery(NOW)
_FILTER = "filter."


class ExportNotApproved(Exception):
    """No such request, nobody agreed to it, or that was more than seven days ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A sealed bundle, its number of entries, and the checkpoint in it, which the auditor keeps for the next time."""

    sealed: bytes
    entries: int
    checkpoint: str


async def export_approved(application: Application, approval_id: UUID, *, actor: str, key: SigningKey) -> Exported:
    """The bundle of the approved request. ExportNotApproved; ExportRefused where the log does not have what was asked."""
    now: datetime = (await application.reader.rows(_NOW, {}))[0]["now"]
    approval = await _approval(application, approval_id)
    if approval is None or not is_open_to(approval, approval.requested_by, AskForExport.kind, now):
        raise ExportNotApproved("there is no export of that id to which somebody agreed within the last seven days")
    terms: Payload = orjson.loads(approval.payload)
    files = await _files(application.database.url, terms, _about(approval, terms, now), key)
    sealed = seal_bundle(pack(files), read_key(str(terms["auditorKey"])))
    entries = files[INDEXES].count(b"\n")
    async with application.audit.acts.begin(actor) as doing:
        doing.record(
            "audit_exported",
            resource_id=approval.id,
            programme_id=approval.programme_id,
            facts={"entries": entries, "sha256": sha256(sealed).hexdigest(), "purpose": str(terms["purpose"])},
        )
    return Exported(sealed=sealed, entries=entries, checkpoint=files[CHECKPOINT].decode())


async def _approval(application: Application, approval_id: UUID) -> Approval | None:
    for programme in await programmes(application.reader):
        found = await approval_by_id(application.reader, programme.id, approval_id)
        if found is not None:
            return found
    return None


def _about(approval: Approval, terms: Payload, now: datetime) -> dict[str, object]:
    return {
        "approval": str(approval.id),
        "requested_by": approval.requested_by,
        "approved_by": approval.decided_by,
        "purpose": terms["purpose"],
        "filter": dict(terms),
        "made_at": now.isoformat(),
        "tool": f"scrip {version('scrip')}",
    }


async def _files(url: str, terms: Payload, about: Mapping[str, object], key: SigningKey) -> Mapping[str, bytes]:
    described = {name.removeprefix(_FILTER): str(text) for name, text in terms.items() if name.startswith(_FILTER)}
    until = terms["untilIndex"]
    wanted = Wanted(
        filter=EventFilter.parse(described),
        first=int(terms["fromIndex"] or 0),
        stop=None if until is None else int(until),
        since=[int(size) for size in str(terms["sinceSizes"]).split()],
    )
    connection = await asyncpg.connect(url, server_settings=_SETTINGS)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            mine = replace(wanted, filter=await within_tenancy(connection, wanted.filter))
            return await export(connection, mine, about=about, key=key)
    finally:
        await connection.close()
