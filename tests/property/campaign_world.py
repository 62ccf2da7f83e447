"""Campaigns as rows, and what must hold of awards, counts and budgets after every step, recomputed from the activities."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from ledger.book.units import EntryId, HolderId
from ledger.campaigns.budget import TopUpBudget, budget_account_id, budget_asset_id, new_budget
from ledger.campaigns.campaign_body import AWARDS, ActionKind, CampaignBody, Period
from ledger.campaigns.campaign_rules import Nameable, require_body
from ledger.campaigns.campaign_text import body_text, parse_body
from ledger.campaigns.counts import starts_on
from ledger.campaigns.rows import (
    ACTIVITIES,
    CAMPAIGN_COUNTS,
    CAMPAIGN_STEPS,
    CAMPAIGN_VERSIONS,
    CAMPAIGNS,
    Activity,
    Award,
    Campaign,
    CampaignStep,
    CampaignVersion,
    campaign_id,
    step_id,
    version_id,
)
from ledger.campaigns.rows import (
    AWARDS as AWARD_ROWS,
)
from ledger.engine import tables
from ledger.engine.shelves import ACCOUNTS
from ledger.members.rows import MEMBER_ATTRIBUTES, MEMBERS, Member
from ledger.programme.activity_type import SHIPPED
from ledger.programme.rows import ASSETS
from ledger.tiers.ladder_body import LadderBody
from ledger.tiers.ladder_rules import require_body as require_ladder
from ledger.tiers.ladder_text import body_text as ladder_text
from ledger.tiers.rows import LADDER_VERSIONS, LADDERS, Ladder, LadderVersion, ladder_id, ladder_version_id
from ledger.vouchers.rows import VOUCHERS
from tests.property.memory_book import MemoryBook
from tests.property.world import BANK, PROGRAMME, START, member_id, named, terms


def add_ladder(book: MemoryBook, code: str, body: LadderBody) -> None:
    """A ladder that has always been there."""
    require_ladder(body, SHIPPED.get)
    id_ = ladder_id(PROGRAMME, code)
    book.add(LADDERS, Ladder(id_, PROGRAMME, code))
    book.add(LADDER_VERSIONS, LadderVersion(ladder_version_id(id_, 1), id_, PROGRAMME, 1, ladder_text(body), START))


def enrol(book: MemoryBook, name: str, at: datetime) -> None:
    """Since when one of the world's members is one."""
    book.add(MEMBERS, Member(HolderId(member_id(name)), PROGRAMME, name, at, EntryId(named("entry", name))))


def add_campaign(
    book: MemoryBook, code: str, body: CampaignBody, budget: int = 0, ladders: tuple[str, ...] = ()
) -> UUID:
    """A campaign that has run for a year, with so much in its budget for each asset; its id."""
    require_body(body, Nameable(SHIPPED.get, ladders, book.rows(MEMBER_ATTRIBUTES.table)))
    id_, since = campaign_id(PROGRAMME, code), START.replace(year=START.year - 1)
    version = CampaignVersion(version_id(id_, 1), id_, PROGRAMME, 1, body_text(body), "", since)
    book.add(CAMPAIGN_VERSIONS, version)
    book.add(CAMPAIGN_STEPS, CampaignStep(step_id(id_, 1), id_, PROGRAMME, 1, "running", version.id, since))
    book.add(CAMPAIGNS, Campaign(id_, PROGRAMME, code, "running", version.id, 1, since))
    for asset in body.budgets:
        book.add(ASSETS, terms(f"budget:{code}:{asset}", id=budget_asset_id(id_, asset), kind="budget"))
        book.add(ACCOUNTS, new_budget(PROGRAMME, id_, asset))
        if budget:
            top_up = TopUpBudget(actor=BANK, key=f"budget {code} {asset}", campaign=code, asset=asset, amount=budget)
            book.execute(top_up).unwrap()
    return id_


def left_in_budget(book: MemoryBook, code: str, asset: str = "POINTS") -> int:
    """What the campaign may still spend on the asset."""
    id_ = budget_account_id(PROGRAMME, campaign_id(PROGRAMME, code), asset)
    return sum(account.posted for account in book.rows(tables.ACCOUNTS, "id", id_))


