"""A small made-up log to practise on: three members, a reason sealed here and there, one member erased.

Nothing of it comes from a database, and its key is made from a text that anybody can read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import orjson

from audit.bundle import Files, SealedPart
from audit.checkpoint import Checkpoint, VerifiedCheckpoint, verify_checkpoint
from audit.compose import Chosen, compose
from audit.entry_reading import SUBJECT_ERASED
from audit.merkle import leaf_hash, root_of
from audit.signing import SigningKey, sign_checkpoint

SIZE: Final = 300
BEGIN: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY: Final = SigningKey(name="drill.example/log", seed=sha256(b"the drill's own key").digest())
THIEF: Final = SigningKey(name=KEY.name, seed=sha256(b"somebody else's key").digest())
_ERASED_MEMBER: Final = 2
_ERASED_AT: Final = 150
_PART_EVERY: Final = 7

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log in memory: records in their order, the sealed parts that are left, and when its newest checkpoint is signed."""

    records: Sequence[Record]
    parts: Sequence[SealedPart]
    signed_at: datetime

    def with_records(self, records: Sequence[Record]) -> "Log":
        """The log with other records."""
        return replace(self, records=records)

    def entries(self) -> Mapping[int, bytes]:
        """Canonical bytes by index."""
        return {index: encode(record) for index, record in enumerate(self.records)}

    def checkpoint(self, size: int | None = None, key: SigningKey = KEY) -> str:
        """The signed note of the log, or of what it was at that size."""
        leaves = [leaf_hash(entry) for entry in self.entries().values()][:size]
        stated = Checkpoint(origin=key.name, size=len(leaves), root=root_of(leaves))
        return sign_checkpoint(stated, key, self.signed_at)

    def seen(self, size: int | None = None) -> VerifiedCheckpoint:
        """The same as an auditor keeps it."""
        return verify_checkpoint(self.checkpoint(size), KEY.verifier)

    def bundle(self, key: SigningKey = KEY) -> Files:
        """The whole log as a bundle."""
        chosen = Chosen(entries=self.entries(), parts=self.parts, range=(0, len(self.records)))
        about = {"purpose": "drill", "requested_by": "staff:ada", "approved_by": "staff:grace"}
        return compose(chosen, checkpoint=self.checkpoint(key=key), nodes={}, about=about, key=key)


def encode(record: Record) -> bytes:
    """Canonical bytes."""
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def sample_log() -> Log:
    """The log of the drill: `SIZE` entries a second apart."""
    records: list[Record] = []
    parts: list[SealedPart] = []
    for number in range(SIZE):
        at, member = BEGIN + timedelta(seconds=number), number % 3
        if number == _ERASED_AT:
            erasure = entry(number, at, member=_ERASED_MEMBER, version=None)
            records.append({**erasure, "type": SUBJECT_ERASED, "class": "handling"})
            continue
        record = entry(number, at, member=member, version=number // 3 + (number < _ERASED_AT or member != 0))
        if number % _PART_EVERY == 0:
            part = _seal(record)
            if member != _ERASED_MEMBER:
                parts.append(part)
        records.append(record)
    return Log(records=records, parts=parts, signed_at=BEGIN + timedelta(seconds=SIZE))


def entry(number: int, at: datetime, *, member: int, version: int | None) -> Record:
    """An entry of one member's wallet, recorded at that instant; without a version it changed nothing."""
    record: Record = {
        "actor": "service:till",
        "at": at.isoformat().replace("+00:00", "Z"),
        "class": "value",
        "facts": {"amount": 100 + number},
        "id": str(_id(int(at.timestamp() * 1000), number)),
        "origin": "api",
        "outcome": "accepted",
        "resource": str(_id(0, 1000 + number)),
        "subjects": [str(_id(0, member))],
        "type": "earn",
        "v": 1,
    }
    return record if version is None else {**record, "streams": [[str(_id(0, 100 + member)), version]]}


def _seal(record: Record) -> SealedPart:
    """A part that looks sealed, named in the record."""
    sealed = sha256(record["id"].encode()).digest() * 3
    epoch = f"value/{BEGIN:%Y-%m}"
    digest = sha256(sealed).hexdigest()
    part = {"epoch": epoch, "hash": digest, "name": "private", "subject": record["subjects"][0], "suite": 1}
    record["parts"] = [part]
    return SealedPart(record["id"], "private", sealed)


def _id(milliseconds: int, number: int) -> UUID:
    """A UUIDv7 of that instant."""
    return UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | number)
