"""`python -m benchmarks [NAME] [--short]`: run all benchmarks, or one; exit 1 where a book does not check."""

from __future__ import annotations

import argparse
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Final

import uvloop
from rich.console import Console

from benchmarks.catalogue import BENCHMARKS
from benchmarks.harness import FULL, SHORT, BookDiffers, Scale, keep, open_bench, show

ROUNDS: Final = "SCRIP_BENCHMARK_ROUNDS"


def main() -> int:
    """Run what the command line asks for."""
    arguments = _parse()
    # Unwound like Ctrl-C, so that no server stays behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console()
    scale = SHORT if arguments.short else _full_scale()
    results = []
    for name in [arguments.name] if arguments.name else BENCHMARKS:
        console.print(f"[bold]{name}[/]: {BENCHMARKS[name].what}")
        with open_bench(var=Path(os.environ.get("SCRIP_VAR", "var")), scale=scale, console=console) as bench:
            try:
                measured = uvloop.run(BENCHMARKS[name].measure(bench))
            except BookDiffers as differences:
                console.print(f"{name}: scrip check found differences after it:\n{differences}", style="red")
                return 1
        if not scale.short:
            keep(measured)
        results += measured
    show(results, console)
    return 0


def _full_scale() -> Scale:
    rounds = os.environ.get(ROUNDS)
    return FULL if rounds is None else replace(FULL, rounds=int(rounds))


def _parse() -> argparse.Namespace:
    listing = "\n".join(f"  {name}: {benchmark.what}" for name, benchmark in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure Scrip beside plain baselines on the same server.",
        epilog=f"benchmarks:\n{listing}\n\n{ROUNDS}=N measures N rounds instead of {FULL.rounds}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", choices=list(BENCHMARKS), help="one of those below; all without it")
    parser.add_argument("--short", action="store_true", help="only see whether it works; keeps no figures")
    return parser.parse_args()
