"""Giving a member a voucher: the template's terms, what stands against it, and the new voucher in the entry's draft."""

from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from ledger.book.account import Account
from ledger.book.draft import Draft
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import LotId
from ledger.engine.shelf import Key
from ledger.engine.state import State
from ledger.members.rows import MEMBER_FACTS
from ledger.programme.calendar import first_instant, local_date
from ledger.programme.expiry import expires_at
from ledger.programme.rows import PROGRAMMES, Programme
from ledger.tiers.held_levels import levels_at, tier_keys
from ledger.vouchers.code import SealedCode
from ledger.vouchers.counts import Purpose, count_of, count_up, require_within
from ledger.vouchers.expire import bring_forward
from ledger.vouchers.holding import Holding
from ledger.vouchers.rows import TEMPLATE_VERSIONS, TEMPLATES, VOUCHERS, Template, TemplateVersion, Voucher
from ledger.vouchers.stock import deal_imported
from ledger.vouchers.template import TemplateState
from ledger.vouchers.template_body import Stock, TemplateBody, Validity
from ledger.vouchers.template_text import parse_body
from ledger.vouchers.voucher import StoredState, template_id


class Terms(NamedTuple):
    """A template with the version that is in force."""

    programme: Programme
    template: Template
    version: TemplateVersion
    body: TemplateBody


class Period(NamedTuple):
    """From when to when; half-open."""

    start: datetime
    until: datetime


def find_terms(state: State, programme_id: UUID, template: str) -> Terms:
    """The template of that code with its current version. TEMPLATE_NOT_FOUND."""
    found = state.find(TEMPLATES, template_id(programme_id, template))
    programme = state.find(PROGRAMMES, programme_id)
    version = None if found is None else state.find(TEMPLATE_VERSIONS, found.current_version_id)
    if found is None or programme is None or version is None:
        raise Refusal(RefusalCode.TEMPLATE_NOT_FOUND)
    return Terms(programme, found, version, parse_body(version.body))


def require_live(terms: Terms) -> None:
    """TEMPLATE_NOT_LIVE."""
    if terms.template.state != TemplateState.LIVE:
        raise Refusal(RefusalCode.TEMPLATE_NOT_LIVE)


def eligibility_keys(state: State, template: UUID, member_id: UUID) -> list[Key]:
    """What `require_eligible` reads of the member; nothing where the template is for everybody."""
    for row in state.peek(TEMPLATES, template):
        for version in state.peek(TEMPLATE_VERSIONS, row.current_version_id):
            body = parse_body(version.body)
            tiers = tier_keys(state, row.programme_id, member_id) if body.tiers else ()
            return [MEMBER_FACTS.key(member_id), *tiers] if body.tiers or body.segments else []
    return []


def require_eligible(state: State, terms: Terms, member_id: UUID, now: datetime) -> None:
    """NOT_ELIGIBLE where the member has none of the tiers, or is in none of the segments, that are required.

    It has the tiers that the bank says, and the levels that it holds `now` on any ladder.
    """
    tiers, segments = set(terms.body.tiers), set(terms.body.segments)
    if not tiers and not segments:
        return
    facts = state.find(MEMBER_FACTS, member_id)
    has_tier = not tiers or (facts is not None and not tiers.isdisjoint(facts.tiers))
    has_tier = has_tier or not tiers.isdisjoint(_levels(state, terms.programme, member_id, now))
    has_segment = not segments or (facts is not None and not segments.isdisjoint(facts.segments))
    if not has_tier or not has_segment:
        raise Refusal(RefusalCode.NOT_ELIGIBLE)


def _levels(state: State, programme: Programme, member_id: UUID, now: datetime) -> list[str]:
    return [level.code for level in levels_at(state, programme, member_id, now).values()]


def require_limits(holding: Holding, terms: Terms, day: date) -> None:
    """LIMIT_REACHED where the member has had as many as the template allows by that local day."""
    count = count_of(holding.state, holding.ids.member_id, terms.template.id, Purpose.ISSUE, day)
    require_within(count, terms.body.issue_limits)


def validity_from(validity: Validity, now: datetime, time_zone: str) -> Period:
    """When a voucher that is issued `now` is good. EXPIRY_INVALID where that is over already."""
    start = now if validity.starts_on is None else max(now, first_instant(validity.starts_on, time_zone))
    until = expires_at(validity.expiry, local_date(start, time_zone), time_zone)
    if until <= start:
        raise Refusal(RefusalCode.EXPIRY_INVALID)
    return Period(start, until)


def give(
    holding: Holding,
    terms: Terms,
    source: Account,
    draft: Draft,
    validity: Period,
    deal: Callable[[UUID], SealedCode],
) -> Voucher:
    """Moves the units from `source` to the member, as a lot with a code, and counts it on the local day on which it is posted.

    deal: the code of a voucher of that id; a template of imported codes gives the next of those instead
    """
    state, units = holding.state, terms.body.units
    voucher_id, lot_id = state.ids.new(), LotId(state.ids.new())
    draft.move(source, holding.account, units)
    draft.grant(holding.account, lot_id, units, expires_at=validity.until)
    bring_forward(holding, draft, validity.until)
    is_imported = terms.template.stock == Stock.IMPORTED
    code = deal_imported(state, terms.template, voucher_id) if is_imported else deal(voucher_id)
    voucher = Voucher(
        id=voucher_id,
        programme_id=terms.programme.id,
        template_id=terms.template.id,
        template_version_id=terms.version.id,
        account_id=holding.ids.account,
        member_id=holding.ids.member_id,
        lot_id=lot_id,
        entry_id=draft.entry.id,
        code_hash=code.hash,
        code_sealed=code.sealed,
        state=StoredState.LIVE,
        units=units,
        units_left=units,
        valid_from=validity.start,
        valid_until=validity.until,
    )
    state.add(VOUCHERS, voucher)
    day = holding.local_day(draft.entry.posted_at)
    count_up(state, holding.ids.member_id, terms.template.id, Purpose.ISSUE, day)
    return voucher
