"""The worker's part in the audit log: one worker sequences, another takes over, and a log set back is left alone."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from audit.merkle import root_of
from audit.rollback import LogRolledBack
from audit.static_files import StaticFiles
from audit.tree import TreeDamaged
from graphql_api.processes.log_rounds import ROUND_SECONDS_MAX, LogRounds
from graphql_api.processes.worker import run_worker
from graphql_api.processes.worker_metrics import LogMetrics
from graphql_api.setting_values import Environment
from graphql_api.settings import Settings, SettingsError
from tests.faults.proxy import Fault, Side, Way, fault_proxy
from tests.sequenced_log import KEY, Connection, assert_log_is_whole, connection, record_events

__all__ = ["connection"]


def rounds(
    url: str, *, known_at: str | None = None, folder: Path | None = None, round_s: float = ROUND_SECONDS_MAX
) -> LogRounds:
    """A worker's rounds with metrics of their own."""
    files = StaticFiles(folder) if folder else None
    metrics = LogMetrics(CollectorRegistry())
    return LogRounds(url=url, key=KEY, known_at=known_at, files=files, metrics=metrics, round_s=round_s)


async def forget(connection: Connection, size: int) -> None:
    """Set the log back to its first `size` entries, as a restored backup would; checkpoints too."""
    for table in ("tree", "leaves", "tiles", "checkpoints"):
        await connection.execute(f"ALTER TABLE audit.{table} DISABLE TRIGGER ALL")
    root = await connection.fetchval("SELECT note FROM audit.checkpoints WHERE size = $1", size)
    await connection.execute("DELETE FROM audit.checkpoints WHERE size > $1", size)
    await connection.execute("DELETE FROM audit.leaves WHERE index >= $1", size)
    await connection.execute(
        "UPDATE audit.tree SET size = $1, root = decode(split_part($2, E'\\n', 3), 'base64')", size, root
    )


