"""The verifier as a command, the same in `scrip audit verify` and in `scrip-audit-verify.pyz`.

Exit codes: 0 everything that was asked for holds, 1 something fails, 2 the bundle or the policy cannot be read.
"""

import argparse
import errno
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from audit import bundle
from audit.bundle import BundleUnreadable, Files
from audit.checkpoint import VerifiedCheckpoint, parse_checkpoint, verify_checkpoint
from audit.note import NoteRefused, parse_note
from audit.policy import Policy, PolicyRefused, parse_policy
from audit.side_by_side import ReaderDied, processors, reading_in
from audit.verdict import Verdict, harmless
from audit.verify import verify_bundle

FAILED: Final = 1
UNREADABLE: Final = 2
MANY_ENTRY_BYTES: Final = 16 * 2**20
"""From here on it pays to read entries in several processes."""
PROCESSES_MAX: Final = 64
TEXT_BYTES_MAX: Final = 4 * 2**20
"""More than any policy or checkpoint has."""
_READ_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be verified, by which policy, against which checkpoints seen before; and how the answer is printed.

    processes: how many read entries; None = as many as there are processors, where the bundle is large
    """

    bundle: Path
    policy: Path
    seen: Sequence[Path] = ()
    processes: int | None = None
    as_json: bool = False


def main(arguments: Sequence[str], now: datetime) -> int:
    """Runs the command line and returns the exit code."""
    parser = argparse.ArgumentParser(prog="scrip-audit-verify", description="Verify an audit bundle, offline.")
    parser.add_argument("bundle", type=Path, help="the bundle")
    parser.add_argument("--policy", type=Path, required=True, help="the pinned key of the log, and how old it may be")
    parser.add_argument(
        "--seen", type=Path, action="append", default=[], help="a checkpoint kept from before; repeat it"
    )
    parser.add_argument(
        "--processes",
        type=int,
        choices=range(1, PROCESSES_MAX + 1),
        metavar="N",
        help="read entries in so many processes; by default one for each processor, where the bundle is large",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    asked = Request(
        bundle=given.bundle,
        policy=given.policy,
        seen=given.seen,
        processes=given.processes,
        as_json=given.json,
    )
    try:
        return answer(asked, now)
    except OSError as error:
        sys.stderr.write(f"cannot write the verdict: {error}\n")
        # What could not be written would be tried again at the end, and that failure would have another exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREADABLE


def judge(request: Request, now: datetime) -> Verdict:
    """The verdict. BundleUnreadable, PolicyRefused, ReaderDied, OSError or UnicodeDecodeError where something
    cannot be read.
    """
    policy = parse_policy(read_bounded(request.policy, TEXT_BYTES_MAX).decode("utf-8"))
    seen = [_checkpoint(path, policy) for path in request.seen]
    files = bundle.unpack(read_bounded(request.bundle, bundle.UNPACKED_BYTES_MAX))
    with reading_in(request.processes or processes_for(files)) as map_pieces:
        return verify_bundle(files, policy, seen, now, map_pieces)


def answer(request: Request, now: datetime) -> int:
    """Prints the verdict and returns the exit code."""
    try:
        verdict = judge(request, now)
    except (BundleUnreadable, PolicyRefused, ReaderDied) as error:
        return _give_up(request, error.code, f"{type(error).__name__}: {error}")
    except (OSError, UnicodeDecodeError) as error:
        return _give_up(request, "FILE_UNREADABLE", f"{type(error).__name__}: {error}")
    except MemoryError:
        return _give_up(request, "OUT_OF_MEMORY", "there is not enough memory for this bundle")
    _write(json.dumps(verdict.as_json()) if request.as_json else verdict.as_text().rstrip("\n"))
    return 0 if verdict.is_clean else FAILED


def _give_up(request: Request, code: str, what: str) -> int:
    if request.as_json:
        _write(json.dumps({"code": code, "error": what}))
    else:
        sys.stderr.write(f"cannot verify: {harmless(what)}\n")
    return UNREADABLE


def read_bounded(path: Path, bytes_max: int) -> bytes:
    """The file; OSError where it is longer. Counts as it reads: a pipe or a device does not say how much will come."""
    chunks: list[bytes] = []
    length = 0
    with path.open("rb") as file:
        while chunk := file.read(min(_READ_BYTES, bytes_max + 1 - length)):
            chunks.append(chunk)
            length += len(chunk)
    if length > bytes_max:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return b"".join(chunks)


def _checkpoint(path: Path, policy: Policy) -> VerifiedCheckpoint:
    text = read_bounded(path, TEXT_BYTES_MAX).decode("utf-8")
    try:
        note = parse_note(text)
        return verify_checkpoint(text, policy.key_for(note, parse_checkpoint(note.text).size))
    except NoteRefused as error:
        raise PolicyRefused(f"{path}, seen before: {error}") from None


def processes_for(files: Files) -> int:
    """How many processes read the bundle unless somebody says otherwise: one where it is not worth starting more."""
    return processors() if len(files[bundle.ENTRIES]) >= MANY_ENTRY_BYTES else 1


def _write(text: str) -> None:
    # Closed standard output is None here, of which `print` makes nothing; the exit code tells the verdict.
    print(text, flush=True)  # noqa: T201
