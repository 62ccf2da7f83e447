"""The 61 audits of the npm package `graphql-http`, run by Node against a real server."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.http.serving import bearer, sample_app, served

HERE = Path(__file__).parent
AUDITS = 61

pytestmark = pytest.mark.node


async def run_audits(url: str) -> list[dict[str, str]]:
    """The results of every audit."""
    node = shutil.which("node")
    assert node, "the HTTP audits need Node; install it, or run `make test`, which leaves them out"
    assert (HERE / "node_modules").is_dir(), f"run `npm ci` in {HERE.name}/ first"
    process = await asyncio.create_subprocess_exec(
        node,
        str(HERE / "run.mjs"),
        f"{url}/graphql",
        bearer()["authorization"],
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return list(json.loads(output))


async def test_every_audit_passes() -> None:
    """The endpoint speaks GraphQL over HTTP as the specification says, in all 61 respects."""
    async with served(sample_app()) as url:
        results = await run_audits(url)

    failed = [f"{result['id']} {result['name']}: {result['reason']}" for result in results if result["status"] != "ok"]
    assert failed == []
    assert len(results) == AUDITS
