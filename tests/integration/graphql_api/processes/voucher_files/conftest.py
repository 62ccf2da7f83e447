"""What these tests share: a bank with templates."""

from tests.bank import bank
from tests.fixtures_application import application, settings

__all__ = ["application", "bank", "settings"]
