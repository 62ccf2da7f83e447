"""`deploy/make-secrets.sh` makes all of the secrets or none; Docker, and the owners that only root gives, are played."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.databases import ROOT

SCRIPT = ROOT / "deploy" / "make-secrets.sh"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder of programs that are found first."""
    folder = tmp_path / "programs"
    folder.mkdir()
    _play(folder, "chown", "exit 0")
    return folder


def _play(programs: Path, name: str, script: str) -> None:
    program = programs / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def _make(programs: Path, where: Path) -> int:
    path = f"{programs}:{os.environ['PATH']}"
    return subprocess.run([SCRIPT], cwd=where, env={"PATH": path}, capture_output=True, check=False).returncode


def test_what_fails_leaves_no_secrets(programs: Path, tmp_path: Path) -> None:
    """As where a variable of compose.yaml is missing: otherwise the next run would do nothing, beside an empty key."""
    where = tmp_path / "compose"
    where.mkdir()
    _play(programs, "docker", "exit 125")
    failed, left = _make(programs, where), list(where.iterdir())
    _play(programs, "docker", "echo PRIVATE+KEY")

    done = _make(programs, where)

    assert (failed, left, done) == (125, [], 0)
    assert (where / "secrets" / "log.key").read_text() == "PRIVATE+KEY\n"
    assert {path.stat().st_mode & 0o077 for path in where.rglob("*")} == {0}


def test_secrets_that_are_there_stay(programs: Path, tmp_path: Path) -> None:
    """A second run changes nothing, as a new root key would make all that is sealed unreadable."""
    kept = tmp_path / "secrets" / "root.key"
    kept.parent.mkdir()
    kept.write_text("key")
    _play(programs, "docker", "echo PRIVATE+KEY")

    assert _make(programs, tmp_path) != 0
    assert [path.name for path in kept.parent.iterdir()] == ["root.key"]
    assert kept.read_text() == "key"
