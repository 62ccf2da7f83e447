"""The keyring: parts open only with the keys they were sealed under, in the place they were sealed for."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from audit.key_provider import FileKeyProvider, RootUnavailable
from audit.keyring import AnotherLog, Keyring
from audit.parts import Parts
from audit.record import SealedPart
from tests.key_world import LOG_ORIGIN, KeyWorld, keys, new_id, somebody

__all__ = ["keys"]


async def test_a_part_opens_in_any_process_that_has_the_root(keys: KeyWorld) -> None:
    """The keys travel wrapped, through the database."""
    part = await keys.record("called twice", about=somebody())

    other = await keys.another()

    assert await other.parts.open(part) == "called twice"
    assert await keys.parts.open(part) == "called twice"


async def test_a_part_about_nobody_opens_too(keys: KeyWorld) -> None:
    """What concerns no person has keys like everything else."""
    part = await keys.record("the rate was wrong", about=None)

    assert part.subject_id == UUID(int=0)
    assert await keys.parts.open(part) == "the rate was wrong"


@pytest.mark.parametrize("field", ["event_id", "name", "subject_id", "epoch", "sealed"])
async def test_a_part_that_was_moved_or_altered_does_not_open(keys: KeyWorld, field: str) -> None:
    """Event, name, person and month are bound into it."""
    person, other = somebody(), somebody()
    part = await keys.record("called twice", about=person)
    await keys.record("another", about=other, type_="earn")
    moved: dict[str, object] = {
        "event_id": new_id(),
        "name": "other",
        "subject_id": other,
        "epoch": part.epoch.replace("handling", "value"),
        "sealed": part.sealed[:-1] + bytes([part.sealed[-1] ^ 1]),
    }

    with pytest.raises(ValueError, match="do not open"):
        await keys.parts.open(SealedPart(**{**part._asdict(), field: moved[field]}))


async def test_another_log_cannot_use_the_part(keys: KeyWorld) -> None:
    """The log's name is bound into it."""
    part = await keys.record("called twice", about=somebody())

    with pytest.raises(ValueError, match="do not open"):
        await Parts(keys.keyring, "other.example/scrip").open(part)


async def test_a_process_that_was_told_another_log_is_refused(keys: KeyWorld) -> None:
    """The house key bears the log's name, so what a process with a slip in it sealed cannot stand beside the rest."""
    await keys.keyring.house_key(LOG_ORIGIN)
    other = await keys.another()

    with pytest.raises(AnotherLog, match=f"is named {LOG_ORIGIN}, not test.example/lgo"):
        await other.keyring.house_key("test.example/lgo")


async def test_no_key_stands_in_the_database_in_clear(keys: KeyWorld) -> None:
    """Neither the roots nor what they wrap."""
    person = somebody()
    await keys.record("called twice", about=person)
    subject_key = (await keys.keyring.sealing_keys([person]))[person]
    house_key = await keys.keyring.house_key(LOG_ORIGIN)

    rows = await keys.fetch(
        "SELECT row_to_json(t)::text FROM (SELECT wrapped FROM keys.branches UNION SELECT wrapped FROM keys.subjects) t"
    )

    roots = keys.key_file.read_text().split()
    assert rows
    assert all(key not in row[0] for row in rows for key in (subject_key.hex(), house_key.hex(), *roots))


async def test_many_who_ask_at_once_get_one_key(keys: KeyWorld) -> None:
    """Two processes, many callers: a subject has one key, made once."""
    other, person = await keys.another(), somebody()

    found = await asyncio.gather(*((keys, other)[n % 2].keyring.sealing_keys([person]) for n in range(20)))

    assert len({each[person] for each in found}) == 1
    assert (await keys.fetch("SELECT count(*) FROM keys.subjects WHERE id = $1", person))[0][0] == 1


async def test_keys_are_made_with_their_events(keys: KeyWorld) -> None:
    """A root, a bucket and an epoch are told of; a subject's key is told of by the record that names it."""
    person = somebody()
    await keys.record("one", about=person)
    await keys.record("two", about=person)

    assert await keys.told("root_key_adopted") == 1
    assert await keys.told("bucket_key_created") == 1
    assert await keys.told("epoch_key_created") == 1


async def test_a_kept_key_grows_old(keys: KeyWorld) -> None:
    """After a minute it is fetched again, though no notice came."""
    now = [0.0]
    keyring = Keyring(keys.acts, keys.provider, lambda: now[0])
    person = somebody()
    kept = (await keyring.sealing_keys([person]))[person]

    await keys.eraser.erase(person)

    assert (await keyring.sealing_keys([person]))[person] == kept
    now[0] = 61.0
    assert (await keyring.sealing_keys([person]))[person] != kept


class SlowProvider(FileKeyProvider):
    """Something else happens before its first answer."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def unwrap(self, reference: str, context: bytes, wrapped: bytes) -> bytes:
        """As it would otherwise."""
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return await super().unwrap(reference, context, wrapped)


async def test_a_key_destroyed_while_it_is_fetched_is_not_kept(keys: KeyWorld) -> None:
    """The notice came before there was anything to let go of; what was read before it must not be kept after it."""
    person = somebody()
    await keys.record("called twice", about=person)
    slow = SlowProvider(keys.key_file, secrets.token_bytes)
    keyring = Keyring(keys.acts, slow, keys.monotonic_s)

    async def erase() -> None:
        await keys.eraser.erase(person)
        keyring.forget([person])

    slow.meanwhile = erase
    fetched = await keyring.sealing_keys([person])

    assert await keyring.sealing_keys([person]) != fetched


async def test_a_lost_root_is_named_at_the_start(keys: KeyWorld) -> None:
    """A process without the root that the deployment uses does not begin to seal under another."""
    reference = (await keys.provider.references())[0]
    keys.key_file.write_text("ab" * 32 + "\n")

    with pytest.raises(RootUnavailable, match=reference):
        await keys.another()
