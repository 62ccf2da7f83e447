"""Logs of commands: standard output is the answer's."""

import subprocess
import sys

from tests.databases import ROOT

PROGRAM = """
import asyncio, logging, structlog
from graphql_api.processes.bulk import run_bulk

async def work():
    structlog.get_logger("any").warning("no connection for notices")
    try:
        raise ConnectionRefusedError
    except OSError:
        logging.getLogger("asyncpg.pool").warning("a connection is missing", exc_info=True)
    return "{}"

print(run_bulk(work))
"""


def test_a_database_that_is_lost_spoils_no_answer() -> None:
    """What is logged meanwhile goes to standard error, without the driver's tracebacks: JSON stays JSON."""
    ended = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)

    assert ended.stdout == "{}\n"
    assert "no connection for notices" in ended.stderr
    assert "Traceback" not in ended.stderr
