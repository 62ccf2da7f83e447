"""What these tests share."""

from tests.fixtures_application import application, settings

__all__ = ["application", "settings"]
