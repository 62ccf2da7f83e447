"""Versions of what operators write: templates, ladders and campaigns, each a list from the latest to the first."""

from collections.abc import Callable
from typing import Protocol, TypeVar
from uuid import UUID

from graphql_api.schema.connection import Connection, connect, number_after, number_cursor, page_size, rows_for
from graphql_api.schema.context import Context
from ledger.engine.version_pages import VersionPages

R = TypeVar("R", bound=tuple[object, ...])


class Numbered(Protocol):
    """A version as its GraphQL type."""

    @property
    def number(self) -> int:
        """Its number, from 1."""
        ...


N = TypeVar("N", bound=Numbered)


async def read_versions(
    context: Context, pages: VersionPages[R], owner_id: UUID, node: Callable[[R], N], first: int, after: str | None
) -> Connection[N]:
    """A page of the versions of one owner in the caller's programme, the latest first."""
    size = page_size(first)
    rows = await context.read(
        pages.read, owner_id, limit=rows_for(size), before=None if after is None else number_after(after)
    )
    versions = [node(row) for row in rows]
    return connect(
        versions, size, node=lambda each: each, cursor=lambda each: number_cursor(each.number), is_first=after is None
    )
