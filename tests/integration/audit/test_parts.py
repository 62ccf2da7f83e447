"""Parts come with their events: whoever may insert them can add none to an event that is written."""

from dataclasses import dataclass
from hashlib import sha256

import asyncpg
import pytest

from audit.act import Lent
from audit.record import SealedPart
from tests.key_world import KeyWorld, keys, somebody
from tests.sequenced_log import event_ids

__all__ = ["keys"]
EVENT = "INSERT INTO audit.events (id, record) VALUES ($1, $2)"
PART = "INSERT INTO audit.parts SELECT * FROM unnest($1::audit.parts[])"
WITH_EVENT = f"WITH event AS ({EVENT}) INSERT INTO audit.parts SELECT * FROM unnest($3::audit.parts[])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An event that names one part, and the part."""

    part: SealedPart
    record: bytes


def written(sealed: bytes = b"sealed") -> Written:
    """Return an event made now, with its part."""
    part = SealedPart(event_ids(1)[0], "private", somebody(), "value/2026-11", 1, sealed)
    said = '{"parts":[{"epoch":"%s","hash":"%s","name":"%s","subject":"%s","suite":%d}]}'
    named = said % (part.epoch, sha256(sealed).hexdigest(), part.name, part.subject_id, part.suite)
    return Written(part=part, record=named.encode())


async def insert(connection: Lent, this: Written, parts: list[SealedPart]) -> None:
    """Insert the event with these parts in one statement, as the log does."""
    await connection.execute(WITH_EVENT, this.part.event_id, this.record, parts)


@pytest.mark.parametrize("role", ["scrip_app", "scrip_key_admin"])
async def test_no_part_is_added_to_an_event_that_is_written(keys: KeyWorld, role: str) -> None:
    """Neither one that it names and that was lost, nor any other; nor one of no event. A part that came along stays."""
    this, lost = written(), written()
    async with keys.connections.lending(role)() as connection:
        await insert(connection, this, [this.part])
        await insert(connection, lost, [])
        for bogus in (lost.part, this.part._replace(name="more"), written().part):
            with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="no event of this transaction names"):
                await connection.execute(PART, [bogus])

    assert [SealedPart(*row) for row in await keys.fetch("SELECT * FROM audit.parts")] == [this.part]


async def test_a_part_is_the_one_that_its_event_names(keys: KeyWorld) -> None:
    """In the event's own transaction too: its bytes, person, month, name and suite are those of the record."""
    this = written()
    others = [
        this.part._replace(sealed=b"other"),
        this.part._replace(subject_id=somebody()),
        this.part._replace(epoch="value/2026-12"),
        this.part._replace(name="other"),
        this.part._replace(suite=2),
    ]
    async with keys.connections.lending("scrip_app")() as connection:
        for other in others:
            with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                await insert(connection, this, [other])
        async with connection.transaction():
            await connection.execute(EVENT, this.part.event_id, this.record)
            await connection.execute(PART, [this.part])

    assert len(await keys.fetch("SELECT FROM audit.parts")) == 1
