"""Lists by page: Relay connections whose cursors name the last row seen, so that a page costs the same wherever it lies."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

from graphql_api.errors import InvalidInput
from graphql_api.global_ids import decode_id, encode_id
from graphql_api.schema.descriptions import object_type
from ledger.engine.reader import PAGE_ROWS_MAX

PAGE_MAX: Final = PAGE_ROWS_MAX - 1
N = TypeVar("N")
V = TypeVar("V")


class Identified(Protocol):
    """What has an id, and a place in a list by it."""

    @property
    def id(self) -> UUID:
        """Its id."""
        ...


R = TypeVar("R", bound=Identified)


@object_type
class PageInfo:
    """Where a page lies in its list.

    has_next_page:     whether more follows in the order of the list
    has_previous_page: whether something comes before
    start_cursor:      the first edge's cursor
    end_cursor:        the last edge's cursor; give it as `after` for the next page
    """

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@object_type
class Edge(Generic[N]):
    """One item of a page.

    node:   what stands at this place of the list
    cursor: its place in the list
    """

    node: N
    cursor: str


@object_type
class Connection(Generic[N]):
    """A page of a list.

    edges:     the items with their cursors
    nodes:     the items
    page_info: where the page lies
    """

    edges: list[Edge[N]]
    nodes: list[N]
    page_info: PageInfo


def page_size(count: int) -> int:
    """The size asked for; InvalidInput where it is not 1 to 100."""
    if not 1 <= count <= PAGE_MAX:
        raise InvalidInput(f"A page has 1 to {PAGE_MAX} items.")
    return count


def connect(
    views: Sequence[V],
    size: int,
    *,
    node: Callable[[V], N],
    cursor: Callable[[V], str],
    is_first: bool,
) -> Connection[N]:
    """A page of at most `size` from the rows that `rows_for` asked for."""
    edges = [Edge(node=node(view), cursor=cursor(view)) for view in views[:size]]
    return page_of(edges, has_next=len(views) > size, has_previous=not is_first)


def connect_rows(kind: str, rows: Sequence[R], size: int, after: str | None, node: Callable[[R], N]) -> Connection[N]:
    """The same of rows in the order of their ids, behind the cursor `after`; `kind` is that of the ids."""
    return connect(rows, size, node=node, cursor=lambda row: row_cursor(kind, row.id), is_first=after is None)


def rows_for(size: int) -> int:
    """How many rows to read for a page: one more tells whether others follow."""
    return size + 1


def page_of(edges: list[Edge[N]], *, has_next: bool, has_previous: bool) -> Connection[N]:
    """A page of these edges."""
    return Connection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=PageInfo(
            has_next_page=has_next,
            has_previous_page=has_previous,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
    )


def row_cursor(kind: str, row_id: UUID) -> str:
    """The cursor of a row in a list that is ordered by id."""
    return encode_id(f"{kind}Cursor", row_id)


def row_after(kind: str, cursor: str | None) -> UUID | None:
    """The id that the cursor names; InvalidInput where it is no cursor of this list."""
    if cursor is None:
        return None
    found = decode_id(f"{kind}Cursor", cursor)
    if found is None:
        raise InvalidInput("The cursor is malformed.")
    return found


def number_cursor(number: int) -> str:
    """The cursor of a numbered line."""
    return _cursor("line", str(number))


def number_after(cursor: str) -> int:
    """The number that the cursor names; InvalidInput where it is none of ours."""
    digits = _after("line", cursor)
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise InvalidInput("The cursor is malformed.")
    return int(digits)


def text_cursor(text: str) -> str:
    """The cursor of a line that is named by a text."""
    return _cursor("text", text)


def text_after(cursor: str) -> str:
    """The text that the cursor names; InvalidInput where it is none of ours."""
    return _after("text", cursor)


def _cursor(label: str, text: str) -> str:
    return base64.urlsafe_b64encode(f"{label}:{text}".encode()).rstrip(b"=").decode("ascii")


def _after(label: str, cursor: str) -> str:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidInput("The cursor is malformed.") from None
    found, _, text = raw.partition(":")
    if found != label or "\0" in text:
        raise InvalidInput("The cursor is malformed.")
    return text
