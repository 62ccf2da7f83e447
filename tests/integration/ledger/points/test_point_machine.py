"""All point commands and passing time against the model, on the real engine and PostgreSQL."""

from dataclasses import fields
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import run_state_machine_as_test

from graphql_api.settings import Settings
from ledger.book.account import Role, account_id
from ledger.book.units import ProgrammeId
from ledger.engine.command import Actor, Command
from ledger.engine.outcome import Outcome
from ledger.programme.input_rules import AssetTerms
from ledger.programme.rows import AdjustmentLimit, Asset, asset_id
from ledger.programme.setup import change_asset, create_asset
from tests.checking import assert_clean
from tests.integration.ledger.ground import Ground, ground_at
from tests.points_world import tell_written
from tests.property.point_machine import PointMachine
from tests.property.point_rig import Rig
from tests.property.world import MEMBERS, SHOPS, named, rates

RUNS = count(1)


class EngineRig:
    """A programme of one run's own in the shared database."""

    def __init__(self, ground: Ground, asset: Asset, zone: str) -> None:
        self._ground = ground
        self._run = next(RUNS)
        self.actor = Actor(kind="service", id=f"bank{self._run}", programme_id=named("programme", str(self._run)))
        ground.wait(self._create(asset, zone))

    def member(self, name: str) -> UUID:
        """A member of this run."""
        return named("member", f"{self._run}/{name}")

    def shop(self, name: str) -> UUID:
        """A merchant of this run."""
        return named("merchant", f"{self._run}/{name}")

    def execute(self, command: Command[Any]) -> Outcome[Any]:
        """Through the funnel; keys are the client's, so each run has its own."""
        return self._ground.wait(self._ground.application.engine.execute(command))

    def wallet(self, member: UUID, asset: UUID) -> tuple[int, int, int, int]:
        """Posted, held, pending, owed, as the rows say."""
        ids = [account_id(member, asset, role) for role in (Role.WALLET, Role.PENDING, Role.OWED)]
        sql = "SELECT posted, held FROM book.accounts WHERE id = $1"
        rows = [self._ground.wait(self._ground.connection.fetchrow(sql, id_)) for id_ in ids]
        wallet, pending, owed = [(row["posted"], row["held"]) if row else (0, 0) for row in rows]
        return wallet[0], wallet[1], pending[0], -owed[0]

    def change(self, asset: Asset) -> None:
        """The next version of the terms, as operators make it."""
        units = self._ground.application.units
        self._ground.wait(change_asset(units, self.actor, code=asset.code, terms=_terms(asset)))

    def verify(self) -> None:
        """The checker looks at the end."""

    def close(self) -> None:
        """The checker looks at the end."""

    async def _create(self, asset: Asset, zone: str) -> None:
        run, programme = self._ground.connection.execute, ProgrammeId(self.actor.programme_id)
        async with self._ground.connection.transaction():
            await run("SET LOCAL session_replication_role = replica")
            await run(
                "INSERT INTO registry.programmes (id, code, name, time_zone) VALUES ($1, $2, 'run', $3)",
                programme,
                f"P{self._run}",
                zone,
            )
            mine = asset._replace(id=asset_id(programme, asset.code), programme_id=programme)
            written: list[UUID] = [programme]
            for rate in rates(mine):
                row_ = rate._replace(
                    id=named("rate", f"{self._run}/{rate.points}"), money_asset_id=asset_id(programme, "CNY")
                )
                await run(_insert("registry.rates", row_._fields), *row_)
                written.append(row_.id)
            limit = AdjustmentLimit(named("limit", str(self._run)), mine.id, "service", 10**15, 1)
            await run(_insert("registry.adjustment_limits", limit._fields), *limit)
            holders: list[tuple[UUID, str]] = [(programme, "programme")]
            holders += [(self.member(name), "member") for name in MEMBERS]
            holders += [(self.shop(name), "merchant") for name in SHOPS]
            for holder, kind in holders:
                await run(
                    "INSERT INTO book.holders (id, programme_id, kind) VALUES ($1, $2, $3)", holder, programme, kind
                )
            partner = named("partner", str(self._run))
            await run(
                "INSERT INTO registry.partners (id, programme_id, code, name) VALUES ($1, $2, 'p', 'p')",
                partner,
                programme,
            )
            for name in SHOPS:
                await run(
                    "INSERT INTO registry.merchants (id, programme_id, partner_id, code, name)"
                    " VALUES ($1, $2, $3, $4, $4)",
                    self.shop(name),
                    programme,
                    partner,
                    name,
                )
            await run("UPDATE registry.instance SET standing_version = standing_version + 1")
            await tell_written(self._ground.connection, [*written, limit.id, partner, *map(self.shop, SHOPS)])
        for code, kind in ((asset.code, asset.kind), ("CNY", "money")):
            await create_asset(self._ground.application.units, self.actor, code=code, kind=kind, terms=_terms(asset))


def _terms(asset: Asset) -> AssetTerms:
    return AssetTerms(**{field.name: getattr(asset, field.name) for field in fields(AssetTerms)})


def _insert(table: str, columns: tuple[str, ...]) -> str:
    numbers = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({numbers})"


def test_the_engine_does_what_the_model_says(database_url: str, settings: Settings) -> None:
    """Every outcome and balance as the model tells; at the end the checker finds nothing."""
    with ground_at(database_url, settings) as ground:

        class OnTheEngine(PointMachine):
            """On PostgreSQL."""

            def make_rig(self, asset: Asset, zone: str) -> Rig:
                """A programme of its own."""
                return EngineRig(ground, asset, zone)

        run_state_machine_as_test(
            OnTheEngine,
            settings=hypothesis_settings(
                max_examples=25,
                stateful_step_count=30,
                derandomize=True,
                # A step is a commit: on a server of one's own, or beside other work, a slow one is no fault of the data's.
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )

        ground.wait(assert_clean(database_url))
