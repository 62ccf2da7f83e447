"""Every case of `vouchers.txt`, on the kernel and decider without a database."""

from pathlib import Path

import pytest

from tests.vectors.script import Case, cases
from tests.vectors.voucher_script import VoucherScript

CASES = tuple(cases(Path(__file__).parent / "vouchers.txt"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_case(case: Case) -> None:
    """The case comes out as it is written."""
    VoucherScript().run(case)
