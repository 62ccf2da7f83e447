"""The schema `keys`: which keys there are, wrapped, and what became of them. No key stands here in clear.

Making a root's row or a branch is an act with its event; a subject's key is told of by the record that first names it.
"""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from audit.act import Acts


class KeyState(StrEnum):
    """What may be done with a key."""

    ACTIVE = "active"
    RESTRICTED = "restricted"
    RETIRED = "retired"
    DESTROYED = "destroyed"


class BranchKind(StrEnum):
    """What a key wrapped by a root is for."""

    BUCKET = "bucket"
    EPOCH = "epoch"
    HOUSE = "house"


class Root(NamedTuple):
    """A row of `keys.roots`."""

    id: UUID
    reference: str


class Branch(NamedTuple):
    """A row of `keys.branches`; `wrapped` is None once it is destroyed."""

    id: UUID
    kind: BranchKind
    name: str
    root_reference: str
    wrapped: bytes | None


class Subject(NamedTuple):
    """A row of `keys.subjects`; `bucket_id` and `wrapped` are None once it is destroyed."""

    id: UUID
    bucket_id: UUID | None
    wrapped: bytes | None
    state: KeyState


def bucket_name(subject_id: UUID) -> str:
    """The bucket of a subject: one of 256, by its id's last byte."""
    return f"{subject_id.bytes[-1]:02x}"


def branch_context(kind: str, name: str, branch_id: UUID) -> bytes:
    """What is bound into a wrapped branch key."""
    return f"scrip-key/v1\n{kind}\n{name}\n{branch_id}".encode()


def subject_context(subject_id: UUID, bucket_id: UUID) -> bytes:
    """What is bound into a wrapped subject key."""
    return f"scrip-key/v1\nsubject\n{subject_id}\n{bucket_id}".encode()


TURNOVER_LOCK = 0x5C21_9004
"""Key of the advisory lock between turning the root over and making a branch; any fixed number that nothing else uses."""
_BRANCH = """
SELECT b.id, b.kind, b.name, r.reference, b.wrapped FROM keys.branches b JOIN keys.roots r ON r.id = b.root_id
"""
# During a turnover a bucket stands under two roots; new subjects go under the active one.
_BRANCH_BY_NAME = f"{_BRANCH} WHERE b.kind = $1 AND b.name = $2 AND (b.kind <> 'bucket' OR r.state = 'active')"
_BRANCH_BY_ID = f"{_BRANCH} WHERE b.id = $1"
_HOUSE = f"{_BRANCH} WHERE b.kind = $1"
_INSERT_ROOT = """
INSERT INTO keys.roots (id, reference, adopted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id
"""
_INSERT_BRANCH = """
INSERT INTO keys.branches (id, kind, name, root_id, wrapped, created_at)
SELECT $1, $2, $3, root.id, $5, $6 FROM keys.roots root WHERE root.id = $4 AND root.state = 'active'
ON CONFLICT DO NOTHING RETURNING id
"""
_INSERT_SUBJECTS = """
INSERT INTO keys.subjects (id, bucket_id, wrapped, created_at)
SELECT id, bucket_id, wrapped, $4 FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS new (id, bucket_id, wrapped)
ORDER BY id ON CONFLICT DO NOTHING
"""


class KeyStore:
    """Reads and makes rows; `acts` is in a role that may."""

    def __init__(self, acts: Acts) -> None:
        self._acts = acts
        self.new_id = acts.new_id

    async def active_root(self) -> Root | None:
        """The root that new branches are wrapped by."""
        rows = await self._acts.read("SELECT id, reference FROM keys.roots WHERE state = 'active'")
        return Root(*rows[0]) if rows else None

    async def adopt_root(self, reference: str) -> None:
        """Makes a root the active one, where none is."""
        async with self._acts.begin() as doing:
            identity = self.new_id()
            if await doing.run(_INSERT_ROOT, identity, reference, doing.now):
                doing.record("root_key_adopted", resource_id=identity, version=1, facts={"root": reference})

    async def branch(self, kind: BranchKind, name: str) -> Branch | None:
        """The branch of that name that is in use."""
        rows = await self._acts.read(_BRANCH_BY_NAME, kind, name)
        return Branch(*rows[0]) if rows else None

    async def house(self) -> Branch | None:
        """The one branch of what belongs to nobody, under whatever name."""
        rows = await self._acts.read(_HOUSE, BranchKind.HOUSE)
        return Branch(*rows[0]) if rows else None

    async def branch_by_id(self, branch_id: UUID) -> Branch | None:
        """The branch, in use or not."""
        rows = await self._acts.read(_BRANCH_BY_ID, branch_id)
        return Branch(*rows[0]) if rows else None

    async def insert_branch(self, branch_id: UUID, kind: BranchKind, name: str, root_id: UUID, wrapped: bytes) -> None:
        """Makes a branch, where nobody else has just made it and its root is still the active one."""
        async with self._acts.begin() as doing:
            await doing.run("SELECT pg_advisory_xact_lock_shared($1)", TURNOVER_LOCK)
            if await doing.run(_INSERT_BRANCH, branch_id, kind, name, root_id, wrapped, doing.now):
                doing.record(f"{kind}_key_created", resource_id=branch_id, version=1, facts={"name": name})

    async def subjects(self, ids: Collection[UUID]) -> Sequence[Subject]:
        """The rows of these subjects, of those that have one."""
        found = "SELECT id, bucket_id, wrapped, state FROM keys.subjects WHERE id = any($1::uuid[])"
        return [Subject(*row) for row in await self._acts.read(found, list(ids))]

    async def insert_subjects(self, rows: Iterable[tuple[UUID, UUID, bytes]]) -> None:
        """Makes subjects' keys (id, bucket, wrapped), where nobody else has just made them."""
        ids, buckets, wrapped = zip(*rows, strict=True)
        async with self._acts.begin() as doing:
            await doing.run(_INSERT_SUBJECTS, list(ids), list(buckets), list(wrapped), doing.now)
