"""Every benchmark still runs, in its short form, against a server of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.catalogue import BENCHMARKS


@pytest.mark.bench
@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_short_form_runs(name: str, tmp_path: Path) -> None:
    """It ends well, `scrip check` included, prints a table and keeps no figures."""
    results = Path("benchmarks/results")
    before = sorted(results.glob("*")) if results.exists() else []

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", name, "--short"],
        env={"SCRIP_VAR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "ratio" in done.stdout
    assert (sorted(results.glob("*")) if results.exists() else []) == before
