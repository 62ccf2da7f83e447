"""Tiers as a text table: every window, promotion, demotion and grace, in two zones."""

from pathlib import Path

import pytest

from tests.vectors.script import Case, cases
from tests.vectors.tier_script import TierScript

CASES = list(cases(Path(__file__).with_name("tiers.txt")))


@pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])
def test_members_stand_where_the_table_says(case: Case) -> None:
    """Each line leaves the member on the level that it names."""
    TierScript().run(case)
