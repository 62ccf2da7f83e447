"""Reading the campaigns that run for a member: those whose list and segment it is in, and that are not over."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from ledger.campaigns.campaign import CampaignState
from ledger.campaigns.campaign_body import CampaignBody
from ledger.campaigns.campaign_terms import Terms, terms_of
from ledger.campaigns.counts import Counter, named_counters
from ledger.campaigns.member_then import MemberThen, days_enrolled
from ledger.campaigns.own_facts import own_facts
from ledger.campaigns.rows import listed_member_id, member_list_id
from ledger.campaigns.segment import meant
from ledger.campaigns.tables import CAMPAIGN_COUNTS, CAMPAIGN_VERSIONS, CAMPAIGNS, LISTED_MEMBERS
from ledger.engine.reader import Query, Reader, Record
from ledger.members.attribute_query import attributes_of
from ledger.members.facts_query import facts_of
from ledger.members.queries import member_by_id
from ledger.programme.calendar import local_date
from ledger.programme.tables import PROGRAMMES
from ledger.tiers.tier_query import tiers_of_member

RUNNING_MAX: Final = 500


class RunningCampaign(NamedTuple):
    """A campaign that awards, under the version that holds; `since` when it came to run so. `words`: its terms text."""

    id: UUID
    code: str
    since: datetime
    number: int
    terms: Terms
    words: str
    time_zone: str

    @property
    def body(self) -> CampaignBody:
        """What the version promises."""
        return self.terms.body

    def is_over(self, now: datetime) -> bool:
        """Whether its last phase ended before the local day."""
        return all(phase.until_on < local_date(now, self.time_zone) for phase in self.body.phases)


_RUNNING = Query(
    select(
        CAMPAIGNS.c.id,
        CAMPAIGNS.c.code,
        CAMPAIGNS.c.since,
        CAMPAIGN_VERSIONS.c.number,
        CAMPAIGN_VERSIONS.c.body,
        CAMPAIGN_VERSIONS.c.terms,
        PROGRAMMES.c.time_zone,
    )
    .join(CAMPAIGN_VERSIONS, CAMPAIGN_VERSIONS.c.id == CAMPAIGNS.c.current_version_id)
    .join(PROGRAMMES, PROGRAMMES.c.id == CAMPAIGNS.c.programme_id)
    .where(CAMPAIGNS.c.programme_id == bindparam("programme_id"), CAMPAIGNS.c.state == CampaignState.RUNNING.value)
    .order_by(CAMPAIGNS.c.code)
    .limit(RUNNING_MAX)
)
_COUNTS = Query(
    select(CAMPAIGN_COUNTS.c.id, CAMPAIGN_COUNTS.c.amount).where(
        CAMPAIGN_COUNTS.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    )
)
_LISTED = Query(select(LISTED_MEMBERS.c.id).where(LISTED_MEMBERS.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))


async def running_for(reader: Reader, programme_id: UUID, member_id: UUID, now: datetime) -> Sequence[RunningCampaign]:
    """The programme's running campaigns that mean the member at `now`, by code; of the first 500."""
    asked = {"programme_id": programme_id, "member_id": member_id}
    found = [_campaign(row) for row in await reader.rows(_RUNNING, asked)]
    running = [campaign for campaign in found if not campaign.is_over(now)]
    lists = {campaign.body.member_list for campaign in running if campaign.body.member_list is not None}
    on = await _lists_of(reader, programme_id, member_id, lists) if lists else frozenset()
    running = [campaign for campaign in running if campaign.body.member_list in {None, *on}]
    if not any(campaign.body.segment for campaign in running):
        return running
    facts = await facts_of(reader, programme_id, member_id)
    then = await _member_now(reader, programme_id, member_id, now, running[0].time_zone)
    known = await attributes_of(reader, programme_id)
    counts = await _counts_of(reader, member_id, running, now)
    return [
        each
        for each in running
        if not each.body.segment
        or meant(each.terms, then, own_facts(each.terms, known, facts, counts[each.id])) is not None
    ]


async def _member_now(reader: Reader, programme_id: UUID, member_id: UUID, now: datetime, time_zone: str) -> MemberThen:
    """Where the member stands, and since when it is one."""
    tiers = await tiers_of_member(reader, programme_id, member_id)
    member = await member_by_id(reader, programme_id, member_id)
    return MemberThen(
        levels={tier.ladder: tier.level for tier in tiers},
        qualifying={tier.ladder: tier.progress.counted for tier in tiers},
        enrolled_days=0 if member is None else days_enrolled(member.enrolled_at, local_date(now, time_zone), time_zone),
    )


async def _counts_of(
    reader: Reader, member_id: UUID, running: Sequence[RunningCampaign], now: datetime
) -> Mapping[UUID, Mapping[str, int]]:
    """What the conditions of campaigns with a segment name of the member's counts, in the periods of `now`, by campaign."""
    named: dict[UUID, dict[str, Counter]] = {
        each.id: named_counters(each.terms, member_id, each.id, local_date(now, each.time_zone))
        for each in running
        if each.body.segment
    }
    ids = [counter.id for counters in named.values() for counter in counters.values()]
    amounts = {row["id"]: row["amount"] for row in await reader.rows(_COUNTS, {"ids": ids})} if ids else {}
    return {
        campaign: {variable: amounts.get(counter.id, 0) for variable, counter in counters.items()}
        for campaign, counters in named.items()
    }


async def _lists_of(reader: Reader, programme_id: UUID, member_id: UUID, codes: Collection[str]) -> Collection[str]:
    """Those of the programme's lists that the member is on."""
    asked = {listed_member_id(member_list_id(programme_id, code), member_id): code for code in codes}
    return {asked[row["id"]] for row in await reader.rows(_LISTED, {"ids": list(asked)})}


def _campaign(row: Record) -> RunningCampaign:
    return RunningCampaign(*row)._replace(terms=terms_of(row["body"]))
