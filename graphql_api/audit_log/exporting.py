"""Making the bundle of an approved request: built on one snapshot, sealed to the auditor, recorded before it leaves."""

from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from uuid import UUID

import orjson

from audit.progress import Progress, unwatched
from audit.signing import SigningKey
from graphql_api.audit_log.bundle_making import Exported, Order, make_bundle
from graphql_api.bootstrap import Application
from ledger.control.approval import Approval, Payload
from ledger.control.audit_access import AskForExport, is_open_to
from ledger.control.queries import approval_by_id
from ledger.programme.queries import programmes

EXPORTED = "audit_exported"


class ExportNotApproved(Exception):
    """No such request, nobody agreed to it, or that was more than seven days ago."""


async def export_approved(
    application: Application, approval_id: UUID, *, actor: str, key: SigningKey, on_progress: Progress = unwatched
) -> Exported:
    """The bundle of the approved request. ExportNotApproved; ExportRefused where the log does not have what was asked."""
    now = await application.reader.now()
    approval = await _approval(application, approval_id)
    if approval is None or not is_open_to(approval, approval.requested_by, AskForExport.kind, now):
        raise ExportNotApproved("there is no export of that id to which somebody agreed within the last seven days")
    made = await make_bundle(order_of(approval, url=application.database.url, key=key), on_progress)
    async with application.audit.acts.begin(actor) as doing:
        facts = exported_facts(approval, made.entries, sha256(made.sealed).hexdigest())
        doing.record(EXPORTED, resource_id=approval.id, programme_id=approval.programme_id, facts=facts)
    return made


def order_of(approval: Approval, *, url: str, key: SigningKey) -> Order:
    """The order for the bundle of an approved request."""
    terms: Payload = orjson.loads(approval.payload)
    return Order(url=url, terms=terms, about=_about(approval, terms), key=key)


def exported_facts(approval: Approval, entries: int, digest: str) -> dict[str, str | int]:
    """What is recorded of a bundle that leaves; `digest` is its SHA-256 in hexadecimal."""
    return {"entries": entries, "sha256": digest, "purpose": str(orjson.loads(approval.payload)["purpose"])}


async def _approval(application: Application, approval_id: UUID) -> Approval | None:
    for programme in await programmes(application.reader):
        found = await approval_by_id(application.reader, programme.id, approval_id)
        if found is not None:
            return found
    return None


def _about(approval: Approval, terms: Payload) -> dict[str, object]:
    return {
        "approval": str(approval.id),
        "requested_by": approval.requested_by,
        "approved_by": approval.decided_by,
        "purpose": terms["purpose"],
        "filter": dict(terms),
        # In real time, as the checkpoint beside it: a sandbox's clock says when things happened in its ledger.
        "made_at": datetime.now(UTC).isoformat(),
        "tool": f"scrip {version('scrip')}",
    }
