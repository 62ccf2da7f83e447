"""What the schema's tests share: a bank, and callers of every role who ask it."""

from tests.bank import bank
from tests.fixtures_application import application, settings
from tests.integration.graphql.counter import counter
from tests.integration.graphql.desk import desk
from tests.integration.graphql.people import people

__all__ = ["application", "bank", "counter", "desk", "people", "settings"]
