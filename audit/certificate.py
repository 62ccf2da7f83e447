"""The certificate of an erasure: what was destroyed, the proof that it is in the log, and what a backup may still revive.

It names nobody: the subject is a random id that only whoever asked for the erasure can place.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from audit.connection import Connection
from audit.erasure import Erasure, ErasureState
from audit.proof import Proof, prove_entry
from audit.search import EventFilter

TYPE = "scrip-erasure-certificate/v1"
_ERASURE = f"SELECT {', '.join(Erasure._fields)} FROM audit.erasures WHERE id = $1"  # noqa: S608 - names of columns
# A backup of the key store made while the key stood opens with a root that was in use by then, until that is destroyed.
_WINDOW = """
SELECT reference, adopted_at, destroyed_at FROM keys.roots WHERE adopted_at <= $1
ORDER BY destroyed_at DESC NULLS FIRST, adopted_at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How long a backup of the key store from before could revive the person.

    root:   the last root key that such a backup opens with
    closes: when that root goes by plan; None where nothing is planned
    closed: when it went; None while it stands
    """

    root: str
    closes: datetime | None
    closed: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """An erasure as far as it has come. `proof` is None while the event waits for its place in the log."""

    erasure: Erasure
    proof: Proof | None
    window: Window | None

    def encode(self) -> bytes:
        """The certificate as JSON, for a file. Its record and proof are what `tlog-proof` tools verify."""
        erasure, proof, window = self.erasure, self.proof, self.window
        return orjson.dumps(
            {
                "type": TYPE,
                "subject": str(erasure.id),
                "state": erasure.state,
                "askedAt": erasure.asked_at,
                "retainedUntil": erasure.retained_until,
                "destroyedAt": erasure.destroyed_at,
                "partsDestroyed": erasure.parts_destroyed,
                "record": None if proof is None else proof.record.decode(),
                "proof": None if proof is None else proof.text,
                "residualWindow": None
                if window is None
                else {
                    "backupsOfKeysBefore": erasure.destroyed_at,
                    "openWithRoot": window.root,
                    "closesBy": window.closes,
                    "closedAt": window.closed,
                },
            },
            option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2,
        )


async def certify(connection: Connection, subject_id: UUID, *, turnover: timedelta | None) -> Certificate | None:
    """The certificate of the subject's erasure; None where there was none.

    turnover: how old a root key may grow; None where nobody turns it over by plan
    `connection` is the auditor's, in a REPEATABLE READ transaction.
    """
    rows = await connection.fetch(_ERASURE, subject_id)
    if not rows:
        return None
    erasure = Erasure(*rows[0])
    proof = await prove_entry(connection, erasure.event_id, EventFilter())
    return Certificate(erasure=erasure, proof=proof, window=await _window(connection, erasure, turnover))


async def _window(connection: Connection, erasure: Erasure, turnover: timedelta | None) -> Window | None:
    if erasure.state != ErasureState.DESTROYED:
        return None
    root = (await connection.fetch(_WINDOW, erasure.destroyed_at))[0]
    planned = None if turnover is None else root["adopted_at"] + turnover
    return Window(root=root["reference"], closes=planned, closed=root["destroyed_at"])
