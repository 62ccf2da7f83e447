"""`scrip audit` as an auditor meets it."""

import json
from pathlib import Path

from audit.bundle import pack
from audit.drill import FORGERIES
from audit.drill_log import KEY, sample_log
from audit.sealed_bundle import read_key, seal_bundle
from tests.command_line import run_scrip
from tests.shell import in_shell


def test_a_bundle_is_opened_and_verified_without_any_setting(tmp_path: Path) -> None:
    """Key, sealed bundle, bundle, verdict; the private key is for its owner only and never overwritten."""
    key, sealed, opened, policy = (tmp_path / name for name in ("auditor.key", "sealed", "bundle", "policy"))
    public = run_scrip("audit", "auditor-key", key)
    sealed.write_bytes(seal_bundle(pack(sample_log().bundle()), read_key(public.stdout)))
    policy.write_text(f"log {KEY.verifier}\n")

    unopened = run_scrip("audit", "verify", sealed, "--policy", policy)
    done = run_scrip("audit", "open", sealed, "--key", key, "-o", opened)
    verified = run_scrip("audit", "verify", opened, "--policy", policy, "--json")
    again = run_scrip("audit", "auditor-key", key)

    assert {path.stat().st_mode & 0o777 for path in (key, opened)} == {0o600}
    assert (unopened.returncode, done.returncode, verified.returncode, again.returncode) == (2, 0, 0, 2)
    assert "it is sealed" in unopened.stderr
    assert json.loads(verified.stdout)["clean"] is True


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    """The key that is none, or the bundle; nothing is written."""
    key, other, none, sealed, opened = (tmp_path / name for name in ("a.key", "b.key", "none", "sealed", "bundle"))
    public = run_scrip("audit", "auditor-key", key)
    run_scrip("audit", "auditor-key", other)
    sealed.write_bytes(seal_bundle(b"bundle", read_key(public.stdout)))
    none.write_bytes(b"\xff\x00")
    told = {
        (sealed, none): f"{none}: a key for sealing is 32 bytes in base64",
        (sealed, other): f"{sealed}: it was altered, or sealed to another key",
        (none, key): f"{none}: this is no sealed audit bundle",
        (sealed, Path("/dev/zero")): "File too large: /dev/zero",
    }

    for (bundle, private), words in told.items():
        done = run_scrip("audit", "open", bundle, "--key", private, "-o", opened)
        assert (done.returncode, done.stderr) == (2, f"scrip: {words}.\n")

    assert not opened.exists()


def test_an_opened_bundle_is_whole_or_not_there(tmp_path: Path) -> None:
    """A disk without room for it is named, as that of an export."""
    key, sealed, opened = (tmp_path / name for name in ("auditor.key", "sealed", "bundle"))
    public = run_scrip("audit", "auditor-key", key)
    sealed.write_bytes(seal_bundle(bytes(10_000), read_key(public.stdout)))

    ended = in_shell(f"ulimit -f 4; scrip audit open {sealed} --key {key} -o {opened}")

    assert (ended.returncode, ended.stderr) == (2, f"scrip: File too large: {opened}.\n")
    assert not opened.exists()


def test_a_verifier_is_whole_or_not_there(tmp_path: Path) -> None:
    """A disk without room for it is named; what is no file stays."""
    half = tmp_path / "v.pyz"

    ended = in_shell(f"ulimit -f 4; scrip audit verifier -o {half}")
    full = run_scrip("audit", "verifier", "-o", "/dev/full")

    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", f"scrip: File too large: {half}.\n")
    assert not half.exists()
    assert (full.returncode, full.stderr) == (2, "scrip: No space left on device: /dev/full.\n")
    assert Path("/dev/full").is_char_device()


def test_nothing_is_exported_that_could_not_be_written(tmp_path: Path) -> None:
    """A file that is there is found before anything is made and recorded, and an export that fails leaves none."""
    there, new = tmp_path / "there", tmp_path / "new"
    there.write_text("something")
    nowhere = {"SCRIP_DATABASE_URL": "postgresql://scrip@127.0.0.1:1/scrip", "SCRIP_VAR": str(tmp_path)}

    taken, failed = (run_scrip("audit", "export", "id", "-o", path, **nowhere) for path in (there, new))

    assert (taken.returncode, taken.stderr) == (2, f"scrip: {there} is there already; name another file.\n")
    assert (failed.returncode, new.exists()) == (2, False)
    assert there.read_text() == "something"


def test_the_drill_shows_every_forgery_caught() -> None:
    """One JSON object each, exit code 0."""
    done = run_scrip("audit", "drill", "--json")

    shown = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert len(shown) == len(FORGERIES)
    assert all(one["caught"] and one["caughtBy"] in one["fails"] for one in shown)
