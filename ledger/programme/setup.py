"""Setting up a programme: the programme itself and its assets. Rates, limits and periods have modules of their own."""

from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import bindparam, insert, select, update

from ledger.book.account import AccountState
from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.book.units import ProgrammeId
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.shelves import Holder
from ledger.engine.tables import HOLDERS
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.programme.expiry import parse_expiry
from ledger.programme.input_rules import AssetTerms, require_code, require_name, require_terms, require_time_zone
from ledger.programme.registry_change import registry_change
from ledger.programme.rows import Asset, AssetKind, Programme, asset_id
from ledger.programme.tables import ASSETS, PROGRAMMES

_KINDS = (AssetKind.POINTS, AssetKind.MONEY)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSERT_PROGRAMME = Query(insert(PROGRAMMES))
_INSERT_HOLDER = Query(insert(HOLDERS))
_INSERT_ASSET = Query(insert(ASSETS))
_TERMS = tuple(AssetTerms.__dataclass_fields__)
_CHANGE_ASSET = Query(
    update(ASSETS)
    .where(ASSETS.c.id == bindparam("asset_id"))
    .values({**{name: bindparam(f"new_{name}") for name in _TERMS}, "version": ASSETS.c.version + 1})
    .returning(*(ASSETS.c[name] for name in Asset._fields))
)
_EXPIRY = Query(select(ASSETS.c.expiry).where(ASSETS.c.id == bindparam("asset_id")).with_for_update(key_share=True))


async def create_programme(units: UnitsOfWork, actor: Actor, *, code: str, name: str, time_zone: str) -> Programme:
    """A new programme, which is also a holder of the book. INVALID_INPUT, CODE_TAKEN.

    Its zone never changes: every local date that was promised would move.
    """
    async with registry_change(units, actor, "programme_created") as change:
        require_code(code)
        require_name(name)
        require_time_zone(time_zone)
        id_ = ProgrammeId(change.new_id())
        programme = Programme(id=id_, code=code, name=name, time_zone=time_zone, open_from=_EPOCH, version=1)
        await change.insert(_INSERT_PROGRAMME, programme)
        await change.insert(_INSERT_HOLDER, Holder(id=id_, programme_id=id_, kind="programme", state=AccountState.OPEN))
        change.record(id_, facts={"code": code, "name": name, "time_zone": time_zone})
    return programme


async def create_asset(
    units: UnitsOfWork, actor: Actor, *, code: str, kind: str, terms: AssetTerms | None = None
) -> Asset:
    """A new asset of the actor's programme. INVALID_INPUT, CODE_TAKEN, PROGRAMME_NOT_FOUND."""
    async with registry_change(units, actor, "asset_created") as change:
        require_code(code)
        if kind not in _KINDS:
            refuse_input("kind")
        terms = terms or AssetTerms()
        require_terms(terms)
        programme_id = ProgrammeId(actor.programme_id)
        asset = Asset(
            id=asset_id(programme_id, code), programme_id=programme_id, code=code, kind=kind, version=1, **asdict(terms)
        )
        await change.insert(_INSERT_ASSET, asset)
        change.record(asset.id, facts={"code": code, "kind": kind, **_told(terms)})
    return asset


async def change_asset(units: UnitsOfWork, actor: Actor, *, code: str, terms: AssetTerms) -> Asset:
    """The next version of an asset's terms; what was granted before keeps its own. INVALID_INPUT, ASSET_NOT_FOUND.

    Inactivity dates accounts, every other policy lots: from one to the other, what was promised before would die early.
    How long an account lives stands on no lot: it is changed between batches (docs/decisions/0027). CONTENDED.
    """
    async with registry_change(units, actor, "asset_changed") as begun:
        require_terms(terms)
        change = await begun.at_present() if parse_expiry(terms.expiry).by_inactivity else begun
        id_ = asset_id(actor.programme_id, code)
        before = await change.row(_EXPIRY, {"asset_id": id_})
        if before is None:
            raise Refusal(RefusalCode.ASSET_NOT_FOUND)
        if parse_expiry(before["expiry"]).by_inactivity != parse_expiry(terms.expiry).by_inactivity:
            refuse_input("expiry")
        new = {f"new_{name}": value for name, value in asdict(terms).items()}
        asset = Asset(*(await change.row(_CHANGE_ASSET, {"asset_id": id_, **new}) or ()))
        change.record(asset.id, version=asset.version, facts={"code": code, **_told(terms)})
    return asset


def _told(terms: AssetTerms) -> dict[str, str | int]:
    """An audit record has no truth values: `true` is a text there, as the row's is."""
    return {name: value if type(value) is int else _said(value) for name, value in asdict(terms).items()}


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
