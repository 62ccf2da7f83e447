"""How commands print: plain lines and JSON on standard output, so that both can be piped."""

import json
import os
import sys
from collections.abc import Mapping


def stand_in_for_closed_streams() -> None:
    """What a shell has closed (`scrip check >&-`) is read and written as nothing from here on, as by `/dev/null`.

    Otherwise the next file or connection that is opened would take its place, and be written to.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # The lowest number that is free, which is the closed one's.
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def print_line(text: str) -> None:
    """Print one line."""
    sys.stdout.write(f"{text}\n")


def print_news(text: str) -> None:
    """Print one line at once, also into a pipe or a file that somebody watches."""
    print_line(text)
    sys.stdout.flush()


def print_json(value: Mapping[str, object]) -> None:
    """Print one JSON object on one line."""
    print_line(json.dumps(value, ensure_ascii=False))
