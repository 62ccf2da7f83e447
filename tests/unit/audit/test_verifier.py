"""The verifier as a command and as one file: the same answers, with nothing installed."""

import ast
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from audit import bundle, entries, verifier
from audit.drill import FORGERIES, SEEN_AT, honest_case
from audit.drill_log import KEY, sample_log
from audit.entry_reading import Found, Piece
from audit.side_by_side import processors
from audit.verifier import Request, answer, processes_for
from audit.verifier_file import MODULES, build_verifier

NOW = sample_log().signed_at + timedelta(hours=1)


@pytest.fixture
def request_of(tmp_path: Path) -> Request:
    """Return a request to verify the drill's log, in files."""
    log = sample_log()
    (tmp_path / "policy").write_text(f"log {KEY.verifier}\nmax-age-hours 48\n")
    (tmp_path / "seen").write_text(log.checkpoint(SEEN_AT))
    (tmp_path / "bundle").write_bytes(bundle.pack(honest_case(log).files))
    return Request(bundle=tmp_path / "bundle", policy=tmp_path / "policy", seen=[tmp_path / "seen"])


def test_an_honest_bundle_exits_with_0(request_of: Request, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each question, and nothing on standard error."""
    assert answer(request_of, NOW) == 0

    printed = capsys.readouterr()
    assert printed.err == ""
    assert len(printed.out.splitlines()) == 9
    assert "history       holds      it continues 1 seen before" in printed.out


def test_a_forged_bundle_exits_with_1(request_of: Request, capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON each question has its answer and what was found."""
    forged = FORGERIES[0].forge(sample_log())
    request_of.bundle.write_bytes(bundle.pack(forged.files))
    asked = Request(bundle=request_of.bundle, policy=request_of.policy, seen=request_of.seen, as_json=True)

    assert answer(asked, NOW) == 1

    found = json.loads(capsys.readouterr().out)
    assert found["clean"] is False
    assert found["questions"]["integrity"]["answer"] == "fails"
    assert found["questions"]["authenticity"]["answer"] == "holds"


@pytest.mark.parametrize("name", ["bundle", "policy", "seen"])
@pytest.mark.parametrize("data", [b"", b"\xff", b"nonsense", bundle.SEALED_HEADER + b"x" * 90])
def test_what_cannot_be_read_exits_with_2(
    request_of: Request, name: str, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line on standard error, no traceback; a file that is missing is no other case."""
    path = request_of.bundle.with_name(name)
    path.write_bytes(data)
    assert answer(request_of, NOW) == 2
    path.unlink()
    assert answer(request_of, NOW) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("cannot verify: ") == 2


def test_a_bundle_cannot_write_over_the_verdict(request_of: Request, capsys: pytest.CaptureFixture[str]) -> None:
    """What is quoted of a forged bundle moves no cursor, and half a character stops nobody from answering."""
    forged = {**honest_case(sample_log()).files}
    forged[bundle.PARTS] += b'{"event":"\\u001b[2J\\r","name":"\\ud800","sealed":""}\n'
    forged[bundle.MANIFEST] = forged[bundle.MANIFEST].replace(b"staff:ada", b"staff:\\ud800")
    request_of.bundle.write_bytes(bundle.pack(forged))

    assert answer(request_of, NOW) == 1
    assert "  - part \\ud800 of \\x1b[2J\\r: no entry names it" in capsys.readouterr().out
    assert answer(replace(request_of, as_json=True), NOW) == 1


def test_a_large_bundle_is_read_in_several_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """One for each processor; a small one is read in this process."""
    small = honest_case(sample_log()).files
    assert processes_for(small) == 1

    monkeypatch.setattr(verifier, "MANY_ENTRY_BYTES", 0)
    assert processes_for(small) == processors()


@pytest.mark.parametrize("forged", [True, False])
def test_several_processes_answer_as_one_does(
    request_of: Request, capsys: pytest.CaptureFixture[str], forged: bool
) -> None:
    """Word for word, also where something is wrong."""
    if forged:
        request_of.bundle.write_bytes(bundle.pack(FORGERIES[0].forge(sample_log()).files))

    codes = [answer(replace(request_of, processes=processes), NOW) for processes in (1, 2)]

    said = capsys.readouterr().out.splitlines()
    assert codes == [forged, forged]
    assert said[: len(said) // 2] == said[len(said) // 2 :]


def test_a_reader_that_dies_is_no_verdict(
    request_of: Request, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever kills a reading process gets neither a clean verdict nor a false one."""
    monkeypatch.setattr(entries, "read_piece", die)

    assert answer(replace(request_of, processes=2, as_json=True), NOW) == 2

    assert json.loads(capsys.readouterr().out)["code"] == "READER_DIED"


def die(_: Piece) -> Found:
    """End the process."""
    os._exit(0)


def test_a_bundle_that_would_fill_the_memory_is_not_unpacked(
    request_of: Request, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer is a code, and exit 2."""
    files = {**honest_case(sample_log()).files, bundle.CSV: bytes(64 * 2**20)}
    request_of.bundle.write_bytes(bundle.pack(files))

    assert answer(replace(request_of, as_json=True), NOW) == 2
    assert json.loads(capsys.readouterr().out)["code"] == "BUNDLE_TOO_LARGE"


@pytest.mark.parametrize("start_method", ["fork", "spawn"])
def test_one_file_reads_in_several_processes(request_of: Request, tmp_path: Path, start_method: str) -> None:
    """Also isolated, without site-packages, and where processes are started anew instead of forked."""
    path = tmp_path / "scrip-audit-verify.pyz"
    path.write_bytes(build_verifier())
    request_of.policy.write_text(f"log {KEY.verifier}\n")
    script = (
        f"import sys; sys.path.insert(0, {str(path)!r}); from datetime import datetime, UTC; "
        f"from audit import side_by_side, verifier; side_by_side.START_METHOD = {start_method!r}; "
        "sys.exit(verifier.main(sys.argv[1:], datetime.now(UTC)))"
    )
    command = [sys.executable, "-I", "-S", "-c", script, str(request_of.bundle)]

    found = subprocess.run(
        [*command, "--policy", str(request_of.policy), "--processes", "2", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.stderr == ""
    assert json.loads(found.stdout)["clean"] is True


def test_one_file_verifies_with_nothing_installed(request_of: Request, tmp_path: Path) -> None:
    """Isolated and without site-packages Python runs it; the bundle is old by now, which is the only thing that fails."""
    path = tmp_path / "scrip-audit-verify.pyz"
    path.write_bytes(build_verifier())
    command = [sys.executable, "-I", "-S", str(path), str(request_of.bundle), "--policy", str(request_of.policy)]
    strict = subprocess.run([*command, "--seen", str(request_of.seen[0])], capture_output=True, text=True, check=False)
    request_of.policy.write_text(f"log {KEY.verifier}\n")
    lax = subprocess.run([*command, "--json", "--processes", "2"], capture_output=True, text=True, check=False)

    assert strict.returncode == (0 if "freshness     holds" in strict.stdout else 1)
    assert strict.stderr == lax.stderr == ""
    assert lax.returncode == 0
    assert json.loads(lax.stdout)["clean"] is True


def test_the_file_is_the_same_wherever_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """So an auditor may compare it with the one that he built himself, in another year and on another system."""
    ours = build_verifier()

    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("sys.platform", "win32")

    assert build_verifier() == ours


def test_the_file_holds_what_the_verifier_imports() -> None:
    """Neither less nor more, and none of it imports what Python does not bring along."""
    wanted, found = ["verifier"], {"__init__"}
    while wanted:
        module = wanted.pop()
        if module in found:
            continue
        found.add(module)
        for name in _imports(module):
            assert name.split(".")[0] in sys.stdlib_module_names | {"audit"}, f"audit.{module} imports {name}"
            wanted.extend(name.split(".")[1:2] if name.startswith("audit.") else [])

    assert found == set(MODULES)


def _imports(module: str) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse((files("audit") / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "audit":
            names += [f"audit.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return names


@pytest.mark.parametrize("name", ["bundle", "policy", "seen"])
def test_what_never_ends_is_not_read_for_ever(
    request_of: Request, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A device says that it has no length; what comes is counted."""
    monkeypatch.setattr(bundle, "UNPACKED_BYTES_MAX", 2**20)
    path = request_of.bundle.with_name(name)
    path.unlink()
    path.symlink_to("/dev/zero")

    assert answer(replace(request_of, as_json=True), NOW) == 2
    assert json.loads(capsys.readouterr().out) == {
        "code": "FILE_UNREADABLE",
        "error": f"OSError: [Errno 27] File too large: '{path}'",
    }


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_verdict_that_cannot_be_written_is_none(request_of: Request, tmp_path: Path) -> None:
    """A full disk under standard output does not look as if something failed; who closed it goes by the exit code."""
    (tmp_path / "verify.pyz").write_bytes(build_verifier())
    script = f"{sys.executable} -I {tmp_path}/verify.pyz {request_of.bundle} --policy {tmp_path}/old"
    (tmp_path / "old").write_text(f"log {KEY.verifier}\n")

    full = subprocess.run(f"{script} >/dev/full", shell=True, capture_output=True, text=True, check=False)
    closed = subprocess.run(f"{script} >&-", shell=True, capture_output=True, text=True, check=False)

    assert (full.returncode, full.stderr) == (2, "cannot write the verdict: [Errno 28] No space left on device\n")
    assert (closed.returncode, closed.stderr) == (0, "")
