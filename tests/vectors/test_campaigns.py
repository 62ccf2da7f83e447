"""Every case of `campaigns.txt`, on the kernel and decider without a database."""

from pathlib import Path

import pytest

from tests.vectors.campaign_script import CampaignScript
from tests.vectors.script import Case, cases

CASES = tuple(cases(Path(__file__).parent / "campaigns.txt"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_case(case: Case) -> None:
    """The case comes out as it is written."""
    CampaignScript().run(case)
