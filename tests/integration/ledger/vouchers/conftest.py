"""What these tests share: the bank, and a desk that makes templates and gives vouchers."""

import pytest

from tests.bank import Bank, bank
from tests.voucher_desk import VoucherDesk

__all__ = ["bank", "desk"]


@pytest.fixture
def desk(bank: Bank) -> VoucherDesk:
    """Templates and vouchers of the bank's programme."""
    return VoucherDesk(bank=bank)
