"""Templates: made as drafts, changed by new versions, published and stopped. What was issued keeps its own version.

What a template gives, where its vouchers come from and what one of its units is worth in stock never change: the stock
would mean something else.
"""

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, insert, select, update

from ledger.book.account import Role, open_account
from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.book.units import InvariantViolated, ProgrammeId
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.tables import ACCOUNTS
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.partners.tables import MERCHANTS, PARTNERS
from ledger.programme.asset_kinds import require_asset
from ledger.programme.input_rules import AssetTerms, require_code, require_terms_text
from ledger.programme.registry_change import Change, registry_change
from ledger.programme.rows import Asset, AssetKind
from ledger.programme.tables import ASSETS
from ledger.vouchers import tables
from ledger.vouchers.rows import Template, TemplateVersion
from ledger.vouchers.template_body import Stock, TemplateBody
from ledger.vouchers.template_rules import require_body
from ledger.vouchers.template_text import body_text, parse_body
from ledger.vouchers.voucher import template_id, version_id, voucher_asset_code, voucher_asset_id

CODE_LENGTH_MAX: Final = 56


class TemplateState(StrEnum):
    """A draft issues nothing yet, a stopped one nothing any more; what was issued stays good."""

    DRAFT = "draft"
    LIVE = "live"
    STOPPED = "stopped"


class TemplateRecord(NamedTuple):
    """A template with its current version."""

    template: Template
    current: TemplateVersion


_COLUMNS = [tables.TEMPLATES.c[name] for name in Template._fields]
_OURS = (tables.TEMPLATES.c.id == bindparam("template_id")) & (
    tables.TEMPLATES.c.programme_id == bindparam("of_programme")
)
_LOCK = Query(select(*_COLUMNS).where(_OURS).with_for_update(key_share=True))
_VERSION = Query(
    select(*(tables.TEMPLATE_VERSIONS.c[name] for name in TemplateVersion._fields)).where(
        tables.TEMPLATE_VERSIONS.c.id == bindparam("version_id")
    )
)
_INSERT_ASSET = Query(insert(ASSETS))
_INSERT_TEMPLATE = Query(insert(tables.TEMPLATES))
_INSERT_VERSION = Query(insert(tables.TEMPLATE_VERSIONS))
_INSERT_ACCOUNT = Query(insert(ACCOUNTS))
_MOVE = Query(
    update(tables.TEMPLATES)
    .where(_OURS)
    .values(
        state=bindparam("new_state"),
        current_version_id=bindparam("new_version_id"),
        current_number=bindparam("new_number"),
        version=tables.TEMPLATES.c.version + 1,
    )
    .returning(*_COLUMNS)
)
_KNOWN = {
    table.name: Query(
        select(func.count().label("known")).where(
            table.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), table.c.programme_id == bindparam("programme_id")
        )
    )
    for table in (MERCHANTS, PARTNERS)
}


async def create_template(
    units: UnitsOfWork, actor: Actor, *, code: str, body: TemplateBody, terms: str = ""
) -> TemplateRecord:
    """A new draft of the actor's programme, with its asset and its empty stock.

    INVALID_INPUT, CODE_TAKEN, PROGRAMME_NOT_FOUND, and the codes of `_require_named`.
    """
    async with registry_change(units, actor, "template_created") as change:
        require_code(code, length_max=CODE_LENGTH_MAX)
        programme_id = ProgrammeId(actor.programme_id)
        _require_valid(body, terms)
        await _require_named(change, body)
        asset = _asset(programme_id, code)
        template = Template(
            id=template_id(programme_id, code),
            programme_id=programme_id,
            asset_id=asset.id,
            code=code,
            kind=body.kind,
            stock=body.stock,
            state=TemplateState.DRAFT,
            current_version_id=version_id(template_id(programme_id, code), 1),
            current_number=1,
            version=1,
        )
        await change.insert(_INSERT_ASSET, asset)
        await change.insert(_INSERT_TEMPLATE, template)
        await change.insert(_INSERT_ACCOUNT, open_account(programme_id, programme_id, asset.id, Role.STOCK))
        current = await _insert_version(change, template, body, terms)
        change.record(asset.id, facts={"code": asset.code, "kind": asset.kind})
        change.record(template.id, facts={"code": code, "kind": body.kind})
    return TemplateRecord(template, current)


async def change_template(
    units: UnitsOfWork, actor: Actor, *, code: str, body: TemplateBody, terms: str = ""
) -> TemplateRecord:
    """The next version, under which vouchers are issued from now on. The codes of `create_template`;
    TEMPLATE_NOT_FOUND.
    """
    async with registry_change(units, actor, "template_changed") as change:
        found = await _lock(change, code)
        _require_valid(body, terms)
        if found is not None:
            _require_same_stock(parse_body(found.current.body), body)
        await _require_named(change, body)
        if found is None:
            raise Refusal(RefusalCode.TEMPLATE_NOT_FOUND)
        number = found.template.current_number + 1
        next_id = version_id(found.template.id, number)
        template = found.template._replace(current_number=number, current_version_id=next_id)
        current = await _insert_version(change, template, body, terms)
        template = await _move(change, template, TemplateState(template.state))
    return TemplateRecord(template, current)


