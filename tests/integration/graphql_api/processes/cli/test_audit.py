"""`scrip audit` as an auditor meets it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from audit.bundle import pack
from audit.drill import FORGERIES
from audit.drill_log import KEY, sample_log
from audit.sealed_bundle import read_key, seal_bundle
from tests.databases import ROOT


def _scrip(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SCRIP_")}
    command = [sys.executable, "-m", "graphql_api.processes.cli", "audit", *map(str, words)]
    return subprocess.run(command, env=clean, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_a_bundle_is_opened_and_verified_without_any_setting(tmp_path: Path) -> None:
    """Key, sealed bundle, bundle, verdict; the private key is for its owner only and never overwritten."""
    key, sealed, opened, policy = (tmp_path / name for name in ("auditor.key", "sealed", "bundle", "policy"))
    public = _scrip("auditor-key", key)
    sealed.write_bytes(seal_bundle(pack(sample_log().bundle()), read_key(public.stdout)))
    policy.write_text(f"log {KEY.verifier}\n")

    unopened = _scrip("verify", sealed, "--policy", policy)
    done = _scrip("open", sealed, "--key", key, "-o", opened)
    verified = _scrip("verify", opened, "--policy", policy, "--json")
    again = _scrip("auditor-key", key)

    assert key.stat().st_mode & 0o777 == 0o600
    assert (unopened.returncode, done.returncode, verified.returncode, again.returncode) == (2, 0, 0, 2)
    assert "it is sealed" in unopened.stderr
    assert json.loads(verified.stdout)["clean"] is True


def test_the_drill_shows_every_forgery_caught() -> None:
    """One JSON object each, exit code 0."""
    done = _scrip("drill", "--json")

    shown = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert len(shown) == len(FORGERIES)
    assert all(one["caught"] and one["caughtBy"] in one["fails"] for one in shown)
