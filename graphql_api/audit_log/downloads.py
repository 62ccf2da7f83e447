"""Handing bundles to who asked for them: for a week, recorded before the first byte leaves."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from audit.act import Acts
from audit.waiting_bundle import Waiting, find_bundle, read_bundle
from graphql_api.audit_log.exporting import EXPORTED, exported_facts
from graphql_api.caller import Caller
from graphql_api.http.bundle_download import Download
from graphql_api.http.refusals import RequestRefused
from graphql_api.permissions import Scope
from graphql_api.request_record import RequestRecord
from graphql_api.schema.callers import AUDITORS
from graphql_api.schema.context import Context
from graphql_api.schema.kinds import APPROVAL, uuid_of
from ledger.control.approval import Approval
from ledger.control.audit_access import AskForExport, is_open_to
from ledger.control.queries import approval_by_id
from ledger.engine.command import Actor
from ledger.engine.reader import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditDownloads:
    """Opens downloads. `acts` records them, in the application's role."""

    reader: Reader
    acts: Acts
    context_of: Callable[[Caller, RequestRecord], Context]

    async def open(self, caller: Caller, record: RequestRecord, approval_id: str) -> Download:
        """The bundle of an approved request of the caller's own; that it leaves is committed first.

        RequestRefused: 403 for who may not export, 404 where there is no such request or nobody has agreed to it, 409
        where it is not made yet, or cannot be made.
        """
        context = self.context_of(caller, record)
        if caller.role not in AUDITORS or not caller.may(Scope.AUDIT_EXPORT):
            raise RequestRefused(403, f"This needs the scope {Scope.AUDIT_EXPORT}.", code="FORBIDDEN")
        actor = await context.actor()
        approval = await self._open_to(actor, uuid_of(APPROVAL, approval_id))
        waiting = _require_made(await find_bundle(self.acts, approval.id))
        async with self.acts.begin(actor.client) as doing:
            facts = exported_facts(approval, waiting.entries, waiting.sha256)
            doing.record(EXPORTED, resource_id=approval.id, programme_id=actor.programme_id, facts=facts)
        return Download(waiting.bytes, waiting.sha256, read_bundle(self.acts, approval.id, waiting.bytes))

    async def _open_to(self, actor: Actor, approval_id: UUID) -> Approval:
        now = await self.reader.now()
        found = await approval_by_id(self.reader, actor.programme_id, approval_id)
        if found is None or not is_open_to(found, actor.client, AskForExport.kind, now):
            raise RequestRefused(404, "There is no approved export of yours with that id.", code="EXPORT_NOT_FOUND")
        return found


def _require_made(waiting: Waiting | None) -> Waiting:
    if waiting is None:
        later = ((b"retry-after", b"5"),)
        raise RequestRefused(409, "A worker is still making the bundle.", code="EXPORT_NOT_READY", headers=later)
    if waiting.problem is not None:
        raise RequestRefused(409, f"No bundle could be made: {waiting.problem}.", code="EXPORT_REFUSED")
    return waiting
