"""What is refused before the ledger is asked, in the audit log: failed sign-ins, denied fields, unknown names.

It is counted for some seconds, so that nobody fills the disk.
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import structlog

from audit.act import Acts
from graphql_api.caller import Caller
from graphql_api.permissions import Role
from ledger.engine.ports import Sealer
from ledger.engine.reader import Reader
from ledger.engine.writer import LOST
from ledger.programme.queries import programme_named

COUNT_SECONDS: Final = 5.0
KINDS_MAX: Final = 100
"""Beyond so many sources and callers in those seconds the others are counted as one."""
OTHERS: Final = "others"
ANONYMOUS: Final = "anonymous:"
_DENIED: Final = "access_denied"
_LOG = structlog.get_logger("refused_access")


class _Refused(NamedTuple):
    """What is counted together. `source` is the keyed digest of a network, "" where nobody knows it; `programme` is as
    the credential names it, which it need not.
    """

    type: str
    code: str
    actor: str
    reason: str = ""
    source: str = ""
    programme: str | None = None


class RefusedAccess:
    """Counts and records in the background. Noting never waits and never raises."""

    def __init__(self, acts: Acts, sealer: Sealer, reader: Reader) -> None:
        self._acts = acts
        self._sealer = sealer
        self._reader = reader
        self._counts: dict[_Refused, int] = {}
        self._task: asyncio.Task[None] | None = None

    def note(self, reason: str, source: str | None) -> None:
        """A credential was refused, from that network where it is known."""
        blinded = "" if source is None else self._sealer.blind_hash(source.encode()).hex()
        self._count(_Refused("sign_in_failed", "UNAUTHENTICATED", ANONYMOUS, reason, blinded))

    def deny(self, caller: Caller, code: str) -> None:
        """A caller who is known asked for what it has no scope for, or named what its programme does not have. A member is
        told apart by a keyed digest: what the bank calls it would outlast its erasure in the log.
        """
        role, _, name = caller.client.partition(":")
        actor = f"{role}:{self._sealer.blind_hash(name.encode()).hex()}" if role == Role.MEMBER else caller.client
        self._count(_Refused(_DENIED, code, actor, programme=caller.programme_id))

    async def close(self) -> None:
        """Records what was counted."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._record()

    def _count(self, refused: _Refused) -> None:
        self._add(refused, 1)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._record_later())

    def _add(self, refused: _Refused, count: int) -> None:
        if refused not in self._counts and len(self._counts) >= KINDS_MAX:
            refused = refused._replace(actor=ANONYMOUS, source=OTHERS)
        self._counts[refused] = self._counts.get(refused, 0) + count

    async def _record_later(self) -> None:
        while self._counts:
            await asyncio.sleep(COUNT_SECONDS)
            await self._record()
        self._task = None

    async def _record(self) -> None:
        counts, self._counts = self._counts, {}
        if not counts:
            return
        is_recorded = False
        try:
            programmes = await self._programmes({each.programme for each in counts if each.type == _DENIED})
            async with self._acts.begin(ANONYMOUS) as doing:
                for refused, count in counts.items():
                    named = {"reason": refused.reason, "source": refused.source}
                    facts: dict[str, str | int] = {name: text for name, text in named.items() if text}
                    facts["count"] = count
                    programme_id = programmes.get(refused.programme) if refused.type == _DENIED else None
                    doing.refuse(
                        refused.type, refused.code, actor=refused.actor, facts=facts, programme_id=programme_id
                    )
            is_recorded = True
        except (asyncpg.PostgresError, *LOST) as error:
            _LOG.warning("refused access could not be recorded", error=type(error).__name__)
        finally:
            # The database does not answer just now, or the process ends meanwhile: they are tried again, in a bounded
            # number of kinds. What was committed though nobody heard of it counts twice, which is better than never.
            if not is_recorded:
                newer, self._counts = self._counts, counts
                for refused, count in newer.items():
                    self._add(refused, count)

    async def _programmes(self, named: Collection[str | None]) -> Mapping[str | None, UUID]:
        """The programmes that credentials name; their officers see who was denied. Who failed to sign in has none."""
        found = {name: await programme_named(self._reader, name) for name in named}
        return {name: programme.id for name, programme in found.items() if programme is not None}
