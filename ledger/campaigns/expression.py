"""Conditions in CEL: checked by name and type when a campaign is saved, compiled once, evaluated per activity.

The environment is flat: `activity.amount` is one variable, so that an unknown field or a wrong type is an error with its
position. Bounds: the length here, the depth (32) and the steps of an evaluation (10,000) in the library.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from cel_expr_python import cel

from ledger.campaigns.activity_type import FieldType

LENGTH_MAX: Final = 1000
MESSAGE_LENGTH_MAX: Final = 200
TOGETHER: Final = 25
"""As many conditions are evaluated as one list; the steps of an evaluation are bounded."""
Value = int | str | bool | list[str]
TEXTS: Final = "texts"
"""A list of texts: no payload has one, but a member does."""
_TYPES: Final = {
    "integer": cel.Type.INT,
    "string": cel.Type.STRING,
    "boolean": cel.Type.BOOL,
    TEXTS: cel.Type.List(cel.Type.STRING),
}
_DEFAULTS: Final[Mapping[str, Value]] = {"integer": 0, "string": "", "boolean": False, TEXTS: []}
_POSITION: Final = re.compile(r"<input>:(\d+):(\d+): ([^\n]*)")

MEMBER_FIELDS: Final = (FieldType("member.tiers", TEXTS), FieldType("member.segments", TEXTS))
"""What a campaign's segment may name: what the bank says of the member."""

COMMON_FIELDS: Final = (
    *MEMBER_FIELDS,
    FieldType("activity.channel", "string"),
    FieldType("activity.branch", "string"),
    FieldType("activity.merchant", "string"),
    FieldType("activity.hour", "integer"),
    FieldType("activity.weekday", "integer"),
    FieldType("activity.day", "integer"),
    FieldType("activity.month", "integer"),
    FieldType("awards.day", "integer"),
    FieldType("awards.week", "integer"),
    FieldType("awards.month", "integer"),
    FieldType("awards.quarter", "integer"),
    FieldType("awards.year", "integer"),
    FieldType("awards.total", "integer"),
)
"""What every condition may name; hour 0 to 23, weekday 1 (Monday) to 7, of the programme's zone; awards: how many the
member has had of the campaign in the local period."""


class Fault(NamedTuple):
    """Why an expression is none: a message and where it stands, both from 1."""

    message: str
    line: int
    column: int


Variables = tuple[FieldType, ...]


@lru_cache(maxsize=1024)
def variables_of(payload: tuple[FieldType, ...], progress: tuple[str, ...] = ()) -> Variables:
    """What conditions on activities with this payload may name, in a campaign with counters of these names."""
    fields = (FieldType(f"activity.{name}", kind) for name, kind in payload)
    return (*COMMON_FIELDS, *fields, *(FieldType(name, "integer") for name in progress))


@lru_cache(maxsize=1024)
def tier_fields(ladders: tuple[str, ...]) -> Variables:
    """What conditions may name of ladders of tiers: the code of the level that the member holds on each."""
    return tuple(FieldType(f"tier.{code}", "string") for code in ladders)


def find_fault(text: str, variables: Variables) -> Fault | None:
    """The first thing that is wrong with a condition; None where it is one."""
    if len(text) > LENGTH_MAX:
        return Fault("longer than 1,000 characters", 1, LENGTH_MAX + 1)
    try:
        expression = _compile(text, variables)
    except RuntimeError as error:
        return _fault(str(error))
    if expression.return_type() != cel.Type.BOOL:
        return Fault("not a condition: it gives no truth value", 1, 1)
    return _trial(expression, variables)


def _trial(expression: cel.Expression, variables: Variables) -> Fault | None:
    """What only an evaluation shows: too deep, or too many steps."""
    try:
        expression.eval(data=defaults(variables))
    except RuntimeError:
        return Fault("too deep or too long to evaluate", 1, 1)
    return None


def _fault(message: str) -> Fault:
    found = _POSITION.search(message)
    if found is None:
        return Fault("too complex", 1, 1)
    return Fault(found[3].replace(" (in container '')", "")[:MESSAGE_LENGTH_MAX], int(found[1]), int(found[2]))


def defaults(variables: Variables) -> dict[str, Value]:
    """What an absent field reads as: 0, the empty text or false."""
    return {name: _DEFAULTS[kind] for name, kind in variables}


@lru_cache(maxsize=256)
def _environment(variables: Variables) -> cel.Env:
    return cel.NewEnv(variables={name: _TYPES[kind] for name, kind in variables})


