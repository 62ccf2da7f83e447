"""Tiers as activities meet them: an activity is priced at the levels held when it occurred, and counts on ladders once it
is awarded (semantics 6.6).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ledger.campaigns.campaign_body import ActionKind
from ledger.campaigns.rows import Activity, Award
from ledger.engine.command import Actor
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.state import State
from ledger.points.due import settle_due
from ledger.points.wallet import Wallet, WalletIds
from ledger.programme.rows import ASSETS, Programme
from ledger.tiers.activity_credit import Deed, Field, credit_activity
from ledger.tiers.held_levels import is_tier_due, settle_tiers, tier_keys
from ledger.tiers.rows import CREDITS, LADDERS


def refund_tier_keys(state: State, programme_id: UUID, member_id: UUID, original_id: UUID) -> Sequence[Key]:
    """Where the member stands, and what the original brought; nothing where the programme has no ladder."""
    keys = tier_keys(state, programme_id, member_id)
    return [*keys, CREDITS.key(original_id)] if keys else []


def settle_before(
    state: State, programme: Programme, member_id: UUID, wallets: Sequence[WalletIds], now: datetime
) -> None:
    """Lets everything happen to the member's tiers that time alone has brought; first what fell due on its wallets at
    the same midnights (semantics 6.8).
    """
    if not is_tier_due(state, programme, member_id, now):
        return
    for ids in wallets:
        asset = state.find(ASSETS, ids.asset_id)
        if asset is not None and state.find(ACCOUNTS, ids.wallet) is not None:
            settle_due(Wallet(state, programme, asset, ids), now)
    settle_tiers(state, programme, member_id, now)


def count_activity(
    state: State,
    programme: Programme,
    actor: Actor,
    activity: Activity,
    payload: Mapping[str, Field],
    awards: Sequence[Award],
) -> Collection[str]:
    """Counts the activity with its awards on every ladder that looks at it; returns the codes of those that took what
    rules credit.
    """
    if not state.rows(LADDERS, programme.id):
        return ()
    points: dict[UUID, int] = {}
    by_rule: dict[str, int] = {}
    for award in awards:
        if award.kind == ActionKind.TIER_CREDIT and award.target is not None:
            by_rule[award.target] = by_rule.get(award.target, 0) + award.amount
        if award.kind == ActionKind.POINTS and award.asset_id is not None:
            points[award.asset_id] = points.get(award.asset_id, 0) + award.amount
    deed = Deed(
        activity_id=activity.id,
        type=activity.type,
        occurred_at=activity.occurred_at,
        local_day=activity.local_day,
        amount=activity.amount,
        payload=payload,
        points=points,
        by_rule=by_rule,
    )
    return credit_activity(state, programme, actor, activity.member_id, deed, activity.received_at)
