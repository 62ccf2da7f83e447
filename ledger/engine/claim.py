"""Claims: the rows among the requests by which references belong to their users (semantics 3.1, docs/decisions/0025).

The first user's claim has the id `reference_id`. Where that command waits, as for a second person, its claim names what
it waits for, and whoever comes after it has the id `claim_after`: what came of the wait, or where nothing did, the next
user. No row is ever changed, and of two who would come after the same wait the primary key lets one in.
"""

from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.request import Request, refuse_taken
from ledger.engine.shelves import REQUESTS
from ledger.engine.state import State
from ledger.engine.unit import AnyCommand

CLAIMS_MAX: Final = 20
"""Of one reference, since whoever uses it next reads each that waited in vain again."""
CLAIM_AFTER_SQL: Final = "substr(sha256(convert_to('reference after ' || {waited}, 'UTF8')), 1, 16)"
"""`claim_after` in the database's words."""


def claim_after(waited: UUID) -> bytes:
    """The id of the claim that comes after what waited; another hash than a key's and a first claim's."""
    return sha256(f"reference after {waited}".encode()).digest()[:16]


def free_claim(command: AnyCommand, claim: bytes, state: State, now: datetime) -> bytes:
    """The id by which the command can claim its reference, from the id of the first claim on. REFERENCE_TAKEN, also where
    too many waited in vain.
    """
    for _ in range(CLAIMS_MAX):
        taken = state.find(REQUESTS, claim)
        if taken is None:
            return claim
        claim = _next_claim(taken, command, state, now)
    raise Refusal(RefusalCode.REFERENCE_TAKEN)


def _next_claim(taken: Request, command: AnyCommand, state: State, now: datetime) -> bytes:
    """The id of the claim that comes after; REFERENCE_TAKEN where the taken one holds."""
    # Whether it still waits is asked first: what was asked for in this batch has an id that may not last.
    if not taken.outcome or command.still_waits(UUID(taken.outcome), state, now):
        refuse_taken(taken)
    return claim_after(UUID(taken.outcome))


def new_claim(claim: bytes, command: AnyCommand, reply: object, waits_for: UUID | None, now: datetime) -> Request:
    """The command's claim of its reference, for the entry of its reply where there is one."""
    client, kind, reference = command.actor.client, f"reference:{command.kind}", command.reference or ""
    outcome = "" if waits_for is None else str(waits_for)
    return Request(claim, client, kind, reference, b"", outcome, entry_of(reply), now)


def entry_of(reply: object) -> Any:  # noqa: ANN401 - the reply's own entry id, where it has one
    """The entry that a reply names."""
    return getattr(reply, "entry_id", None)