@lru_cache(maxsize=4096)
def _compile(text: str, variables: Variables) -> cel.Expression:
    return _environment(variables).compile(text)


class Asked(NamedTuple):
    """Conditions that are asked of one activity: the variables that they name, and all of them as one list in parts."""

    named: tuple[str, ...]
    parts: tuple[tuple[tuple[str, ...], cel.Expression], ...]


class Vocabulary:
    """Variables with what was worked out of them: as much as campaigns have ever held in this process."""

    __slots__ = ("_asked", "_named", "_programs", "defaults", "environment", "variables")

    def __init__(self, variables: Variables) -> None:
        self.variables = variables
        self.defaults: Mapping[str, Value] = defaults(variables)
        self.environment = _environment(variables)
        self._programs: dict[str, cel.Expression] = {}
        self._named: dict[str, tuple[str, ...]] = {}
        self._asked: dict[tuple[str, ...], Asked] = {}

    def program(self, text: str) -> cel.Expression:
        """The compiled condition."""
        found = self._programs.get(text)
        if found is None:
            found = self._programs[text] = _compile(text, self.variables)
        return found

    def named_in(self, text: str) -> tuple[str, ...]:
        """The variables that a condition may name."""
        found = self._named.get(text)
        if found is None:
            found = self._named[text] = tuple(name for name, _ in self.variables if name in text)
        return found

    def asked(self, conditions: tuple[str, ...]) -> Asked:
        """The conditions as they are evaluated together: one list costs a third of its items."""
        found = self._asked.get(conditions)
        if found is None:
            named = dict.fromkeys(name for text in conditions for name in self.named_in(text))
            texts = tuple(dict.fromkeys(text for text in conditions if text))
            parts = [texts[start : start + TOGETHER] for start in range(0, len(texts), TOGETHER)]
            together = [(part, self._together(part)) for part in parts if len(part) > 1]
            programs = tuple((part, program) for part, program in together if program is not None)
            found = self._asked[conditions] = Asked(tuple(named), programs)
        return found

    def _together(self, texts: tuple[str, ...]) -> cel.Expression | None:
        """All of them as one list; None where that goes too deep. A condition may end in a comment, up to its line."""
        try:
            return _compile("[" + ", ".join(f"({text}\n)" for text in texts) + "]", self.variables)
        except RuntimeError:
            return None


@lru_cache(maxsize=256)
def _vocabulary(variables: Variables) -> Vocabulary:
    return Vocabulary(variables)


class Facts:
    """The variables' values for one activity; `conditions` over them share one activation of what they name, each
    variable of which costs as much as an evaluation, and are evaluated together. Where one of them has no value, which
    takes it from the others of its list, each is evaluated alone.
    """

    __slots__ = ("_activation", "_conditions", "_results", "_vocabulary", "values", "variables")

    def __init__(self, variables: Variables, values: Mapping[str, Value], conditions: tuple[str, ...]) -> None:
        self.variables = variables
        self._conditions = conditions
        self._vocabulary = _vocabulary(variables)
        self.values = {**self._vocabulary.defaults, **values}
        self._activation: cel.Activation | None = None
        self._results: dict[str, bool] = {}

    def inputs_of(self, text: str) -> dict[str, object]:
        """What a condition saw."""
        values = self.values
        return {name: values[name] for name in self._vocabulary.named_in(text)}

    def holds(self, text: str) -> bool | None:
        """Whether the condition, one of `conditions`, is true; None where it has no value (a division by zero, an
        overflow).
        """
        if not text:
            return True
        if self._activation is None:
            self._activation = self._evaluate()
        result = self._results.get(text)
        return self._alone(text, self._activation) if result is None else result

    def _evaluate(self) -> cel.Activation:
        """The conditions' activation; the results of those that all have a value."""
        vocabulary = self._vocabulary
        asked = vocabulary.asked(self._conditions)
        activation = vocabulary.environment.Activation({name: self.values[name] for name in asked.named})
        for texts, program in asked.parts:
            try:
                values = program.eval(activation).plain_value()
            except RuntimeError:
                continue
            if isinstance(values, list):
                self._results |= zip(texts, values, strict=True)
        return activation

    def _alone(self, text: str, activation: cel.Activation) -> bool | None:
        try:
            value = self._vocabulary.program(text).eval(activation).value()
        except RuntimeError:
            return None
        return value if isinstance(value, bool) else None
