"""The demo's programme: one points asset, a rate to money, limits, one partner and a merchant for every store.

Everything is looked for before it is made, so a set-up that was interrupted goes on where it stood.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from graphql_api.bootstrap import Application
from graphql_api.processes.demo.journey import STARTS_AT
from graphql_api.processes.programme_file.step import NOBODY
from ledger.engine.command import Actor
from ledger.engine.reader import PAGE_ROWS_MAX
from ledger.partners.queries import merchants_page, partners_page
from ledger.partners.register import create_merchant, create_partner
from ledger.programme.input_rules import AssetTerms
from ledger.programme.queries import adjustment_limits, asset_by_code, programme_by_code, rates
from ledger.programme.rates import set_adjustment_limit, set_rate
from ledger.programme.setup import create_asset, create_programme

PROGRAMME: Final = "journey"
POINTS: Final = "POINTS"
MONEY: Final = "USD"
PARTNER: Final = "stores"

TERMS: Final = AssetTerms(
    expiry="6 months to month", transfers_allowed=True, transfer_day_max=1_000, transfer_month_max=5_000
)
ADJUSTMENT_LIMIT: Final = 1_000
POINTS_PER_DOLLAR: Final = 100
"""Points are worth a cent each to the member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoProgramme:
    """Who acts, and the merchants by store number."""

    actor: Actor
    merchants: Mapping[int, UUID]


def demo_actor(programme_id: UUID) -> Actor:
    """The service in whose name the demo is loaded; its keys are basket and row numbers."""
    return Actor(kind="service", id="demo", programme_id=programme_id)


async def set_up_programme(application: Application, stores: Sequence[int]) -> DemoProgramme:
    """The programme with everything it needs; what is there already is left as it is."""
    found = await programme_by_code(application.reader, PROGRAMME)
    programme = found or await create_programme(
        application.units, demo_actor(NOBODY), code=PROGRAMME, name="The Complete Journey", time_zone="UTC"
    )
    actor = demo_actor(programme.id)
    await _set_up_assets(application, actor)
    return DemoProgramme(actor=actor, merchants=await _set_up_merchants(application, actor, stores))


async def _set_up_assets(application: Application, actor: Actor) -> None:
    reader, units, programme_id = application.reader, application.units, actor.programme_id
    if await asset_by_code(reader, programme_id, POINTS) is None:
        await create_asset(units, actor, code=POINTS, kind="points", terms=TERMS)
    if await asset_by_code(reader, programme_id, MONEY) is None:
        await create_asset(units, actor, code=MONEY, kind="money")
    if not await rates(reader, programme_id, POINTS):
        await set_rate(
            units,
            actor,
            asset=POINTS,
            money_asset=MONEY,
            points=POINTS_PER_DOLLAR,
            minor=100,
            valid_from=STARTS_AT,
        )
    if not await adjustment_limits(reader, programme_id, POINTS):
        await set_adjustment_limit(units, actor, asset=POINTS, actor_kind="operator", amount=ADJUSTMENT_LIMIT)


async def _set_up_merchants(application: Application, actor: Actor, stores: Sequence[int]) -> Mapping[int, UUID]:
    known = await _known_merchants(application, actor.programme_id)
    if missing := [store for store in stores if store not in known]:
        partner_id = await _partner(application, actor)
        for store in missing:
            merchant = await create_merchant(
                application.units, actor, partner_id=partner_id, code=str(store), name=f"Store {store}"
            )
            known[store] = merchant.id
    return known


async def _known_merchants(application: Application, programme_id: UUID) -> dict[int, UUID]:
    known: dict[int, UUID] = {}
    after: UUID | None = None
    while page := await merchants_page(application.reader, programme_id, limit=PAGE_ROWS_MAX, after=after):
        known.update((int(merchant.code), merchant.id) for merchant in page if merchant.code.isdecimal())
        after = page[-1].id
    return known


async def _partner(application: Application, actor: Actor) -> UUID:
    partners = await partners_page(application.reader, actor.programme_id, limit=PAGE_ROWS_MAX)
    found = next((partner for partner in partners if partner.code == PARTNER), None)
    partner = found or await create_partner(application.units, actor, code=PARTNER, name="The stores")
    return partner.id
