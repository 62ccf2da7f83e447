"""Reconciling parts: what was destroyed lawfully is not missing, and what is stored is what the log names."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import orjson
import pytest

from audit import reconcile_parts
from audit.reconcile import Difference, Reconciliation
from audit.reconcile_parts import PartsCheck
from tests.key_world import KeyWorld, keys, somebody

__all__ = ["keys"]


async def compared(world: KeyWorld) -> tuple[int, Sequence[Difference]]:
    """Return how many parts are there, and what differs."""
    check, result = PartsCheck(), Reconciliation()
    async with world.connections.lending("scrip_auditor")() as connection:
        for row in await connection.fetch("SELECT record FROM audit.events ORDER BY id"):
            check.take(orjson.loads(row["record"]))
            if check.is_full:
                await check.compare(connection, result)
        await check.finish(connection, result)
    return check.found, result.differences


@pytest.mark.parametrize("chunk", [2, 1000])
async def test_what_was_erased_is_not_missing(keys: KeyWorld, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    """The entry that tells of it comes after those whose parts are gone; others' parts are still asked for."""
    monkeypatch.setattr(reconcile_parts, "CHUNK", chunk)
    person, other = somebody(), somebody()
    for about in (person, other, person, other, None):
        await keys.record("called twice", about=about)
    assert await compared(keys) == (5, [])

    await keys.eraser.erase(person)
    assert await compared(keys) == (3, [])

    kept = (await keys.fetch("SELECT min(event_id::text)::uuid FROM audit.parts WHERE subject_id = $1", other))[0][0]
    await keys.fetch("DELETE FROM audit.parts WHERE event_id = $1", kept)
    said = "it is missing, and no entry says that it was destroyed"
    assert await compared(keys) == (2, [Difference(f"part private of {kept}", said)])


async def test_much_that_is_missing_is_counted(keys: KeyWorld) -> None:
    """Some are named for each person and month; how many more there are is said."""
    person = somebody()
    for _ in range(7):
        await keys.record("called twice", about=person)

    await keys.fetch("DELETE FROM audit.parts")

    found, differences = await compared(keys)
    assert found == 0
    assert [each.what for each in differences[:5]] == ["it is missing, and no entry says that it was destroyed"] * 5
    assert differences[5].what == "2 more are missing"


async def test_what_was_sealed_after_an_erasure_is_compared_too(keys: KeyWorld) -> None:
    """Its key is one that nobody keeps; the part stays what the entry names."""
    person = somebody()
    await keys.record("called twice", about=person)
    await keys.eraser.erase(person)
    keys.keyring.forget([person])
    await keys.record("asked again", about=person)

    assert await compared(keys) == (1, [])


def test_a_record_without_parts_asks_for_nothing() -> None:
    """Nor does one that says little of itself."""
    check = PartsCheck()
    check.take({"id": str(uuid4()), "type": "epoch_key_destroyed"})
    check.take({"id": str(UUID(int=0))})

    assert not check.is_full
