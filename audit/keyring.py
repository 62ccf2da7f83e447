"""The keyring: every key is wrapped by the one above it: root -> bucket -> subject, root -> epoch, root -> house.

Roots stay with their provider. Keys that were unwrapped are kept for a bounded time in a bounded number; what many ask
for at once is fetched once. A part's key needs its subject's and its epoch's key, so destroying either destroys it.
"""

import asyncio
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from uuid import UUID

import asyncpg

from audit.act import Acts
from audit.cipher import KEY_BYTES, open_sealed, seal
from audit.key_cache import KeyCache
from audit.key_provider import KeyProvider, RootUnavailable, lost_root
from audit.key_store import Branch, BranchKind, KeyState, KeyStore, branch_context, bucket_name, subject_context

_TRIES_MAX = 3


class KeyGone(Exception):
    """The key was destroyed: what it sealed is unreadable for ever."""


class SubjectRestricted(Exception):
    """The person's data may only be read on a legal basis (PIPL article 47)."""


class AnotherLog(Exception):
    """The deployment's log has another name than this process was told: what it sealed would open nowhere else."""


class Keyring:
    """The keys as a process uses them.

    acts:        transactions that may make keys
    monotonic_s: gives seconds that never step back, for the age of kept keys
    """

    def __init__(self, acts: Acts, provider: KeyProvider, monotonic_s: Callable[[], float]) -> None:
        self._store = KeyStore(acts)
        self._provider = provider
        self._subjects: KeyCache[UUID] = KeyCache(monotonic_s)
        self._branches: KeyCache[UUID] = KeyCache(monotonic_s)
        self._epochs: dict[str, UUID] = {}
        self._fetching = asyncio.Lock()
        self._forgotten = 0

    # -- opening -----------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Adopts the provider's newest root where the deployment has none yet. RootUnavailable where the active one is lost."""
        root = await self._store.active_root()
        if root is None:
            references = await self._provider.references()
            if not references:
                raise RootUnavailable("the key provider keeps no root key")
            await self._store.adopt_root(references[-1])
        elif root.reference not in await self._provider.references():
            raise lost_root(root.reference)

    async def house_key(self, log_origin: str) -> bytes:
        """The key of what belongs to nobody: voucher codes, blind hashes. Re-wrapped at a turnover, never replaced.

        It bears the name of the deployment's log. AnotherLog where that is not `log_origin`.
        """
        async with self._fetching:
            house = await self._store.house() or await self._branch(BranchKind.HOUSE, log_origin)
            if house.name != log_origin:
                raise AnotherLog(f"the audit log of this database is named {house.name}, not {log_origin}")
            return await self._key_of(house)

    # -- sealing -----------------------------------------------------------------------------------------------------

    async def sealing_keys(self, subjects: Collection[UUID]) -> Mapping[UUID, bytes]:
        """The subjects' keys, made where there are none yet; a destroyed one's is a key that nobody keeps."""
        kept, missing = self._subjects.find(subjects)
        if not missing:
            return kept
        # One at a time: whoever waited here finds what the one before it fetched.
        async with self._fetching:
            again, missing = self._subjects.find(missing)
            fetched = await self._fetch_subjects(missing) if missing else {}
        return {**kept, **again, **fetched}

    async def epoch_key(self, epoch: str) -> bytes:
        """The epoch's key, made where there is none yet. KeyGone where it was destroyed."""
        known = self._epochs.get(epoch)
        key = None if known is None else self._branches.get(known)
        if key is not None:
            return key
        async with self._fetching:
            branch = await self._branch(BranchKind.EPOCH, epoch)
            self._epochs[epoch] = branch.id
            return await self._key_of(branch)

    def forget(self, subjects: Iterable[UUID]) -> None:
        """Lets go of the keys of these subjects."""
        self._forgotten += 1
        for subject_id in subjects:
            self._subjects.drop(subject_id)

    def forget_all(self) -> None:
        """Lets go of every key; they are fetched again when they are needed."""
        self._forgotten += 1
        self._subjects.clear()
        self._branches.clear()

    # -- reading -----------------------------------------------------------------------------------------------------

    async def opening_keys(self, subject_id: UUID, epoch: str, *, legal_basis: str | None) -> tuple[bytes, bytes]:
        """The subject's and the epoch's key, as they stand now and not as they are kept.

        KeyGone where either was destroyed; SubjectRestricted where the person's data need a legal basis to be read.
        """
        found = await self._store.subjects([subject_id])
        if not found or found[0].wrapped is None or found[0].bucket_id is None:
            raise KeyGone(f"the key of subject {subject_id} is destroyed")
        subject = found[0]
        if subject.state == KeyState.RESTRICTED and not legal_basis:
            raise SubjectRestricted(f"subject {subject_id} is restricted; name a legal basis")
        bucket = await self._store.branch_by_id(found[0].bucket_id)
        branch = await self._store.branch(BranchKind.EPOCH, epoch)
        if bucket is None or branch is None or branch.wrapped is None:
            raise KeyGone(f"the key of epoch {epoch} is destroyed")
        bucket_key = await self._key_of(bucket)
        subject_key = open_sealed(bucket_key, subject_context(subject.id, bucket.id), found[0].wrapped)
        return subject_key, await self._key_of(branch)

    # -- fetching, under the lock ------------------------------------------------------------------------------------

    async def _fetch_subjects(self, wanted: Collection[UUID]) -> dict[UUID, bytes]:
        for _ in range(_TRIES_MAX):
            before = self._forgotten
            found = {subject.id: subject for subject in await self._store.subjects(wanted)}
            missing = [each for each in wanted if each not in found]
            if missing:
                await self._create_subjects(missing)
                continue
            keys = {}
            for subject in found.values():
                if subject.wrapped is None or subject.bucket_id is None:
                    keys[subject.id] = secrets.token_bytes(KEY_BYTES)
                    continue
                bucket_key = await self._bucket_key(subject.bucket_id)
                keys[subject.id] = open_sealed(
                    bucket_key, subject_context(subject.id, subject.bucket_id), subject.wrapped
                )
                # Whoever was forgotten since the rows were read may be among them.
                if self._forgotten == before:
                    self._subjects.put(subject.id, keys[subject.id])
            return keys
        raise KeyGone("subjects whose keys are always gone again")

    async def _create_subjects(self, wanted: Iterable[UUID]) -> None:
        rows = []
        for subject_id in wanted:
            bucket = await self._branch(BranchKind.BUCKET, bucket_name(subject_id))
            bucket_key = await self._key_of(bucket)
            wrapped = seal(bucket_key, subject_context(subject_id, bucket.id), secrets.token_bytes(KEY_BYTES))
            rows.append((subject_id, bucket.id, wrapped))
        try:
            await self._store.insert_subjects(rows)
        except asyncpg.ForeignKeyViolationError:
            # A turnover has emptied and removed a bucket meanwhile; the next try finds its successor.
            self._branches.clear()

    async def _bucket_key(self, bucket_id: UUID) -> bytes:
        kept = self._branches.get(bucket_id)
        if kept is not None:
            return kept
        bucket = await self._store.branch_by_id(bucket_id)
        if bucket is None:
            raise KeyGone(f"bucket {bucket_id} is gone")
        return await self._key_of(bucket)

    async def _branch(self, kind: BranchKind, name: str) -> Branch:
        """The branch under the active root, made where there is none yet."""
        for _ in range(_TRIES_MAX):
            found = await self._store.branch(kind, name)
            if found is not None:
                return found
            root = await self._store.active_root()
            if root is None:
                raise RootUnavailable("the deployment has no active root key")
            branch_id = self._store.new_id()
            context = branch_context(kind, name, branch_id)
            wrapped = await self._provider.wrap(root.reference, context, secrets.token_bytes(KEY_BYTES))
            await self._store.insert_branch(branch_id, kind, name, root.id, wrapped)
        raise RootUnavailable(f"the {kind} key {name} can never be made")

    async def _key_of(self, branch: Branch) -> bytes:
        kept = self._branches.get(branch.id)
        if kept is not None:
            return kept
        if branch.wrapped is None:
            raise KeyGone(f"the {branch.kind} key {branch.name} is destroyed")
        context = branch_context(branch.kind, branch.name, branch.id)
        try:
            key = await self._provider.unwrap(branch.root_reference, context, branch.wrapped)
        except RootUnavailable:
            # A turnover may have wrapped it anew since it was read.
            fresh = await self._store.branch_by_id(branch.id)
            if fresh is None or fresh.wrapped is None or fresh.root_reference == branch.root_reference:
                raise
            key = await self._provider.unwrap(fresh.root_reference, context, fresh.wrapped)
        self._branches.put(branch.id, key)
        return key
