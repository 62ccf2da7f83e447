"""What a campaign must look like. Pure; every breach is INVALID_INPUT with its field, as the caller knows it.

A faulty condition is named with its position: `phases.0.rules.1.when:1:9`.
"""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from ledger.book.refusal import refuse_input
from ledger.book.units import is_amount
from ledger.campaigns.action_rules import require_action, require_counters
from ledger.campaigns.campaign_body import AWARDS, CampaignBody, Cap, Phase, Rule
from ledger.campaigns.expression import (
    SEGMENT_FIELDS,
    Variables,
    attribute_fields,
    counter_fields,
    find_fault,
    qualifying_fields,
    tier_fields,
    variables_of,
)
from ledger.members.rows import MemberAttribute
from ledger.programme.activity_type import REFUND, TypeOf
from ledger.programme.input_rules import require_code, require_different, require_text

PHASES_MAX: Final = 20
RULES_MAX: Final = 50
RULES_IN_ALL_MAX: Final = 200
"""Their conditions are compiled in each process when an activity first meets them: 5 to 30 ms each."""
LIST_MAX: Final = 500
CAPS_MAX: Final = 20
VARIANTS_MAX: Final = 10
WEIGHT_MAX: Final = 10_000
PRIORITY_MAX: Final = 1000
LATE_HOURS_MAX: Final = 31 * 24
CODE_LENGTH_MAX: Final = 64
CAMPAIGN_CODE_LENGTH_MAX: Final = 32


class Nameable(NamedTuple):
    """What a programme has that its campaigns may name: types of activities, ladders by code, attributes of members."""

    type_of: TypeOf
    ladders: Collection[str] = ()
    attributes: Sequence[MemberAttribute] = ()


def require_campaign_code(code: str) -> None:
    """A code of at most 32 characters."""
    require_code(code, length_max=CAMPAIGN_CODE_LENGTH_MAX)


def require_body(body: CampaignBody, known: Nameable) -> None:
    """Every part within its range, and none that contradicts another."""
    require_different("phases", body.phases, most=PHASES_MAX)
    require_different("caps", body.caps, most=CAPS_MAX)
    require_different("variants", body.variants, most=VARIANTS_MAX)
    for name in ("channels", "branches", "budgets"):
        listed: Sequence[str] = getattr(body, name)
        require_different(name, listed, most=LIST_MAX)
        for text in listed:
            require_text(name, text, length_max=CODE_LENGTH_MAX)
    _require_codes("variants", [variant.code for variant in body.variants])
    if any(not 1 <= variant.weight <= WEIGHT_MAX for variant in body.variants):
        refuse_input("variants.weight")
    if abs(body.priority) > PRIORITY_MAX:
        refuse_input("priority")
    if not 0 <= body.late_hours <= LATE_HOURS_MAX:
        refuse_input("lateHours")
    if body.group is not None:
        require_text("group", body.group, length_max=CODE_LENGTH_MAX)
    if not set(body.budgets) <= body.assets:
        refuse_input("budgets")
    require_counters(body)
    _require_condition("segment", body.segment, (*SEGMENT_FIELDS, *_own_fields(body, known)))
    _require_phases(body, known)
    for number, cap in enumerate(body.caps):
        _require_cap(f"caps.{number}", cap, body)


def _require_phases(body: CampaignBody, known: Nameable) -> None:
    if not body.phases or len(body.rules) > RULES_IN_ALL_MAX:
        refuse_input("phases")
    _require_codes("phases", [phase.code for phase in body.phases])
    before: Phase | None = None
    for number, phase in enumerate(body.phases):
        if phase.until_on < phase.from_on or (before is not None and phase.from_on <= before.until_on):
            refuse_input(f"phases.{number}.fromOn")
        before = phase
        require_different(f"phases.{number}.rules", phase.rules, most=RULES_MAX)
        _require_codes(f"phases.{number}.rules", [rule.code for rule in phase.rules])
        for place, rule in enumerate(phase.rules):
            _require_rule(f"phases.{number}.rules.{place}", rule, body, known)


def _require_rule(field: str, rule: Rule, body: CampaignBody, known: Nameable) -> None:
    type_ = known.type_of(rule.activity)
    if type_ is None or type_.code == REFUND:
        refuse_input(f"{field}.activity")
    if not set(rule.variants) <= {variant.code for variant in body.variants}:
        refuse_input(f"{field}.variants")
    require_action(field, rule, body, type_, known.ladders)
    _require_condition(f"{field}.when", rule.when, (*variables_of(type_.fields), *_own_fields(body, known)))


def _own_fields(body: CampaignBody, known: Nameable) -> Variables:
    """What the segment and every rule may name beside what all programmes' campaigns may."""
    counters = counter_fields(counter.code for counter in body.counters)
    codes = tuple(sorted(known.ladders))
    return (*counters, *tier_fields(codes), *qualifying_fields(codes), *attribute_fields(known.attributes))


def _require_condition(field: str, text: str, variables: Variables) -> None:
    fault = find_fault(text, variables) if text else None
    if fault is not None:
        refuse_input(field, line=fault.line, column=fault.column, detail=fault.message)


def _require_cap(field: str, cap: Cap, body: CampaignBody) -> None:
    if cap.counter != AWARDS and cap.counter not in body.assets:
        refuse_input(f"{field}.counter")
    if not is_amount(cap.limit):
        refuse_input(f"{field}.limit")


def _require_codes(field: str, codes: Sequence[str]) -> None:
    require_different(field, codes, most=LIST_MAX)
    for code in codes:
        require_text(field, code, length_max=CODE_LENGTH_MAX)
