"""The profile of the properties; see tests/property/conftest.py."""

from tests.property import conftest

__all__ = ["conftest"]
