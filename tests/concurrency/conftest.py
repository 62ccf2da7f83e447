"""What the races share."""

from collections.abc import Iterator

import pytest

from tests.concurrency.racers import Racers, running_racers
from tests.fixtures_application import application, settings
from tests.points_world import world

__all__ = ["application", "settings", "world"]


@pytest.fixture(scope="package")
def racers() -> Iterator[Racers]:
    """Three processes, waiting for commands."""
    with running_racers() as running:
        yield running
