"""Appending: one statement whatever the number of events, and no key where nothing private is said."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from audit.act import Act
from audit.log import AuditLog

EVENT = Act(id=UUID(int=7), at=datetime(2026, 11, 22, tzinfo=UTC), type="spend", actor="member:1", client="member:1")


class Statements:
    """A transaction that remembers what it was asked to run."""

    def __init__(self) -> None:
        self.run_so_far: list[tuple[str, tuple[object, ...]]] = []

    async def run(self, sql: str, *arguments: object) -> object:
        """Remembers."""
        self.run_so_far.append((sql, arguments))
        return ()


async def test_many_events_are_one_statement() -> None:
    """And its parameters are one array for each column."""
    tx = Statements()

    await AuditLog(origin="test").append(tx, [EVENT._replace(id=UUID(int=number)) for number in range(64)])

    ((_, arguments),) = tx.run_so_far
    ids, resources, records = arguments
    assert ids == [UUID(int=number) for number in range(64)]
    assert resources == [None] * 64
    assert isinstance(records, list)
    assert len(records) == 64


async def test_no_event_is_no_statement() -> None:
    """An empty transaction costs nothing."""
    tx = Statements()

    await AuditLog(origin="test").append(tx, [])

    assert tx.run_so_far == []


@pytest.mark.parametrize("private", ["called twice", ""])
async def test_nothing_private_needs_no_key(private: str) -> None:
    """A log without a keyring records everything but what is private, so the hot path cannot fetch one."""
    log = AuditLog(origin="test")

    await log.append(Statements(), [EVENT])

    with pytest.raises(RuntimeError, match="nothing to seal it with"):
        await log.append(Statements(), [EVENT, EVENT._replace(private=private)])
