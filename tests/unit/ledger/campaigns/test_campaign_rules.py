"""A campaign's segment and conditions: what they name must be there and be used as what it is, or the fault has its place."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from ledger.book.refusal import Refusal
from ledger.book.units import ProgrammeId
from ledger.campaigns.campaign_body import CampaignBody, Period, Phase, PointsAward, ProgressCounter, Rule
from ledger.campaigns.campaign_rules import Nameable, require_body
from ledger.members.rows import MemberAttribute
from ledger.programme.activity_type import SHIPPED
from tests.faults_told import fault_in

NOBODY = UUID(int=0)
TYPES = {"risk": "INTEGER", "region": "TEXT", "vip": "BOOLEAN"}
KNOWN = Nameable(
    SHIPPED.get,
    ("spend",),
    [MemberAttribute(NOBODY, ProgrammeId(NOBODY), code, type_) for code, type_ in TYPES.items()],
)
RULE = Rule(code="each", activity="purchase", action=PointsAward(asset="POINTS", amount=1))
BODY = CampaignBody(
    phases=(Phase(code="all", from_on=date(2024, 1, 1), until_on=date(2024, 12, 31), rules=(RULE,)),),
    counters=(ProgressCounter(code="buys", period=Period.WEEK),),
)
GOOD = [
    "member.enrolled_days >= 90 && 'students' in member.segments",
    "qualifying.spend >= 100000 && tier.spend != 'gold'",
    "awards.total == 0 || progress.buys < 3",
    "attribute.vip && attribute.risk + 1 < 5 && attribute.region.startsWith('n')",
]
BAD = [
    ("member.enrolled_days == '90'", "1:22: found no matching overload for '_==_'"),
    ("qualifying.spent >= 1", "1:11: undeclared reference to 'qualifying.spent'"),
    ("qualifying.spend == 'gold'", "1:18: found no matching overload for '_==_'"),
    ("progress.sells < 3", "1:9: undeclared reference to 'progress.sells'"),
    ("awards.hour < 3", "1:7: undeclared reference to 'awards.hour'"),
    ("attribute.rizk < 3", "1:10: undeclared reference to 'attribute.rizk'"),
    ("attribute.vip &&\n  attribute.risk == ''", "2:18: found no matching overload for '_==_'"),
    ("attribute.region > 3", "1:18: found no matching overload for '_>_'"),
    ("attribute . risk < 3", "1:1: write 'attribute.risk' in one piece"),
]


def fault(body: CampaignBody) -> str:
    """The field that is refused, with line, column and detail where they are told; "" where none is."""
    try:
        require_body(body, KNOWN)
    except Refusal as refusal:
        return fault_in(refusal.facts) or refusal.code
    return ""


def with_when(text: str) -> CampaignBody:
    """The body with this condition of its rule."""
    return replace(BODY, phases=(replace(BODY.phases[0], rules=(replace(RULE, when=text),)),))


@pytest.mark.parametrize("text", GOOD)
def test_segments_and_conditions_may_name_the_same_of_a_member(text: str) -> None:
    """What it is, where it stands, what it had, and what the bank says of it."""
    assert fault(replace(BODY, segment=text)) == ""
    assert fault(with_when(text)) == ""


@pytest.mark.parametrize(("text", "message"), BAD)
def test_a_fault_in_either_has_its_position(text: str, message: str) -> None:
    """The line and the column, as soon as it is saved."""
    assert fault(replace(BODY, segment=text)).startswith(f"segment:{message}")
    assert fault(with_when(text)).startswith(f"phases.0.rules.0.when:{message}")


def test_a_segment_sees_nothing_of_the_activity() -> None:
    """Since it is also asked when nobody has done anything."""
    assert fault(replace(BODY, segment="activity.amount > 5")).startswith("segment:1:9: undeclared reference")
