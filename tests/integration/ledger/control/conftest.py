"""What these tests share."""

from tests.bank import bank
from tests.integration.ledger.control.adjustments import member

__all__ = ["bank", "member"]
