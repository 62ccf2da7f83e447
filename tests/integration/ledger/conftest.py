"""What the ledger's integration tests share."""

from tests.fixtures_application import application, settings
from tests.points_world import world

__all__ = ["application", "settings", "world"]
