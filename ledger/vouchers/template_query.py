"""Reading templates and their versions."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, Select, Uuid, bindparam, cast, or_, select

from ledger.engine.reader import PAGE_ROWS_MAX, Query, Reader, Record
from ledger.engine.version_pages import VersionPages
from ledger.vouchers.rows import Template, TemplateVersion
from ledger.vouchers.tables import TEMPLATE_VERSIONS, TEMPLATES
from ledger.vouchers.template import TemplateRecord, TemplateState

_TEMPLATE_COLUMNS = [TEMPLATES.c[name].label(f"template_{name}") for name in Template._fields]
_VERSION_COLUMNS = [TEMPLATE_VERSIONS.c[name].label(f"version_{name}") for name in TemplateVersion._fields]


def _records(*conditions: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    """Templates of the programme with their current versions."""
    current = TEMPLATES.join(TEMPLATE_VERSIONS, TEMPLATE_VERSIONS.c.id == TEMPLATES.c.current_version_id)
    ours = TEMPLATES.c.programme_id == bindparam("programme_id")
    return select(*_TEMPLATE_COLUMNS, *_VERSION_COLUMNS).select_from(current).where(ours, *conditions)


def _page(*conditions: ColumnElement[bool]) -> Query:
    after = bindparam("after", type_=Uuid)
    rows = _records(or_(after.is_(None), TEMPLATES.c.id > after), *conditions)
    return Query(rows.order_by(TEMPLATES.c.id).limit(bindparam("limit")))


_IS_OFFERED = (TEMPLATES.c.state == TemplateState.LIVE.value) & (
    cast(TEMPLATE_VERSIONS.c.body, JSON)["is_claimable"].as_boolean()
)
_BY_ID = Query(_records(TEMPLATES.c.id == bindparam("template_id")))
_ALL = _page()
_OFFERED = _page(_IS_OFFERED)
_OFFERED_BY_ID = Query(_records(TEMPLATES.c.id == bindparam("template_id"), _IS_OFFERED))
VERSION_PAGES = VersionPages(TEMPLATE_VERSIONS, TemplateVersion, owner="template_id")


async def template_by_id(reader: Reader, programme_id: UUID, template_id: UUID) -> TemplateRecord | None:
    """The programme's template with that id, in any state."""
    row = await reader.row(_BY_ID, {"template_id": template_id, "programme_id": programme_id})
    return None if row is None else _record(row)


async def offered_template(reader: Reader, programme_id: UUID, template_id: UUID) -> TemplateRecord | None:
    """The same, where members may claim it now."""
    row = await reader.row(_OFFERED_BY_ID, {"template_id": template_id, "programme_id": programme_id})
    return None if row is None else _record(row)


async def templates_page(
    reader: Reader, programme_id: UUID, *, limit: int, after: UUID | None = None
) -> Sequence[TemplateRecord]:
    """At most `limit` (≤ 101) templates in any state; their ids are computed, so in no order of time."""
    return await _read(reader, _ALL, programme_id, limit, after)


async def offered_page(
    reader: Reader, programme_id: UUID, *, limit: int, after: UUID | None = None
) -> Sequence[TemplateRecord]:
    """The same of those that members may claim now."""
    return await _read(reader, _OFFERED, programme_id, limit, after)


async def _read(
    reader: Reader, query: Query, programme_id: UUID, limit: int, after: UUID | None
) -> Sequence[TemplateRecord]:
    asked = {"programme_id": programme_id, "limit": min(limit, PAGE_ROWS_MAX), "after": after}
    return [_record(row) for row in await reader.rows(query, asked)]


def _record(row: Record) -> TemplateRecord:
    parts, width = tuple(row), len(Template._fields)
    return TemplateRecord(Template(*parts[:width]), TemplateVersion(*parts[width:]))
