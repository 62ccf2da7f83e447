"""Turnover of the root: a new root, new buckets, every key wrapped anew, and the old root destroyed.

Nothing is encrypted again: only keys are re-wrapped. Once the old root is gone, a backup of the key store from before
opens nothing, not even together with the live one, because the buckets are new as well. So the time between two
turnovers bounds how long a restored backup can revive a person who was erased.

Each step is a transaction of its own; a turnover that was interrupted goes on where it stopped.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg

from audit.act import Acts, Doing
from audit.cipher import KEY_BYTES, open_sealed, seal
from audit.key_provider import KeyProvider, RootUnavailable
from audit.key_store import TURNOVER_LOCK, BranchKind, branch_context, subject_context

SUBJECTS_MAX = 5_000
"""Keys re-wrapped in one transaction."""

_ACTIVE = "SELECT id, reference, adopted_at FROM keys.roots WHERE state = 'active'"
_RETIRED = "SELECT id, reference, adopted_at FROM keys.roots WHERE state = 'retired' ORDER BY adopted_at LIMIT 1"
_RETIRE = "UPDATE keys.roots SET state = 'retired', version = version + 1 WHERE id = $1 RETURNING version"
_ADOPT = "INSERT INTO keys.roots (id, reference, adopted_at) VALUES ($1, $2, $3)"
_DESTROYED = """
UPDATE keys.roots root SET state = 'destroyed', destroyed_at = $2, version = version + 1
WHERE id = $1 AND state = 'retired'
    AND NOT EXISTS (SELECT FROM keys.branches b WHERE b.root_id = root.id AND b.state = 'active')
RETURNING version
"""
_IS_DUE = """
SELECT EXISTS (SELECT FROM keys.roots
    WHERE state = 'retired' OR (state = 'active' AND adopted_at <= now() - $1::interval))
