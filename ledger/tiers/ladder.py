"""Ladders: set up and changed by operators, version by version; which version held when."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import bindparam, insert, select, update

from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.book.units import InvariantViolated, ProgrammeId
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.sql_query import SqlQuery
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.programme.activity_type_query import known_types
from ledger.programme.asset_kinds import require_asset
from ledger.programme.registry_change import Change, registry_change
from ledger.programme.rows import AssetKind
from ledger.tiers import tables
from ledger.tiers.ladder_body import LadderBody
from ledger.tiers.ladder_rules import require_body, require_ladder_code, require_successor
from ledger.tiers.ladder_text import body_text, parse_body
from ledger.tiers.rows import Ladder, LadderVersion, ladder_id, ladder_version_id

LADDERS_MAX: Final = 20
"""Ladders of a programme: every activity looks at each of them."""


class LadderRecord(NamedTuple):
    """A ladder with its newest version."""

    ladder: Ladder
    latest: LadderVersion


_COLUMNS = [tables.TIER_LADDERS.c[name] for name in Ladder._fields]
_INSERT_LADDER = Query(insert(tables.TIER_LADDERS))
_INSERT_VERSION = Query(insert(tables.TIER_LADDER_VERSIONS))
_ADD_VERSION = Query(
    update(tables.TIER_LADDERS)
    .where(
        tables.TIER_LADDERS.c.id == bindparam("ladder_id"),
        tables.TIER_LADDERS.c.programme_id == bindparam("of_programme"),
    )
    .values(latest_number=tables.TIER_LADDERS.c.latest_number + 1, version=tables.TIER_LADDERS.c.version + 1)
    .returning(*_COLUMNS)
)
_BODY = Query(
    select(tables.TIER_LADDER_VERSIONS.c.body).where(tables.TIER_LADDER_VERSIONS.c.id == bindparam("version_id"))
)
_FULL = Query(
    select(tables.TIER_LADDERS.c.id)
    .where(tables.TIER_LADDERS.c.programme_id == bindparam("of_programme"))
    .offset(LADDERS_MAX - 1)
    .limit(1)
)
# Vouchers may require tiers, so their room comes later; of templates only the codes are known here.
_TEMPLATE = SqlQuery("SELECT id FROM registry.voucher_templates WHERE programme_id = :programme_id AND code = :code")


async def create_ladder(units: UnitsOfWork, actor: Actor, *, code: str, body: LadderBody) -> LadderRecord:
    """A new ladder of the actor's programme, from now on: everybody stands on its first level.

    INVALID_INPUT, also where the programme has 20 ladders (`ladders`); CODE_TAKEN, PROGRAMME_NOT_FOUND,
    ASSET_NOT_FOUND, TEMPLATE_NOT_FOUND, CONTENDED.
    """
    async with registry_change(units, actor, "tier_ladder_created") as begun:
        require_ladder_code(code)
        require_body(body, (await known_types(begun)).get)
        change = await begun.at_present()
        if await change.row(_FULL, {"of_programme": actor.programme_id}) is not None:
            refuse_input("ladders")
        await _require_named(change, body)
        programme_id = ProgrammeId(actor.programme_id)
        ladder = Ladder(ladder_id(programme_id, code), programme_id, code)
        await change.insert(_INSERT_LADDER, ladder)
        change.record(ladder.id, facts={"code": code})
        latest = await _insert_version(change, ladder, body)
    return LadderRecord(ladder, latest)


async def change_ladder(units: UnitsOfWork, actor: Actor, *, code: str, body: LadderBody) -> LadderRecord:
    """The next version, which holds for whatever is credited or falls due from now on; nobody moves before.

    The codes of `create_ladder` but CODE_TAKEN; TIER_LADDER_NOT_FOUND. Metric, window and existing levels stay.
    """
    async with registry_change(units, actor, "tier_ladder_changed") as begun:
        require_body(body, (await known_types(begun)).get)
        change = await begun.at_present()
        asked = {"ladder_id": ladder_id(actor.programme_id, code), "of_programme": actor.programme_id}
        row = await change.row(_ADD_VERSION, asked)
        ladder = None if row is None else Ladder(*row)
        if ladder is not None:
            require_successor(body, await _read_body(change, ladder_version_id(ladder.id, ladder.latest_number - 1)))
        await _require_named(change, body)
        if ladder is None:
            raise Refusal(RefusalCode.TIER_LADDER_NOT_FOUND)
        change.record(ladder.id, version=ladder.version, facts={"code": code, "latest": ladder.latest_number})
        latest = await _insert_version(change, ladder, body)
    return LadderRecord(ladder, latest)


async def _read_body(change: Change, version_id: UUID) -> LadderBody:
    row = await change.row(_BODY, {"version_id": version_id})
    if row is None:
        raise InvariantViolated(f"there is no version {version_id} of a ladder")
    return parse_body(row["body"])


async def _insert_version(change: Change, ladder: Ladder, body: LadderBody) -> LadderVersion:
    number = ladder.latest_number
    version = LadderVersion(
        id=ladder_version_id(ladder.id, number),
        ladder_id=ladder.id,
        programme_id=ladder.programme_id,
        number=number,
        body=body_text(body),
        created_at=change.now,
    )
    await change.insert(_INSERT_VERSION, version)
    digest = sha256(version.body.encode()).hexdigest()
    change.record(version.id, facts={"ladder": ladder.code, "number": number, "body_sha256": digest})
    return version


async def _require_named(change: Change, body: LadderBody) -> None:
    """ASSET_NOT_FOUND, TEMPLATE_NOT_FOUND where it names what the programme has not."""
    programme_id = change.actor.programme_id
    if body.metric.asset is not None:
        await require_asset(change, body.metric.asset, AssetKind.POINTS)
    for code in sorted({code for level in body.levels for code in level.pack}):
        if await change.row(_TEMPLATE, {"programme_id": programme_id, "code": code}) is None:
            raise Refusal(RefusalCode.TEMPLATE_NOT_FOUND)


def version_at(versions: Sequence[LadderVersion], instant: datetime) -> LadderVersion:
    """The version that holds at `instant`; before the first one was made, the first one."""
    ordered = sorted(versions, key=lambda version: version.number)
    held = [version for version in ordered if version.created_at <= instant]
    return held[-1] if held else ordered[0]


def read_versions(text: str, ladder: UUID, programme_id: ProgrammeId) -> list[LadderVersion]:
    """The versions of a JSON array of number, body and instant, as queries tell them."""
    return [
        LadderVersion(
            ladder_version_id(ladder, number), ladder, programme_id, number, body, datetime.fromisoformat(since)
        )
        for number, body, since in orjson.loads(text)
    ]
