"""How commands print: plain lines and JSON on standard output, so that both can be piped."""

import json
import sys
from collections.abc import Mapping


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