"""
_REMOVE_BUCKET = """
DELETE FROM keys.branches b
WHERE b.id = $1 AND NOT EXISTS (SELECT FROM keys.subjects s WHERE s.bucket_id = b.id)
"""
_BRANCHES = """
SELECT id, kind, name, wrapped FROM keys.branches
WHERE root_id = $1 AND state = 'active' ORDER BY kind, name FOR UPDATE
"""
_BRANCH_OF = "SELECT id, kind, name, wrapped FROM keys.branches WHERE root_id = $1 AND kind = 'bucket' AND name = $2"
# The key stays what it was, so its version does too: a version that no event names would be a hole in the log.
_REWRAP_BRANCH = "UPDATE keys.branches SET root_id = $2, wrapped = $3 WHERE id = $1"
_NEW_BUCKET = """
INSERT INTO keys.branches (id, kind, name, root_id, wrapped, created_at) VALUES ($1, 'bucket', $2, $3, $4, $5)
ON CONFLICT DO NOTHING RETURNING id
"""
_SUBJECTS = "SELECT id, wrapped FROM keys.subjects WHERE bucket_id = $1 ORDER BY id LIMIT $2 FOR UPDATE"
_REWRAP_SUBJECTS = """
UPDATE keys.subjects subject SET bucket_id = $1, wrapped = new.wrapped
FROM unnest($2::uuid[], $3::bytea[]) AS new (id, wrapped) WHERE subject.id = new.id
"""


class Root(NamedTuple):
    """A root that is in use, or that is being left."""

    id: UUID
    reference: str
    adopted_at: datetime


class _Branch(NamedTuple):
    id: UUID
    kind: str
    name: str
    wrapped: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedOver:
    """What a turnover did; `old` was destroyed."""

    old: str
    new: str
    subjects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnover:
    """Turns the root over. `acts` is in the role of the key administrator."""

    acts: Acts
    provider: KeyProvider

    async def is_due(self, every: timedelta) -> bool:
        """Whether the active root is that old, or a turnover was left unfinished."""
        return bool((await self.acts.read(_IS_DUE, every))[0][0])

    async def run(self, *, actor: str) -> TurnedOver:
        """Begins a turnover, or goes on with one, and finishes it. RootUnavailable where the provider cannot."""
        old = await self._retired() or await self._begin(actor)
        new = await self._active()
        subjects = 0
        for bucket in await self._move_branches(old, new, actor):
            subjects += await self._empty_bucket(bucket, old, new, actor)
        await self._end(old, actor, subjects)
        return TurnedOver(old=old.reference, new=new.reference, subjects=subjects)

    async def _retired(self) -> Root | None:
        rows = await self.acts.read(_RETIRED)
        return Root(*rows[0]) if rows else None

    async def _active(self) -> Root:
        return Root(*(await self.acts.read(_ACTIVE))[0])

    async def _begin(self, actor: str) -> Root:
        """Another process may have begun meanwhile: then it is that turnover. The provider makes the new root before the
        rows that name it are committed: a root that no row names does no harm, the other way round would. And it makes
        one at a time: of two that are put into a file at once, one could be lost.
        """
        async with self.acts.begin(actor) as doing:
            await _one_at_a_time(doing)
            begun = await doing.run(_RETIRED)
            if begun:
                return Root(*begun[0])
            reference = await self.provider.create()
            old = Root(*(await doing.run(f"{_ACTIVE} FOR UPDATE"))[0])
            version = (await doing.run(_RETIRE, old.id))[0]["version"]
            new_id = doing.new_id()
            await doing.run(_ADOPT, new_id, reference, doing.now)
            doing.record("root_key_retired", resource_id=old.id, version=version, facts={"root": old.reference})
            doing.record("root_key_adopted", resource_id=new_id, version=1, facts={"root": reference})
        return old

    async def _move_branches(self, old: Root, new: Root, actor: str) -> Sequence[_Branch]:
        """Re-wraps epochs and the house key; returns the buckets, which are replaced instead."""
        async with self.acts.begin(actor) as doing:
            await _one_at_a_time(doing)
            branches = [_Branch(*row) for row in await doing.run(_BRANCHES, old.id)]
            for branch in branches:
                if branch.kind != BranchKind.BUCKET:
                    context = branch_context(branch.kind, branch.name, branch.id)
                    key = await self.provider.unwrap(old.reference, context, branch.wrapped)
                    wrapped = await self.provider.wrap(new.reference, context, key)
                    await doing.run(_REWRAP_BRANCH, branch.id, new.id, wrapped)
        return [branch for branch in branches if branch.kind == BranchKind.BUCKET]

    async def _empty_bucket(self, bucket: _Branch, old: Root, new: Root, actor: str) -> int:
        """Moves every subject into the bucket's successor and removes it; returns how many there were."""
        old_key = await self._key(bucket, old)
        moved = 0
        while not await self._remove(bucket, actor):
            async with self.acts.begin(actor) as doing:
                await _one_at_a_time(doing)
                successor = await self._successor(doing, bucket.name, new)
                new_key = await self._key(successor, new)
                rows = await doing.run(_SUBJECTS, bucket.id, SUBJECTS_MAX)
                wrapped = [
                    _rewrap(row["id"], row["wrapped"], bucket.id, old_key, successor.id, new_key) for row in rows
                ]
                await doing.run(_REWRAP_SUBJECTS, successor.id, [row["id"] for row in rows], wrapped)
            moved += len(rows)
        return moved

    async def _remove(self, bucket: _Branch, actor: str) -> bool:
        """Removes an empty bucket; whether it is gone. Waits for whoever is just making a subject in it, and then leaves it
        standing.
        """
        try:
            async with self.acts.begin(actor) as doing:
                await doing.run(_REMOVE_BUCKET, bucket.id)
                return not await doing.run("SELECT FROM keys.branches WHERE id = $1", bucket.id)
        except asyncpg.ForeignKeyViolationError:
            return False

    async def _successor(self, doing: Doing, name: str, new: Root) -> _Branch:
        found = await doing.run(_BRANCH_OF, new.id, name)
        if not found:
            identity = doing.new_id()
            context = branch_context(BranchKind.BUCKET, name, identity)
            wrapped = await self.provider.wrap(new.reference, context, secrets.token_bytes(KEY_BYTES))
            if await doing.run(_NEW_BUCKET, identity, name, new.id, wrapped, doing.now):
                doing.record("bucket_key_created", resource_id=identity, version=1, facts={"name": name})
            found = await doing.run(_BRANCH_OF, new.id, name)
        return _Branch(*found[0])

    async def _key(self, branch: _Branch, root: Root) -> bytes:
        context = branch_context(branch.kind, branch.name, branch.id)
        return await self.provider.unwrap(root.reference, context, branch.wrapped)

    async def _end(self, old: Root, actor: str, subjects: int) -> None:
        """The record and the row come first: a root that is destroyed though nothing says so would be worse."""
        async with self.acts.begin(actor) as doing:
            await _one_at_a_time(doing)
            rows = await doing.run(_DESTROYED, old.id, doing.now)
            if not rows:
                raise RootUnavailable(
                    f"the root key {old.reference} still wraps keys, or another process destroyed it; turn it over again"
                )
            version = rows[0]["version"]
            facts: dict[str, str | int] = {"root": old.reference, "subjects": subjects}
            doing.record("root_key_destroyed", resource_id=old.id, version=version, facts=facts)
            await self.provider.destroy(old.reference)


async def _one_at_a_time(doing: Doing) -> None:
    await doing.run("SELECT pg_advisory_xact_lock($1)", TURNOVER_LOCK)


def _rewrap(
    subject_id: UUID, wrapped: bytes, old_bucket: UUID, old_key: bytes, new_bucket: UUID, new_key: bytes
) -> bytes:
    key = open_sealed(old_key, subject_context(subject_id, old_bucket), wrapped)
    return seal(new_key, subject_context(subject_id, new_bucket), key)
