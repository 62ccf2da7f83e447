"""What became of an activity, as `scrip activities` tells it: lines for people, and one JSON object."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import orjson

from ledger.campaigns.campaign_body import ActionKind
from ledger.campaigns.campaign_query import VersionName, version_name
from ledger.campaigns.explain_query import Explained
from ledger.campaigns.receipt import ActivityState
from ledger.campaigns.rows import Award
from ledger.engine.reader import Reader
from ledger.programme.queries import code_of_asset


class Names(NamedTuple):
    """What awards name by an id: the campaigns' versions, and the codes of assets."""

    versions: Mapping[UUID, VersionName]
    assets: Mapping[UUID, str]


async def find_names(reader: Reader, programme_id: UUID, awards: Sequence[Award]) -> Names:
    """Everything that the awards name."""
    versions = {id_: await version_name(reader, programme_id, id_) for id_ in {award.version_id for award in awards}}
    ids = {award.asset_id for award in awards if award.asset_id is not None}
    assets = {id_: await code_of_asset(reader, programme_id, id_) for id_ in ids}
    return Names(
        {id_: name for id_, name in versions.items() if name is not None},
        {id_: code for id_, code in assets.items() if code is not None},
    )


def told_lines(found: Explained, names: Names) -> list[str]:
    """The activity, its awards, and why other campaigns awarded nothing."""
    activity = found.activity
    words = [f"{activity.occurred_at:%Y-%m-%d %H:%M:%S} UTC", activity.type]
    words += [] if activity.amount is None else [f"{activity.amount:,}"]
    words += [f"{activity.source}/{activity.source_event_id}"]
    words += [] if activity.state == ActivityState.ACCEPTED else [activity.state]
    lines = ["  ".join(words)]
    for award in found.awards:
        name = names.versions[award.version_id]
        lines.append(f"  {_amount(award, names):<20} {name.campaign} version {name.number}, rule {award.rule}")
    for skip in found.skipped:
        rule = "" if skip.rule is None else f", rule {skip.rule}"
        lines.append(f"  {skip.reason:<20} {skip.campaign} version {skip.version}{rule}")
    return lines


def _amount(award: Award, names: Names) -> str:
    """How much of what: `+15 of 19 POINTS`, `+1 voucher:COFFEE`, `+4 POINTS donated`, `+1 on buys`, `+7 on main`."""
    cut = f" of {award.wanted:,}" if 0 < award.amount < award.wanted else ""
    what = f"on {award.target}" if award.asset_id is None else names.assets[award.asset_id]
    donated = " donated" if award.kind == ActionKind.DONATION else ""
    return f"{award.amount:+,}{cut} {what}{donated}"


def plain(found: Explained, names: Names) -> dict[str, object]:
    """The same as JSON has it, with how each award came about."""
    activity = found.activity
    return {
        "id": str(activity.id),
        "type": activity.type,
        "source": activity.source,
        "event": activity.source_event_id,
        "occurredAt": activity.occurred_at.isoformat(),
        "receivedAt": activity.received_at.isoformat(),
        "state": activity.state,
        "channel": activity.channel,
        "branch": activity.branch,
        "merchantId": _text(activity.merchant_id),
        "payload": orjson.loads(activity.payload),
        "refundOf": _text(activity.refund_of),
        "awards": [_plain_award(award, names) for award in found.awards],
        "skipped": [
            {
                "campaign": skip.campaign,
                "version": skip.version,
                "phase": skip.phase,
                "rule": skip.rule,
                "variant": skip.variant,
                "reason": skip.reason,
            }
            for skip in found.skipped
        ],
    }


def _plain_award(award: Award, names: Names) -> dict[str, object]:
    name = names.versions[award.version_id]
    return {
        "id": str(award.id),
        "campaign": name.campaign,
        "version": name.number,
        "phase": award.phase,
        "rule": award.rule,
        "variant": award.variant,
        "kind": award.kind,
        "asset": None if award.asset_id is None else names.assets[award.asset_id],
        "target": award.target,
        "voucherId": _text(award.voucher_id),
        "amount": award.amount,
        "base": award.base,
        "multiplier": award.multiplier,
        "factors": orjson.loads(award.factors),
        "wanted": award.wanted,
        "inputs": orjson.loads(award.inputs),
        "headroom": orjson.loads(award.headroom),
        "cost": award.cost,
        "originalAwardId": _text(award.original_award_id),
    }


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)
