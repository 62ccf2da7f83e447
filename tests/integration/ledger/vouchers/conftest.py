"""What these tests share: the bank, and a desk that makes templates and gives vouchers."""

import pytest

from tests.bank import Bank, bank
from tests.voucher_desk import VoucherDesk
from tests.voucher_till import VoucherTill

__all__ = ["bank", "desk"]


@pytest.fixture
def desk(bank: Bank) -> VoucherDesk:
    """Templates and vouchers of the bank's programme."""
    return VoucherDesk(bank=bank)


@pytest.fixture
def till(bank: Bank, desk: VoucherDesk) -> VoucherTill:
    """The till of the bank's one merchant."""
    return VoucherTill(bank=bank, desk=desk, merchant_id=bank.merchant_id)