@contextmanager
def web_server(text: str, status: int = 200) -> Iterator[str]:
    """A web server that says the same to everybody; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/checkpoint"
        server.shutdown()
        thread.join()


async def test_a_round_that_nobody_answers_is_given_up(connection: Connection, database_url: str) -> None:
    """A server that hangs closes nothing; the next round is asked on another connection."""
    async with fault_proxy(database_url) as proxy:
        log = rounds(proxy.url, round_s=0.3)
        await log.sequence()
        await record_events(connection, 3)

        proxy.arm(Fault(side=Side.BACKEND, message=2, way=Way.SILENCE))
        with pytest.raises(asyncpg.PostgresConnectionError):
            await asyncio.wait_for(log.sequence(), 10)
        await log.sequence()
        log.close()

    assert proxy.struck
    assert await connection.fetchval("SELECT size FROM audit.tree") == 3
    await assert_log_is_whole(connection)


async def test_one_worker_sequences_and_the_other_takes_over(connection: Connection, database_url: str) -> None:
    """The one that stands by does nothing until the first has gone."""
    first, second = rounds(database_url), rounds(database_url)
    await record_events(connection, 10)
    await first.sequence()
    await record_events(connection, 10)

    await second.sequence()
    assert await connection.fetchval("SELECT size FROM audit.tree") == 10

    first.close()
    async with asyncio.timeout(30):
        while await connection.fetchval("SELECT size FROM audit.tree") == 10:
            await second.sequence()
    second.close()
    await assert_log_is_whole(connection)


async def test_a_worker_goes_on_after_its_connection_broke(connection: Connection, database_url: str) -> None:
    """The failed round is told of, and the next one begins anew."""
    log = rounds(database_url)
    await log.sequence()
    await connection.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'scrip sequencer'"
        " AND datname = current_database()"
    )
    await record_events(connection, 3)

    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await log.sequence()
    await log.sequence()

    log.close()
    assert await connection.fetchval("SELECT size FROM audit.tree") == 3
    await assert_log_is_whole(connection)


REWRITE = """
UPDATE audit.events SET record = record || ' '::bytea WHERE id = (SELECT event_id FROM audit.leaves WHERE index = 3);
UPDATE audit.leaves SET hash = sha256('\\x00'::bytea || (SELECT record FROM audit.events WHERE id = event_id));
"""


async def test_a_worker_does_not_sign_what_it_has_not_signed_before(connection: Connection, database_url: str) -> None:
    """Set back, or rewritten with everything that follows from it, while the worker runs and with nothing kept
    elsewhere: it remembers what it signed, also over a new connection.
    """
    log = rounds(database_url)
    for _ in range(2):
        await record_events(connection, 5)
        await log.sequence()
    signed = await connection.fetchval("SELECT count(*) FROM audit.checkpoints")
    attempt = connection.transaction()
    await attempt.start()
    await forget(connection, 5)
    await attempt.commit()

    for where in ("this sequencer", "this worker"):
        with pytest.raises(LogRolledBack, match=f"{where} knows 10 entries of this log, and the database has 5"):
            await log.sequence()
    log.close()
    assert await connection.fetchval("SELECT count(*) FROM audit.checkpoints") == signed - 1


async def test_a_worker_does_not_sign_another_past(connection: Connection, database_url: str) -> None:
    """The leaves and the root were made to fit a record that was changed."""
    log = rounds(database_url)
    await record_events(connection, 10)
    await log.sequence()
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(REWRITE)
    leaves = [row[0] for row in await connection.fetch("SELECT hash FROM audit.leaves ORDER BY index")]
    await connection.execute("UPDATE audit.tree SET root = $1", root_of(leaves))
    await connection.execute("SET session_replication_role = origin")
    await record_events(connection, 1)

    with pytest.raises(TreeDamaged):
        await log.sequence()
    with pytest.raises(LogRolledBack, match="the first 10 entries are not those that this worker knows"):
        await log.sequence()
    log.close()
    assert await connection.fetchval("SELECT max(size) FROM audit.checkpoints") == 10


async def test_a_log_behind_its_published_files_is_not_appended_to(
    connection: Connection, database_url: str, tmp_path: Path
) -> None:
    """The folder of static files is a memory of its own; nothing is signed and nothing published."""
    log = rounds(database_url, folder=tmp_path)
    for _ in range(2):
        await record_events(connection, 5)
        await log.sequence()
    await log.publish()
    log.close()
    await forget(connection, 5)
    published = StaticFiles(tmp_path).checkpoint()

    with pytest.raises(LogRolledBack, match="knows 10 entries of this log, and the database has 5"):
        await rounds(database_url, folder=tmp_path).open()
    with pytest.raises(LogRolledBack):
        await rounds(database_url, folder=tmp_path).sequence()

    assert await connection.fetchval("SELECT max(size) FROM audit.checkpoints") == 5
    assert StaticFiles(tmp_path).checkpoint() == published


async def test_a_log_behind_a_kept_checkpoint_is_not_appended_to(
    connection: Connection, database_url: str, tmp_path: Path
) -> None:
    """Kept in a file or at a URL; as long as the log continues it, all is well."""
    log = rounds(database_url)
    for _ in range(2):
        await record_events(connection, 5)
        await log.sequence()
    log.close()
    newest = await connection.fetchval("SELECT note FROM audit.checkpoints ORDER BY id DESC LIMIT 1")
    kept = tmp_path / "kept.checkpoint"
    kept.write_text(newest)

    with web_server(newest) as url:
        for where in (str(kept), url):
            healthy = rounds(database_url, known_at=where)
            await healthy.open()
            healthy.close()
        await forget(connection, 5)
        for where in (str(kept), url):
            with pytest.raises(LogRolledBack, match=f"{where} knows 10 entries"):
                await rounds(database_url, known_at=where).open()


async def test_a_kept_checkpoint_that_cannot_be_had_stops_a_log_with_entries(
    connection: Connection, database_url: str, tmp_path: Path
) -> None:
    """A new log may begin without the file; later its loss would hide that the log was set back."""
    missing = str(tmp_path / "missing")
    log = rounds(database_url, known_at=missing)
    await log.sequence()
    log.close()
    await record_events(connection, 1)
    log = rounds(database_url)
    await log.sequence()
    log.close()

    with pytest.raises(LogRolledBack, match="there is no checkpoint in"):
        await rounds(database_url, known_at=missing).open()
    with web_server("gone", 404) as url, pytest.raises(LogRolledBack, match="cannot be read"):
        await rounds(database_url, known_at=url).open()


def test_a_worker_in_production_knows_its_log_from_elsewhere() -> None:
    """With neither a folder nor a kept checkpoint it would sign whatever a restored database holds."""
    with pytest.raises(SettingsError, match="SCRIP_LOG_FOLDER and SCRIP_LOG_KNOWN_CHECKPOINT are missing"):
        run_worker(Settings(environment=Environment.PRODUCTION))
