"""Conditions in CEL: checked by name and type when a campaign is saved; how they are evaluated stands in `facts.py`.

The environment is flat: `activity.amount` is one variable, so that an unknown field or a wrong type is an error with its
position. Bounds: the length and the lists walked here, the depth (32) and the steps of an evaluation (10,000) in the
library.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from cel_expr_python import cel

from ledger.campaigns.pattern import find_pattern_fault
from ledger.members.rows import AttributeType, MemberAttribute
from ledger.programme.activity_type import FieldType

LENGTH_MAX: Final = 1000
WALKS_MAX: Final = 2
"""Lists that a condition walks: each may multiply a text's length by some hundred, which the library does not bound."""
MESSAGE_LENGTH_MAX: Final = 200
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
_KINDS: Final[Mapping[AttributeType, str]] = {
    AttributeType.TEXT: "string",
    AttributeType.INTEGER: "integer",
    AttributeType.BOOLEAN: "boolean",
}
_POSITION: Final = re.compile(r"<input>:(\d+):(\d+): ([^\n]*)")
_WALK: Final = re.compile(r"\b(?:all|exists|exists_one|filter|map)\s*(?:\(|//)")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?")
_GAP: Final = r"(?:\s|`|//[^\n]*\n)*"
_PRESENCE: Final = re.compile(rf"\bhas{_GAP}\({_GAP}({_NAME.pattern})")

ON_FILE: Final = (FieldType("member.tiers", TEXTS), FieldType("member.segments", TEXTS))
"""What the bank says of the member."""

ENROLLED_DAYS: Final = FieldType("member.enrolled_days", "integer")
"""Whole local days from the member's enrolment to the activity's day; 0 on the day itself, and before it."""

COUNT_FIELDS: Final = (
    FieldType("awards.day", "integer"),
    FieldType("awards.week", "integer"),
    FieldType("awards.month", "integer"),
    FieldType("awards.quarter", "integer"),
    FieldType("awards.year", "integer"),
    FieldType("awards.total", "integer"),
)
"""How many awards the member has had of the campaign in the local period."""

ATTRIBUTE: Final = "attribute"
"""What the bank says of the member under a name of the programme's own is named `attribute.CODE`."""

QUALIFYING: Final = "qualifying"
"""What ladders stand at is named `qualifying.LADDER`."""

SEGMENT_FIELDS: Final = (*ON_FILE, ENROLLED_DAYS, *COUNT_FIELDS)
"""What every segment may name: nothing of the activity."""

COMMON_FIELDS: Final = (
    *SEGMENT_FIELDS,
    FieldType("activity.channel", "string"),
    FieldType("activity.branch", "string"),
    FieldType("activity.merchant", "string"),
    FieldType("activity.hour", "integer"),
    FieldType("activity.weekday", "integer"),
    FieldType("activity.day", "integer"),
    FieldType("activity.month", "integer"),
)
"""What every rule's condition may name; hour 0 to 23, weekday 1 (Monday) to 7, of the programme's zone."""


class Fault(NamedTuple):
    """Why an expression is none: a message and where it stands, both from 1."""

    message: str
    line: int
    column: int


Variables = tuple[FieldType, ...]


@lru_cache(maxsize=1024)
def variables_of(payload: tuple[FieldType, ...]) -> Variables:
    """What conditions on activities with this payload may name, whatever the campaign."""
    return (*COMMON_FIELDS, *(FieldType(f"activity.{name}", kind) for name, kind in payload))


def counter_fields(codes: Iterable[str]) -> Variables:
    """What conditions may name of a campaign's own counters."""
    return tuple([FieldType(progress_variable(code), "integer") for code in codes])


def progress_variable(counter: str) -> str:
    """How a condition names a counter."""
    return f"progress.{counter}"


@lru_cache(maxsize=1024)
def tier_fields(ladders: tuple[str, ...]) -> Variables:
    """What conditions may name of ladders of tiers: the code of the level that the member holds on each."""
    return tuple(FieldType(f"tier.{code}", "string") for code in ladders)


@lru_cache(maxsize=1024)
def qualifying_fields(ladders: tuple[str, ...]) -> Variables:
    """What they may name besides: what the ladder's metric stands at for the member, in its window."""
    return tuple(FieldType(f"{QUALIFYING}.{code}", "integer") for code in ladders)


def attribute_fields(attributes: Iterable[MemberAttribute]) -> Variables:
    """What they may name of the attributes that the programme keeps of members."""
    return tuple([FieldType(f"{ATTRIBUTE}.{each.code}", _KINDS[AttributeType(each.type)]) for each in attributes])


def find_fault(text: str, variables: Variables) -> Fault | None:
    """The first thing that is wrong with a condition; None where it is one."""
    if len(text) > LENGTH_MAX:
        return Fault("longer than 1,000 characters", 1, LENGTH_MAX + 1)
    presence = _fault_of_presence(text, variables)
    if presence is not None:
        return presence
    try:
        expression = compile_text(text, variables)
    except RuntimeError as error:
        return _fault(str(error))
    if expression.return_type() != cel.Type.BOOL:
        return Fault("not a condition: it gives no truth value", 1, 1)
    return _fault_of_text(text, expression, variables) or _trial(expression, variables)


def _fault_of_presence(text: str, variables: Variables) -> Fault | None:
    """Where `has` asks whether a variable is there. None ever lacks, and the library would take `has(attribute.vip)` for
    `attribute.vip` itself.
    """
    names = {name for name, _ in variables}
    for found in _PRESENCE.finditer(text):
        if found[1] in names:
            return _fault_at(text, found.start(), f"no 'has' here: '{found[1]}' reads as empty where it is absent")
    return None


def _fault_of_text(text: str, expression: cel.Expression, variables: Variables) -> Fault | None:
    """What the library takes and we do not: too many walks, names in pieces, a character that texts cannot keep, a regular
    expression that is none.
    """
    walks = list(_WALK.finditer(text))
    if len(walks) > WALKS_MAX:
        return _fault_at(text, walks[WALKS_MAX].start(), "walks through more than two lists")
    if "\x00" in text:
        return _fault_at(text, text.index("\x00"), "a character that no text has")
    checked, names = expression.serialize(), names_in(text)
    for name, _ in variables:
        # Names are looked for in the text: `activity . amount` would be read as nothing. What is checked tells lengths.
        if name not in names and bytes([len(name)]) + name.encode() in checked:
            pieces = re.search(name.replace(".", rf"{_GAP}\.{_GAP}") + r"\b", text)
            return _fault_at(text, 0 if pieces is None else pieces.start(), f"write '{name}' in one piece")
    pattern = find_pattern_fault(checked)
    return None if pattern is None else _fault_at(text, pattern.place, pattern.message)


def names_in(text: str) -> frozenset[str]:
    """Every name in a condition, with the part after its dot: what a variable is named by."""
    return frozenset(_NAME.findall(text))


def _fault_at(text: str, place: int, message: str) -> Fault:
    before = text[:place]
    return Fault(message, before.count("\n") + 1, place - before.rfind("\n"))


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
def environment_of(variables: Variables) -> cel.Env:
    """What declares these variables."""
    return cel.NewEnv(variables={name: _TYPES[kind] for name, kind in variables})


@lru_cache(maxsize=4096)
def compile_text(text: str, variables: Variables) -> cel.Expression:
    """The expression over these variables; RuntimeError where it is none."""
    return environment_of(variables).compile(text)