def verify_campaigns(book: MemoryBook) -> None:
    """Raises AssertionError where awards, counts and budgets are not what the activities came to."""
    awards: list[Award] = book.rows(AWARD_ROWS.table)
    activities: dict[UUID, Activity] = {activity.id: activity for activity in book.rows(ACTIVITIES.table)}
    _verify_postings(book, awards)
    _verify_counts(book, [award for award in awards if award.original_award_id is None])
    for award in awards:
        assert activities[award.activity_id].entry_id == award.entry_id
    refunded: Counter[UUID] = Counter()
    for activity in activities.values():
        if activity.refund_of is not None:
            refunded[activity.refund_of] += activity.amount or 0
    returned: Counter[UUID] = Counter()
    for award in awards:
        if award.original_award_id is not None:
            returned[award.original_award_id] -= award.amount
    for award in awards:
        sale = activities[award.activity_id].amount
        if award.original_award_id is None and sale:
            left = sale - refunded[award.activity_id]
            assert left >= 0
            back = award.amount - award.amount * left // sale
            assert returned[award.id] in ({0, back} if award.kind == ActionKind.VOUCHER else {back})


def _verify_postings(book: MemoryBook, awards: list[Award]) -> None:
    """What awards say was issued and spent is what the postings of their entries moved."""
    roles = {account.id: account.role for account in book.rows(tables.ACCOUNTS)}
    entries = {entry.id for entry in book.rows(tables.ENTRIES) if entry.kind in {"activity", "activity_refund"}}
    points = {asset.id for asset in book.rows(ASSETS.table) if asset.kind == "points"}
    issued: Counter[object] = Counter()
    spent: Counter[object] = Counter()
    for posting in book.rows(tables.POSTINGS):
        if posting.entry_id not in entries:
            continue
        ends = {roles[posting.source_id]: 1, roles[posting.destination_id]: -1}
        if "issuance" in ends and posting.asset_id in points:
            issued[posting.entry_id, posting.asset_id] += ends["issuance"] * posting.amount
        if "budget" in ends:
            budget = posting.source_id if ends["budget"] == 1 else posting.destination_id
            spent[posting.entry_id, budget] += ends["budget"] * posting.amount
    for award in awards:
        spent[award.entry_id, award.budget_id] -= award.cost
        if award.kind == ActionKind.POINTS:
            issued[award.entry_id, award.asset_id] -= award.amount
        if award.kind == ActionKind.VOUCHER and award.original_award_id is None:
            [voucher] = book.rows(VOUCHERS.table, "id", award.voucher_id)
            assert (voucher.entry_id, voucher.member_id, award.amount) == (award.entry_id, award.member_id, 1)
    assert not any(issued.values()), issued
    assert not any(spent.values()), spent


def _verify_counts(book: MemoryBook, awards: list[Award]) -> None:
    """Every count is the sum of the awards in its period; none is above its cap."""
    codes = {asset.id: asset.code for asset in book.rows(ASSETS.table)}
    bodies = {version.id: parse_body(version.body) for version in book.rows(CAMPAIGN_VERSIONS.table)}
    sums: Counter[object] = Counter()
    limits: dict[object, int] = {}
    for award in awards:
        body = bodies[award.version_id]
        if award.kind == ActionKind.PROGRESS:
            continue
        moved = {AWARDS: 1, codes[award.asset_id]: award.amount}
        caps = [cap for cap in body.caps if cap.counter in moved]
        for counter, period in {(cap.counter, cap.period) for cap in caps}:
            counted = (award.member_id, award.campaign_id, counter, period, starts_on(period, award.local_day))
            sums[counted] += moved[counter]
            limits[counted] = min(cap.limit for cap in caps if (cap.counter, cap.period) == (counter, period))
    found = {
        (count.member_id, count.campaign_id, count.counter, Period(count.period), count.starts_on): count.amount
        for count in book.rows(CAMPAIGN_COUNTS.table)
    }
    assert sums.items() <= found.items()
    assert all(sums[counted] <= limit for counted, limit in limits.items())
    progress = {counted: amount for counted, amount in found.items() if str(counted[2]).startswith("progress:")}
    assert progress == _progress(book, bodies)


def _progress(book: MemoryBook, bodies: Mapping[UUID, CampaignBody]) -> dict[object, int]:
    """What the counters should stand at: what moved them, less what refunds took back, on the original's day."""
    awards: dict[UUID, Award] = {award.id: award for award in book.rows(AWARD_ROWS.table)}
    sums: dict[object, int] = {}
    for award in awards.values():
        if award.kind != ActionKind.PROGRESS or award.target is None:
            continue
        day = awards[award.original_award_id or award.id].local_day
        period = bodies[award.version_id].period_of(award.target)
        counted = (award.member_id, award.campaign_id, f"progress:{award.target}", period, starts_on(period, day))
        sums[counted] = sums.get(counted, 0) + award.amount
    return sums
