"""What a rehearsal knows of the members of a page of recorded activities, read where the draft asks for it."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID

from ledger.campaigns.campaign_body import VoucherAward
from ledger.campaigns.considered import Considered
from ledger.campaigns.recorded import Recorded
from ledger.campaigns.rows import LISTED_MEMBERS, ListedMember, listed_member_id, member_list_id
from ledger.engine.preview import Preview
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.state import StandingRows, State
from ledger.members.rows import MEMBER_FACTS, MEMBERS_BY_ID, Member, MemberFacts
from ledger.programme.rows import Programme
from ledger.tiers.move import terms_at
from ledger.tiers.qualifying_query import Occurred, read_qualifying
from ledger.tiers.rows import LADDER_VERSIONS, LADDERS, STANDINGS, STEPS, LadderVersion, Standing, Step, ladder_id


class MemberRows(NamedTuple):
    """What is known of a member apart from the draft: what the bank says today, the levels held then and now, its place on
    the draft's list, and its enrolment.
    """

    facts: MemberFacts | None = None
    standings: Sequence[Standing] = ()
    steps: Sequence[Step] = ()
    listed: ListedMember | None = None
    member: Member | None = None


_NOBODY: Final = MemberRows()
_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


class Known(NamedTuple):
    """What is known of a page: rows by member, and by activity what ladders stood at when it occurred."""

    members: Mapping[UUID, MemberRows]
    qualifying: Mapping[UUID, Mapping[str, int]]

    def member(self, recorded: Recorded) -> MemberRows:
        """Whose activity it is."""
        return self.members.get(recorded.member_id, _NOBODY)

    def qualifying_of(self, recorded: Recorded) -> Mapping[str, int]:
        """What each of the ladders that the draft asks for stood at, by code."""
        return self.qualifying.get(recorded.id, _NOTHING)


async def find_known(
    reader: Reader, programme: Programme, draft: Considered, standing: StandingRows, page: Sequence[Recorded]
) -> Known:
    """What the draft asks for of the page's activities and their members; `standing` has the programme's ladders."""
    looked = [recorded for recorded in page if recorded.refund_of is None]
    has_ladders = bool(standing[LADDERS, programme.id])
    members = await _members(reader, _MemberKeys(programme.id, draft, has_ladders), looked)
    return Known(members, await _qualifying(reader, programme, draft, standing, looked))


class _MemberKeys(NamedTuple):
    """What is read of each member."""

    programme_id: UUID
    draft: Considered
    has_ladders: bool

    @property
    def list_id(self) -> UUID | None:
        code = self.draft.body.member_list
        return None if code is None else member_list_id(self.programme_id, code)

    @property
    def asks_facts(self) -> bool:
        """Whether a condition or a template asks what the bank says of members."""
        actions = [rule.action for rule in self.draft.body.rules]
        return self.draft.terms.knows_member or any(isinstance(action, VoucherAward) for action in actions)

    def of(self, ids: Collection[UUID]) -> list[Key]:
        keys: list[Key] = [MEMBER_FACTS.key(id_) for id_ in ids] if self.asks_facts else []
        keys += [MEMBERS_BY_ID.key(id_) for id_ in ids] if self.draft.terms.knows_enrolment else []
        keys += [STANDINGS.key(id_) for id_ in ids] if self.has_ladders else []
        list_id = self.list_id
        return keys + ([] if list_id is None else [LISTED_MEMBERS.key(listed_member_id(list_id, id_)) for id_ in ids])


async def _members(reader: Reader, asked: _MemberKeys, page: Sequence[Recorded]) -> Mapping[UUID, MemberRows]:
    ids = {recorded.member_id for recorded in page}
    keys = asked.of(ids)
    if not keys:
        return {}
    async with reader.snapshot() as snapshot:
        preview = Preview(snapshot)
        await preview.load(keys, lambda state: [STEPS.key(row.id) for id_ in ids for row in state.peek(STANDINGS, id_)])
    return {id_: _member(preview.state, id_, asked.list_id) for id_ in ids}


def _member(state: State, member_id: UUID, list_id: UUID | None) -> MemberRows:
    standings = state.peek(STANDINGS, member_id)
    listed = [] if list_id is None else state.peek(LISTED_MEMBERS, listed_member_id(list_id, member_id))
    return MemberRows(
        facts=next(iter(state.peek(MEMBER_FACTS, member_id)), None),
        standings=standings,
        steps=[step for standing in standings for step in state.peek(STEPS, standing.id)],
        listed=next(iter(listed), None),
        member=next(iter(state.peek(MEMBERS_BY_ID, member_id)), None),
    )


async def _qualifying(
    reader: Reader, programme: Programme, draft: Considered, standing: StandingRows, page: Sequence[Recorded]
) -> Mapping[UUID, Mapping[str, int]]:
    codes = draft.terms.qualifying
    if not codes or not page:
        return {}
    occurred = [Occurred(recorded.id, recorded.member_id, recorded.occurred_at) for recorded in page]
    found = {}
    for code in codes:
        ladder = ladder_id(programme.id, code)
        versions = [row for row in standing.get((LADDER_VERSIONS, ladder), ()) if isinstance(row, LadderVersion)]
        if versions:
            terms = terms_at(versions, programme.time_zone, page[-1].received_at)
            found[code] = await read_qualifying(reader, ladder, terms, occurred)
    return {
        each.activity_id: {code: amounts.get(each.activity_id, 0) for code, amounts in found.items()}
        for each in occurred
    }
