"""What these tests share."""

from tests.bank import bank

__all__ = ["bank"]
