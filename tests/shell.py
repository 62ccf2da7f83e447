"""Commands in processes of their own, started as a user starts them; `run_scrip` costs a tenth of it."""

import os
import subprocess
import sys
from typing import Final

from tests.databases import ROOT

SCRIP: Final = (sys.executable, "-m", "graphql_api.processes.cli")
"""The words with which a process of `scrip` begins."""


def environment(**settings: str) -> dict[str, str]:
    """This process's, of Scrip's settings with these only."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SCRIP_")} | settings


def in_shell(command: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """What is typed into a shell, ended; `scrip` is the command. Text that is no UTF-8 has surrogates (PEP 383)."""
    function = f'scrip() {{ {" ".join(SCRIP)} "$@"; }}\n{command}'
    return subprocess.run(
        os.fsencode(function),
        # What Python would keep of a module for the next time is cut off where files are limited (cpython#126606).
        env=environment(**settings, PYTHONDONTWRITEBYTECODE="1"),
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
