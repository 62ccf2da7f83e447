"""Commands run whole, from the start of their process to its end."""

import subprocess

from tests.databases import ROOT
from tests.shell import SCRIP, environment


def scrip(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `scrip` in a process of its own, where how that starts is part of the rule."""
    return subprocess.run(
        [*SCRIP, *words],
        env=environment(**environ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
