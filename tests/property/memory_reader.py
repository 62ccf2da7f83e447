"""Reads on the book in memory: the look-ups of commands before they queue, and the snapshot of previews."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from ledger.book.account import LOCKED_ROLES
from ledger.campaigns import lock_plan, refund
from ledger.campaigns.rows import ACTIVITIES, AWARDS, CAMPAIGN_STEPS, CAMPAIGN_VERSIONS, Activity
from ledger.engine import tables
from ledger.engine.preview import _read
from ledger.engine.reader import NOW, Query, Reader, Snapshot
from ledger.engine.shelf import AnyShelf, Asked
from ledger.engine.shelves import ACCOUNTS, LOTS, LOTS_BY_ID
from ledger.members import state_change
from ledger.partners.rows import MERCHANTS, TERMINALS
from ledger.points import owner_query
from ledger.points.tables import PAYMENT_CODES
from ledger.programme.rows import ASSETS, PROGRAMMES
from ledger.vouchers import presented, reverse, stock
from ledger.vouchers.rows import (
    REDEMPTIONS,
    TEMPLATE_VERSIONS,
    TEMPLATES,
    VOUCHER_COUNTS,
    VOUCHERS,
    VOUCHERS_BY_ID,
    Template,
    Voucher,
)
from tests.property.memory_store import Row, Store

PREVIEWED: tuple[AnyShelf, ...] = (
    ACCOUNTS,
    LOTS,
    LOTS_BY_ID,
    MERCHANTS,
    TERMINALS,
    PROGRAMMES,
    TEMPLATES,
    TEMPLATE_VERSIONS,
    VOUCHERS,
    VOUCHERS_BY_ID,
    VOUCHER_COUNTS,
    REDEMPTIONS,
)
"""What reads of vouchers look at on a snapshot."""


class MemoryReader(Reader):
    """Answers the look-ups of `find`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.book_schema = "memory"

    async def row(self, query: Query, parameters: Mapping[str, Any]) -> Row:
        """Whose entry, hold or payment code it is, and in which asset."""
        id_, programme = parameters["id"], parameters["programme_id"]
        if query is owner_query._ENTRY_OWNER:
            owners = [(e.member_id, e.asset_id) for e in self._store.of(tables.ENTRIES).find("id", id_)]
        elif query is owner_query._HOLD_OWNER:
            holds = self._store.of(tables.HOLDS).find("id", id_)
            accounts = [a for h in holds for a in self._store.of(tables.ACCOUNTS).find("id", h.account_id)]
            owners = [(account.holder_id, account.asset_id) for account in accounts]
        else:
            owners = [(c.member_id, c.asset_id) for c in self._store.of(PAYMENT_CODES).find("id", id_)]
        assets = [(member, asset) for member, id_ in owners for asset in self._store.select(ASSETS, [id_])]
        return next(((member, asset.code) for member, asset in assets if asset.programme_id == programme), None)

    async def rows(self, query: Query, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """The wallets of a member."""
        assert query is state_change._LOCKED
        accounts = self._store.of(tables.ACCOUNTS).find("holder_id", parameters["holder_id"])
        return [{"id": a.id, "asset_id": a.asset_id} for a in accounts if a.role in LOCKED_ROLES]

    async def look_up(self, query: Query, value: Asked, *, programme_id: UUID | None = None) -> Row:
        """Whose voucher a code is or a redemption used; what is in stock."""
        if query is presented._BY_CODE:
            return next(((v.code_hash, *_found(v)) for v in self._vouchers("code_hash", value)), None)
        if query is reverse._BY_ID:
            redeemed = self._store.of(REDEMPTIONS.table).find("id", value)
            vouchers = [(r, v) for r in redeemed for v in self._vouchers("id", r.voucher_id)]
            return next(((r.id, r.entry_id, *_found(v)) for r, v in vouchers), None)
        if query is lock_plan._PLANS:
            return self._ran(value)
        if query is refund._AWARDED:
            return next((self._awarded(a) for a in self._store.of(ACTIVITIES.table).find("request_id", value)), None)
        assert query is stock._SEEN
        templates = self._store.select(TEMPLATES, [value])
        return next((self._stock(template) for template in templates), None)

    async def look_up_all(self, query: Query, values: Sequence[Asked]) -> list[Row]:
        """One by one."""
        return [await self.look_up(query, value) for value in values]

    def _ran(self, programme: Asked) -> Row:
        """Every version of the programme's campaigns under which they ran or were paused or ended."""
        steps = self._store.of(CAMPAIGN_STEPS.table).all()
        ran = {step.version_id for step in steps if step.state in {"running", "paused", "ended"}}
        versions = [v for v in self._store.of(CAMPAIGN_VERSIONS.table).find("programme_id", programme) if v.id in ran]
        return {"campaigns": [v.campaign_id for v in versions], "bodies": [v.body for v in versions]}

    def _awarded(self, activity: Activity) -> Row:
        awards = self._store.of(AWARDS.table).find("activity_id", activity.id)
        budgets = {award.budget_id for award in awards if award.budget_id is not None}
        by_kind = {kind: {a.asset_id for a in awards if a.kind == kind} for kind in ("POINTS", "VOUCHER")}
        return {
            "member_id": activity.member_id,
            "assets": list(by_kind["POINTS"]),
            "vouchers": list(by_kind["VOUCHER"]),
            "budgets": list(budgets),
        }

    def _vouchers(self, column: str, value: object) -> list[Voucher]:
        return self._store.of(VOUCHERS.table).find(column, value)

    def _stock(self, template: Template) -> Row:
        accounts = self._store.of(tables.ACCOUNTS).find("asset_id", template.asset_id)
        posted = sum(account.posted for account in accounts if account.role == "stock")
        [version] = self._store.select(TEMPLATE_VERSIONS, [template.current_version_id])
        return {"stock": template.stock, "posted": posted, "body": version.body}

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """The rows as they are."""
        yield MemorySnapshot(self._store)


def _found(voucher: Voucher) -> Row:
    ids = (voucher.id, voucher.account_id, voucher.member_id, voucher.template_id)
    return (*ids, voucher.template_version_id, voucher.lot_id)


class MemorySnapshot(Snapshot):
    """What previews read, from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shelves = {_read(shelf): shelf for shelf in PREVIEWED}

    async def rows(self, query: Query, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """The instant, or rows of a shelf."""
        if query is NOW:
            return [(self._store.now,)]
        return self._store.select(self._shelves[query], parameters["asked"])
