"""`scrip` in a process of its own that need not start: it is forked from one that has imported the product.

Starting takes most of a second of the processor, what most commands do a tenth of that. How a whole process starts is
what `test_cli.py` and `tests/e2e/` show.
"""

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any, Final, NoReturn

from tests.databases import ROOT
from tests.shell import environment

IMPORTED: Final = ("graphql_api.bootstrap", "graphql_api.processes.cli.commands", "ledger.reports.check")
SECONDS_MAX: Final = 120
"""After which a command is ended by a signal."""


def run_scrip(*words: object, **environ: str) -> "subprocess.CompletedProcess[str]":
    """The command, ended. Of the settings in the environment it sees only these."""
    return _nursery().run([str(word) for word in words], environ)


class _Nursery:
    """The process that has imported the product, and runs one command at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.command_line"],
            env=environment(),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, words: list[str], environ: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        """Forks it for the command and waits."""
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None
        assert told is not None
        with self._lock, tempfile.TemporaryDirectory() as folder:
            files = {name: str(Path(folder, name)) for name in ("stdout", "stderr")}
            asked.write(json.dumps({"words": words, "environ": environ, **files}) + "\n")
            asked.flush()
            code = int(told.readline())
            printed = {name: Path(path).read_text(encoding="utf-8") for name, path in files.items()}
        return subprocess.CompletedProcess(words, code, **printed)

    def close(self) -> None:
        """Ends it."""
        self._process.communicate()


@cache
def _nursery() -> _Nursery:
    nursery = _Nursery()
    atexit.register(nursery.close)
    return nursery


def _serve() -> None:
    """Forks for each line of standard input and answers with the exit code, as `subprocess` has it."""
    for module in IMPORTED:
        import_module(module)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


def _become(request: Mapping[str, Any]) -> NoReturn:
    """Runs the command as if this process had been started for it, to the interpreter's own end."""
    from graphql_api.processes.cli import main

    opened = [os.open(os.devnull, os.O_RDONLY)]
    opened += [os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) for name in ("stdout", "stderr")]
    for number, descriptor in enumerate(opened):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.update(request["environ"])
    sys.argv = ["scrip", *request["words"]]
    signal.alarm(SECONDS_MAX)
    main()
    raise AssertionError("the command line ends its process")


if __name__ == "__main__":
    _serve()
