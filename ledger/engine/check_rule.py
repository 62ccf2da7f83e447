"""Rules of the checker: what is recomputed, and the query whose rows are the differences.

Each feature declares its rules in its `checks.py`; `ledger/reports/check.py` runs them all on one snapshot.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.engine.sql_query import SqlQuery

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that must hold. The query returns a row per difference, `subject` first: the id of what is wrong.

    differs: for what SQL cannot compute: the query then returns every candidate, and this says which of them differ
    """

    name: str
    proves: str
    query: SqlQuery
    differs: Callable[[Row], bool] | None = None


def rule(name: str, proves: str, sql: str, differs: Callable[[Row], bool] | None = None) -> Rule:
    """A rule from its parts."""
    return Rule(name=name, proves=proves, query=SqlQuery(sql), differs=differs)
