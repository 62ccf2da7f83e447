"""Look-ups that share a statement."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ARRAY, LargeBinary, bindparam, select
from sqlalchemy.sql.expression import any_

from ledger.engine.reader import Query, Reader
from ledger.engine.tables import REQUESTS

QUERY = Query(
    select(REQUESTS.c.id, REQUESTS.c.kind).where(REQUESTS.c.id == any_(bindparam("asked", type_=ARRAY(LargeBinary))))
)


class CountingReader(Reader):
    """A database that knows the values in `known`, and keeps what was asked; it breaks where told to."""

    def __init__(self, known: Mapping[bytes, str], *, broken: bool = False) -> None:
        super().__init__(None, "book")  # type: ignore[arg-type]
        self.known = known
        self.broken = broken
        self.asked: list[list[bytes]] = []
        self.programmes: list[UUID | None] = []

    async def rows(self, query: Query, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """One statement."""
        assert query is QUERY
        self.asked.append(parameters["asked"])
        self.programmes.append(parameters["programme_id"])
        await asyncio.sleep(0)
        if self.broken:
            raise ConnectionError
        return [(value, self.known[value]) for value in parameters["asked"] if value in self.known]


async def test_look_ups_of_one_moment_share_a_statement() -> None:
    """Whoever asks in the same pass of the loop is answered by the same statement, each with its own row."""
    reader = CountingReader({b"a": "A", b"b": "B"})

    rows: list[object] = await asyncio.gather(
        *(reader.look_up(QUERY, value) for value in (b"a", b"b", b"a", b"unknown"))
    )
    together: object = await reader.look_up_all(QUERY, [b"b", b"unknown"])

    assert rows == [(b"a", "A"), (b"b", "B"), (b"a", "A"), None]
    assert together == [(b"b", "B"), None]
    assert reader.asked == [[b"a", b"b", b"unknown"], [b"b", b"unknown"]]


async def test_each_programme_is_asked_for_by_itself() -> None:
    """What one programme has is looked for in no other, at the same moment neither; every row that there is comes."""
    reader, programmes = CountingReader({b"a": "A"}), [UUID(int=1), UUID(int=2)]

    found: list[object] = await asyncio.gather(
        *(reader.look_up_rows(QUERY, value, programme_id=each) for each in programmes for value in (b"a", b"b"))
    )

    assert found == [[(b"a", "A")], [], [(b"a", "A")], []]
    assert reader.programmes == programmes


async def test_a_broken_look_up_is_told_to_everybody_who_shared_it() -> None:
    """The error of the statement reaches every caller."""
    reader = CountingReader({}, broken=True)

    answers = await asyncio.gather(*(reader.look_up(QUERY, value) for value in (b"a", b"b")), return_exceptions=True)

    assert [type(answer) for answer in answers] == [ConnectionError, ConnectionError]


async def test_who_gives_up_takes_no_answer_from_others() -> None:
    """A cancelled caller leaves the shared statement alone."""
    reader = CountingReader({b"a": "A"})
    impatient = asyncio.ensure_future(reader.look_up(QUERY, b"a"))
    patient = asyncio.ensure_future(reader.look_up(QUERY, b"a"))
    await asyncio.sleep(0)

    impatient.cancel()

    answer: object = await patient
    assert answer == (b"a", "A")
    with pytest.raises(asyncio.CancelledError):
        await impatient
