"""Servers of the HTTP benchmarks: all processes answer before load comes, and none stays behind."""

import pytest
from starlette.applications import Starlette

from benchmarks.cpu import with_descendants
from benchmarks.echo import create_echo_app
from benchmarks.http_load import Load, drive
from benchmarks.http_server import ServerNotUp, serve_app
from benchmarks.served_app import HOST

pytestmark = pytest.mark.bench
WORKERS = 2


class Greeting:
    """Every body is the same."""

    def __call__(self, number: int) -> bytes:
        """The n-th body."""
        return b'{"hello":"world"}'


async def test_every_process_listens_and_none_is_left() -> None:
    """The processes are up when the block begins, answer on one port, and are gone when it ends."""
    async with serve_app(create_echo_app, workers=WORKERS) as server:
        family = with_descendants(server.pids)
        load = Load(
            host=HOST,
            port=server.port,
            path="/graphql",
            bodies=Greeting(),
            expect=b"world",
            connections=8,
            seconds=0.2,
        )
        measured = await drive(load)

    assert len(server.pids) == WORKERS
    assert measured.operations > 8
    assert not any(process.is_running() for process in family)


async def test_a_server_that_ends_at_once_is_noticed() -> None:
    """An app that cannot be made is an error at once, not a wait for its port."""
    with pytest.raises(ServerNotUp):
        async with serve_app(create_nothing, workers=1):
            pass


def create_nothing() -> Starlette:
    """Fails."""
    raise OSError
