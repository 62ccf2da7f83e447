"""`python -m benchmarks [NAME…] [--short]`: run all benchmarks, or some; exit 1 where a book does not check."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import uvloop
from rich.console import Console

from benchmarks.catalogue import BENCHMARKS
from benchmarks.harness import FULL, SHORT, Bench, BookDiffers, Scale, keep, open_bench, show

ROUNDS: Final = "SCRIP_BENCHMARK_ROUNDS"


def main() -> int:
    """Run what the command line asks for."""
    arguments = _parse()
    # Unwound like Ctrl-C, so that no server stays behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console()
    scale = SHORT if arguments.short else _full_scale()
    results = []
    for name, bench in _benches(arguments.names or BENCHMARKS, scale, console):
        console.print(f"[bold]{name}[/]: {BENCHMARKS[name].what}")
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


def _benches(names: Iterable[str], scale: Scale, console: Console) -> Iterator[tuple[str, Bench]]:
    """A bench for each benchmark, on a server of its own; short forms share one server, of which starting takes longest."""
    open_one = partial(open_bench, var=Path(os.environ.get("SCRIP_VAR", "var")), scale=scale, console=console)
    if not scale.short:
        for name in names:
            with open_one() as bench:
                yield name, bench
        return
    with open_one() as shared:
        for name in names:
            folder = shared.folder / name
            folder.mkdir()
            yield name, replace(shared, folder=folder)


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
    parser.add_argument("names", nargs="*", metavar="name", help="one of those below; all without it")
    parser.add_argument("--short", action="store_true", help="only see whether it works; keeps no figures")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in BENCHMARKS:
            parser.error(f"no benchmark is called {name}; --help names them")
    return arguments
