"""The memory of a process that serves, works or measures: seldom walked by the collector, and in huge pages."""

import gc
from typing import Final

from graphql_api.processes.huge_pages import use_huge_pages

ALLOCATIONS_BETWEEN_COLLECTIONS: Final = 200_000
"""A list of 1,000 commands makes some 100,000 rows and values, all freed by their reference counts. With the default
of 700 the collector walks them a hundred times a list, a fifth of the whole CPU time."""


def relax_collector() -> None:
    """Call first of all: importing makes hundreds of thousands of objects, and hardly any of them is garbage."""
    gc.set_threshold(ALLOCATIONS_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])


def settle_memory() -> None:
    """Call once everything is imported and composed: what exists now is never walked again, and new things seldom."""
    gc.collect()
    gc.freeze()
    relax_collector()
    use_huge_pages()
