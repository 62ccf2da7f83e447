"""How commands print: plain lines and JSON on standard output, so that both can be piped."""

import io
import json
import os
import sys
from codecs import lookup
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from graphql_api.processes.named_file import NamedFile

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Output(NamedFile):
    """Standard output whose reader may leave: what is left is written to nobody, and the command ends as it would have.

    What cannot be written for another reason, as on a full disk, is an error once; the rest is written to nobody too.
    """

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            self._lead_nowhere()
            return super().write(data)
        except OSError:
            self._lead_nowhere()
            raise

    def _lead_nowhere(self) -> None:
        nobody = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nobody, self.fileno())
        os.close(nobody)


def outlive_readers() -> None:
    """From here on `scrip statement 1 | head` is no error, and `scrip check | head -1` ends with the code of the check.

    What the terminal's encoding lacks is written by its number.
    """
    before = sys.stdout
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Output(before.fileno(), "standard output", closefd=False)),
        encoding=before.encoding,
        errors="backslashreplace" if before.errors == "strict" else before.errors,
        line_buffering=before.isatty(),
    )


@contextmanager
def written_to_the_end() -> Iterator[None]:
    """Write all that was printed before the block ends, so that OSError is raised here and not when Python ends; what
    else failed goes before it.
    """
    try:
        yield
    except SystemExit:
        sys.stdout.flush()
        raise
    except (Exception, KeyboardInterrupt):
        with suppress(OSError):
            sys.stdout.flush()
        raise
    sys.stdout.flush()


def stand_in_for_closed_streams() -> None:
    """What a shell has closed (`scrip check >&-`) is read and written as nothing from here on, as by `/dev/null`.

    Otherwise the next file or connection that is opened would take its place, and be written to.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # The lowest number that is free, which is the closed one's.
            descriptor = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8", closefd=False))


def print_line(text: str) -> None:
    """Print one line."""
    sys.stdout.write(f"{text}\n")


def print_news(text: str) -> None:
    """Print one line at once, also into a pipe or a file that somebody watches."""
    print_line(text)
    sys.stdout.flush()


def print_json(value: Mapping[str, object]) -> None:
    """Print one JSON object on one line; where not every text can be written, with JSON's own escapes."""
    print_line(json.dumps(value, ensure_ascii=lookup(sys.stdout.encoding).name != "utf-8"))
