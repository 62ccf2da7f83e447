"""Every benchmark still runs, in its short form."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.catalogue import BENCHMARKS
from tests.databases import spare_folder

GROUPS = 3
"""Processes that share the work: each starts a server once, for all of its benchmarks."""
NAMES = list(BENCHMARKS)


@pytest.mark.bench
@pytest.mark.parametrize("names", [NAMES[number::GROUPS] for number in range(GROUPS)], ids=" ".join)
def test_the_short_forms_run(names: Sequence[str]) -> None:
    """They end well, with a clean book after each, print a table and keep no figures."""
    results = Path("benchmarks/results")
    before = sorted(results.glob("*")) if results.exists() else []

    with spare_folder() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks", *names, "--short"],
            env={"SCRIP_VAR": str(folder), "PATH": "/usr/bin:/bin", "HOME": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stdout + done.stderr
    assert all(f"{name}: {BENCHMARKS[name].what[:20]}" in done.stdout for name in names)
    assert "ratio" in done.stdout
    assert (sorted(results.glob("*")) if results.exists() else []) == before
