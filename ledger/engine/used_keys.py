"""What a command's key and reference were used for before, looked up where the command itself is not decided."""

from ledger.engine.claim import free_claim
from ledger.engine.ports import Sealer
from ledger.engine.preview import Preview
from ledger.engine.reader import Reader
from ledger.engine.request import Request, fingerprint, reference_id, request_id, require_same
from ledger.engine.sql_query import SqlQuery
from ledger.engine.unit import AnyCommand

_BY_ID = SqlQuery(
    """
    SELECT id, client, kind, key, fingerprint, outcome, entry_id, decided_at
    FROM {book}.requests WHERE id = ANY (CAST(:ids AS bytea[]))
    """
)


async def require_unused(reader: Reader, sealer: Sealer, command: AnyCommand) -> None:
    """IDEMPOTENCY_CONFLICT where the command's key was used for something else, else REFERENCE_TAKEN where its reference
    was used.
    """
    client = command.actor.client
    identity = None if command.key is None else request_id(client, command.key)
    claim = None if command.reference is None else reference_id(client, command.kind, command.reference)
    wanted = [each for each in (identity, claim) if each is not None]
    used = {row["id"]: Request(*row) for row in await reader.rows(_BY_ID, {"ids": wanted})}
    if identity in used:
        fields = command.fields()
        require_same(used[identity], command.kind, sorted(fields), fingerprint(fields, sealer))
    elif claim is not None and claim in used:
        await _require_free(reader, command, claim)


async def _require_free(reader: Reader, command: AnyCommand, claim: bytes) -> None:
    async with reader.snapshot() as snapshot:
        now = await snapshot.now()
        await Preview(snapshot).decide(lambda state: free_claim(command, claim, state, now))
