"""Every case of `points.txt`, on the kernel and decider without a database."""

from pathlib import Path

import pytest

from tests.vectors.script import Case, Script, cases

CASES = tuple(cases(Path(__file__).with_name("points.txt")))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_case(case: Case) -> None:
    """The case comes out as it is written."""
    Script().run(case)
