"""What these tests share: the bank."""

from tests.bank import bank

__all__ = ["bank"]
