"""Turns: what is the same for every activity of a type on a day, worked out once for all campaigns that look at it.

Most campaigns award nothing for most activities, because no condition of theirs holds; what is then said of them is known
beforehand. Only those whose turn it is are looked at one by one (`look.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import NamedTuple

from ledger.campaigns.campaign_body import Phase, Rule
from ledger.campaigns.considered import Considered
from ledger.campaigns.receipt import Reason
from ledger.campaigns.skip import Skip, skipped, skipped_rule


class Turn(NamedTuple):
    """A campaign's turn at the activities of a day.

    opens_on: the conditions of which one must hold; None where it is looked at whatever holds
    passed:   what is said of it where none of them does
    behind:   the same where an earlier campaign of its `group` has awarded
    """

    of: Considered
    opens_on: Sequence[str] | None = None
    passed: Sequence[Skip] = ()
    group: str | None = None
    behind: Sequence[Skip] = ()


class Turns:
    """All turns in the order of the campaigns.

    conditions: everything that campaigns ask of the activity alone
    late:       how long after it occurred every campaign still looks at an activity
    """

    __slots__ = ("_always", "_begins", "_has_groups", "_opening", "_passed", "_turns", "conditions", "late")

    def __init__(self, turns: Sequence[Turn], conditions: Iterable[str]) -> None:
        self.conditions = tuple(dict.fromkeys(conditions))
        self.late = min((turn.of.terms.late for turn in turns), default=timedelta.max)
        self._turns = turns
        self._always = [place for place, turn in enumerate(turns) if turn.opens_on is None]
        self._opening = _opening(turns)
        self._has_groups = any(turn.group is not None for turn in turns)
        self._passed = [skip for turn in turns for skip in turn.passed]
        self._begins = [0, *accumulate(len(turn.passed) for turn in turns)]

    def __len__(self) -> int:
        return len(self._turns)

    def of(self, place: int) -> Considered:
        """The campaign whose turn it is."""
        return self._turns[place].of

    def open(self, not_false: Iterable[str]) -> Sequence[int]:
        """The places of the campaigns that must be looked at where of all conditions only these may hold."""
        opened = {place for text in not_false for place in self._opening.get(text, ())}
        return sorted({*self._always, *opened}) if opened else self._always

    def passed(self, first: int, end: int, groups: set[str | None]) -> Sequence[Skip]:
        """What is said of those from one place to another that are not looked at, once these groups have awarded."""
        if not (groups and self._has_groups):
            return self._passed[self._begins[first] : self._begins[end]]
        return [
            skip for turn in self._turns[first:end] for skip in (turn.behind if turn.group in groups else turn.passed)
        ]


def _opening(turns: Sequence[Turn]) -> Mapping[str, Sequence[int]]:
    opening: dict[str, list[int]] = {}
    for place, turn in enumerate(turns):
        for text in turn.opens_on or ():
            opening.setdefault(text, []).append(place)
    return opening


def turns_of(looking: Sequence[Considered], activity: str, day: date) -> Turns:
    """The turns of a local day."""
    turns, conditions = [], []
    for of in looking:
        phase = of.body.phase_on(day)
        turns.append(_turn(of, phase, activity))
        if phase is not None and of.terms.is_plain and not of.is_paused:
            conditions += [rule.when for rule in of.terms.rules[phase.code, activity] if rule.when]
    return Turns(turns, conditions)


def _turn(of: Considered, phase: Phase | None, activity: str) -> Turn:
    if of.is_paused:
        return Turn(of, (), [skipped(of, Reason.PAUSED)])
    if phase is None:
        return Turn(of, (), [skipped(of, Reason.NO_PHASE)])
    rules, group = of.terms.rules[phase.code, activity], of.body.group
    if _asks_more(of, rules):
        return Turn(of)
    passed = [skipped_rule(of, rule.code, Reason.CONDITION_FALSE, phase.code, None) for rule in rules]
    behind = [] if group is None else [skipped(of, Reason.GROUP_AWARDED)]
    whens = tuple(dict.fromkeys(rule.when for rule in rules))
    return Turn(of, whens, passed or [skipped(of, Reason.OTHER_ACTIVITY)], group, behind)


def _asks_more(of: Considered, rules: Sequence[Rule]) -> bool:
    """Whether the campaign asks for more than the truth of conditions on the activity alone."""
    body = of.body
    return (
        not of.terms.is_plain
        or not all(rule.when for rule in rules)
        or bool(body.channels or body.branches or body.segment or body.variants)
        or body.member_list is not None
        or (body.group is not None and of.terms.counts)
    )
