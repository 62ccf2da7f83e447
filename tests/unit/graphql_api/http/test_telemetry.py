"""Logs and metrics: their form, and that several processes make one page."""

import json
import os
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from graphql_api.errors import describe_exception
from graphql_api.http.logs import request_id_from

WRITES = """
from prometheus_client import CollectorRegistry
from graphql_api.http.metrics import HttpMetrics
from graphql_api.request_record import RequestRecord

metrics = HttpMetrics(CollectorRegistry())
record = RequestRecord(request_id="r", route="/graphql", kind="query", status=200, cost=3)
record.refused("FORBIDDEN")
metrics.observe(record, 0.01)
print(metrics.page().decode())
"""

LIBRARY_LOGS = """
import asyncio
import logging
from graphql_api.http.logs import configure_logs

configure_logs(level="warning")
try:
    raise ConnectionRefusedError("Ada Lovelace")
except ConnectionRefusedError:
    logging.getLogger("asyncpg.pool").exception("no connection for %s", "Ada Lovelace")

def fail(name):
    raise OSError(name)

async def fail_unheard(name):
    raise ValueError(name)

async def forget():
    asyncio.create_task(fail_unheard("Ada Lovelace"), name="Ada Lovelace")
    asyncio.get_running_loop().call_soon(fail, "Ada Lovelace")
    await asyncio.sleep(0.01)

asyncio.run(forget())
"""

LOGS = """
import structlog
from graphql_api.errors import log_bug
from graphql_api.http.logs import configure_logs

configure_logs(level="warning")
structlog.get_logger().info("too quiet")
try:
    raise ValueError("Ada Lovelace")
except ValueError as error:
    log_bug(error, "wallet")
"""

REFUSED = """
import structlog
from graphql_api.http.logs import configure_logs
from graphql_api.request_record import RequestRecord
from ledger.book.refusal import RefusalCode

configure_logs(level="info")
record = RequestRecord(request_id="r")
for _ in range(2):
    record.refused(RefusalCode.OUT_OF_STOCK)
structlog.get_logger().info("request", refusals=record.refusals)
"""


def run(code: str, **environment: str) -> str:
    """What a fresh process prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_several_processes_make_one_page(tmp_path: Path) -> None:
    """With a shared directory the page sums over processes, also ended ones."""
    pages = [run(WRITES, PROMETHEUS_MULTIPROC_DIR=str(tmp_path)) for _ in range(3)]

    assert 'scrip_http_requests_total{kind="query",route="/graphql",status="200"} 3.0' in pages[-1]
    assert 'scrip_refusals_total{code="FORBIDDEN"} 3.0' in pages[-1]
    assert "scrip_graphql_cost_total 9.0" in pages[-1]


def test_logs_are_json_lines_above_their_level() -> None:
    """One object a line, with level and time; a bug without its message."""
    (line,) = run(LOGS).splitlines()

    logged = json.loads(line)
    assert (logged["event"], logged["level"], logged["where"]) == ("bug", "error", "wallet")
    assert logged["error"] == "builtins.ValueError"
    assert logged["timestamp"].endswith("Z")
    assert "Ada" not in line


def test_a_refused_request_is_one_line_with_its_codes() -> None:
    """The ledger's codes are members of an enum, which JSON takes for no key: the line, and the connection, were lost."""
    line = json.loads(run(REFUSED))

    assert line["refusals"] == {"OUT_OF_STOCK": 2}


def test_what_a_library_logs_is_one_line_too() -> None:
    """Neither its traceback nor its values reach the log, though asyncio writes some into its words."""
    lines = run(LIBRARY_LOGS).splitlines()

    logged = [json.loads(line) for line in lines]
    assert [(each["logger"], each["said"], each["error"]) for each in logged] == [
        ("asyncpg.pool", "no connection for %s", "builtins.ConnectionRefusedError"),
        ("asyncio", "Task exception was never retrieved", "builtins.ValueError"),
        ("asyncio", "Exception in callback fail", "builtins.OSError"),
    ]
    assert "Ada" not in "".join(lines)


def test_a_described_exception_keeps_the_rule_and_drops_the_row() -> None:
    """PostgreSQL's code and constraint name rules; its message quotes values."""

    class UniqueViolation(Exception):
        sqlstate = "23505"
        constraint_name = "members_external_id_unique"
        detail = "Key (external_id)=(ada) already exists."

    described = describe_exception(UniqueViolation("Key (external_id)=(ada) already exists."))

    assert (described["sqlstate"], described["constraint_name"]) == ("23505", "members_external_id_unique")
    assert "ada" not in str(described)


@given(st.binary(max_size=100))
def test_a_request_id_is_always_plain(header: bytes) -> None:
    """Whatever a caller sends, the id fits a header, a log line and a file name."""
    taken = request_id_from(header)

    assert 1 <= len(taken) <= 64
    assert all(character.isascii() and (character.isalnum() or character in "._-") for character in taken)
