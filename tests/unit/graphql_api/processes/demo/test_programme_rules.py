"""Until when the order of everybody's baskets matters."""

from datetime import UTC, datetime

from graphql_api.processes.demo.programme_rules import budgets_end
from graphql_api.processes.programme_file.read import read_file, read_text
from tests.databases import ROOT
from tests.unit.graphql_api.processes.programme_file.test_read import FILE


def test_the_last_budget_ends_the_order() -> None:
    """A day is left for every zone: in the example winter ends in March."""
    assert budgets_end(read_file(ROOT / "examples" / "journey.toml")) == datetime(2017, 4, 2, tzinfo=UTC)


def test_without_a_budget_only_members_order_counts() -> None:
    """Nothing is before the year's first days; a budget without end lasts through the year."""
    assert budgets_end(read_text('[programme]\ncode = "journey"')) == datetime(2017, 1, 3, tzinfo=UTC)
    assert budgets_end(read_text(FILE)) == datetime(2018, 1, 4, tzinfo=UTC)