async def publish_template(units: UnitsOfWork, actor: Actor, *, code: str) -> TemplateRecord:
    """A draft or a stopped template issues from now on. TEMPLATE_NOT_FOUND, TEMPLATE_LIVE."""
    async with registry_change(units, actor, "template_published") as change:
        found = await _require_locked(change, code)
        if found.template.state == TemplateState.LIVE:
            raise Refusal(RefusalCode.TEMPLATE_LIVE)
        template = await _move(change, found.template, TemplateState.LIVE)
    return TemplateRecord(template, found.current)


async def stop_template(units: UnitsOfWork, actor: Actor, *, code: str) -> TemplateRecord:
    """A live template issues nothing any more. TEMPLATE_NOT_FOUND, TEMPLATE_NOT_LIVE."""
    async with registry_change(units, actor, "template_stopped") as change:
        found = await _require_locked(change, code)
        if found.template.state != TemplateState.LIVE:
            raise Refusal(RefusalCode.TEMPLATE_NOT_LIVE)
        template = await _move(change, found.template, TemplateState.STOPPED)
    return TemplateRecord(template, found.current)


def _asset(programme_id: ProgrammeId, code: str) -> Asset:
    return Asset(
        id=voucher_asset_id(programme_id, code),
        programme_id=programme_id,
        code=voucher_asset_code(code),
        kind=AssetKind.VOUCHER,
        version=1,
        **asdict(AssetTerms()),
    )


async def _insert_version(change: Change, template: Template, body: TemplateBody, terms: str) -> TemplateVersion:
    version = TemplateVersion(
        id=template.current_version_id,
        template_id=template.id,
        programme_id=template.programme_id,
        number=template.current_number,
        body=body_text(body),
        terms=terms,
        created_at=change.now,
    )
    await change.insert(_INSERT_VERSION, version)
    told = {"body_sha256": _digest(version.body), "terms_sha256": _digest(terms)}
    change.record(version.id, facts={"template": template.code, "number": version.number, **told})
    return version


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


async def _lock(change: Change, code: str) -> TemplateRecord | None:
    """The template under its row's lock; None where there is none of that code."""
    programme_id = change.actor.programme_id
    row = await change.row(_LOCK, {"template_id": template_id(programme_id, code), "of_programme": programme_id})
    if row is None:
        return None
    template = Template(*row)
    version = await change.row(_VERSION, {"version_id": template.current_version_id})
    if version is None:
        raise InvariantViolated(f"template {template.id} has no version {template.current_number}")
    return TemplateRecord(template, TemplateVersion(*version))


async def _require_locked(change: Change, code: str) -> TemplateRecord:
    """The same. TEMPLATE_NOT_FOUND."""
    found = await _lock(change, code)
    if found is None:
        raise Refusal(RefusalCode.TEMPLATE_NOT_FOUND)
    return found


async def _move(change: Change, template: Template, state: TemplateState) -> Template:
    moved = await change.row(
        _MOVE,
        {
            "template_id": template.id,
            "of_programme": template.programme_id,
            "new_state": state,
            "new_version_id": template.current_version_id,
            "new_number": template.current_number,
        },
    )
    changed = Template(*(moved or template))
    change.record(changed.id, version=changed.version, facts={"code": changed.code, "state": changed.state})
    return changed


def _require_same_stock(before: TemplateBody, after: TemplateBody) -> None:
    """INVALID_INPUT where kind, money, stock or the units of what is in stock would change."""
    if before.kind != after.kind:
        refuse_input("gives.kind")
    if before.money_asset != after.money_asset:
        refuse_input("moneyAsset")
    if before.stock != after.stock:
        refuse_input("stock")
    if before.stock != Stock.UNLIMITED and before.units != after.units:
        refuse_input("uses")


def _require_valid(body: TemplateBody, terms: str) -> None:
    """INVALID_INPUT."""
    require_body(body)
    require_terms_text(terms)


async def _require_named(change: Change, body: TemplateBody) -> None:
    """PARTNER_NOT_FOUND, MERCHANT_NOT_FOUND, ASSET_NOT_FOUND where it names another programme's."""
    await _require_known(change, PARTNERS.name, body.partners, RefusalCode.PARTNER_NOT_FOUND)
    await _require_known(change, MERCHANTS.name, body.merchants, RefusalCode.MERCHANT_NOT_FOUND)
    named = ((body.money_asset, AssetKind.MONEY), (None if body.price is None else body.price.asset, AssetKind.POINTS))
    for code, kind in named:
        if code is not None:
            await require_asset(change, code, kind)


async def _require_known(change: Change, table: str, ids: Sequence[UUID], otherwise: RefusalCode) -> None:
    if not ids:
        return
    row = await change.row(_KNOWN[table], {"ids": list(ids), "programme_id": change.actor.programme_id})
    if row is None or row["known"] != len(ids):
        raise Refusal(otherwise)
