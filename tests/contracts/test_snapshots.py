"""What is written from the code is committed as the code says it."""

import pytest

from tests.contracts.snapshots import SNAPSHOTS
from tests.databases import ROOT


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_the_committed_file_is_current(name: str) -> None:
    """`make schema` would change nothing."""
    assert (ROOT / name).read_text(encoding="utf-8") == SNAPSHOTS[name](), "run make schema"
