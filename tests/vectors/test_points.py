"""Every case of `points.txt` and `precedence.txt`, on the kernel and decider without a database."""

from pathlib import Path

import pytest

from tests.vectors.script import Case, Script, cases

FOLDER = Path(__file__).parent
CASES = tuple(case for name in ("points.txt", "precedence.txt") for case in cases(FOLDER / name))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_case(case: Case) -> None:
    """The case comes out as it is written."""
    Script().run(case)
