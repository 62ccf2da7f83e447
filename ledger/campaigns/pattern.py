r"""Regular expressions in conditions, checked when a campaign is saved: what `matches` is called with, and what that costs.

The library matches by RE2: no text makes it slow, but it compiles a pattern each time it meets it, and bounds that at
8 MiB only, which takes 0.6 s for `\pL{400}`. So patterns are written as literals, are few and small, and stand in no walk
through a list.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from cel_expr_python import cel

from ledger.campaigns.wire import Message

PATTERNS_MAX: Final = 2
_NAMED: Final = "regular expression: "
COPIES: Final = (16, 256)
"""So many of a pattern must fit into what the library takes: then one compiles within about 2 ms. The larger a pattern, the
fewer show it.
"""

# Fields of `cel.expr.CheckedExpr` (cel-spec, proto/cel/expr/checked.proto and syntax.proto), which the library wraps in
# an `Any`.
_ANY_VALUE: Final = 2
_ROOT, _SOURCE, _POSITIONS = 4, 5, 4
_ID, _CONST, _CALL, _STRUCT, _LOOP = 2, 3, 6, 8, 9
_FUNCTION, _ARGUMENTS, _TEXT = 2, 3, 6
_INSIDE: Final[Mapping[int, tuple[int, ...]]] = {5: (1,), _CALL: (1, 3), 7: (1,), _LOOP: (2, 4, 5, 6, 7)}
"""Where a selection, a call, a list and a loop keep the expressions that they are made of."""
_ENTRIES, _IN_ENTRY = 2, (3, 4)
_EACH_TIME: Final = (5, 6)
"""What a loop evaluates once for each member of its list."""


class PatternFault(NamedTuple):
    """Why a condition's regular expression is none, and at which of the condition's characters, from 0."""

    message: str
    place: int


class _Use(NamedTuple):
    """A call of `matches`; pattern: None where it is no literal."""

    pattern: str | None
    place: int
    is_walked: bool


def find_pattern_fault(serialized: bytes) -> PatternFault | None:
    """The first thing that is wrong with the regular expressions of a compiled condition."""
    if b"matches" not in serialized:
        return None
    uses = sorted(_uses(serialized), key=lambda use: use.place)
    for number, (pattern, place, is_walked) in enumerate(uses):
        if number == PATTERNS_MAX:
            return PatternFault("has more than two regular expressions", place)
        if is_walked:
            return PatternFault("a regular expression for each of a list", place)
        if pattern is None:
            return PatternFault("a regular expression stands here as one text", place)
        message = _fault_of(pattern)
        if message is not None:
            return PatternFault(message, place)
    return None


@lru_cache(maxsize=1)
def _trial() -> cel.Expression:
    return cel.NewEnv(variables={"pattern": cel.Type.STRING}).compile("''.matches(pattern)")


@lru_cache(maxsize=1024)
def _fault_of(pattern: str) -> str | None:
    """Why the library would not match it, or only slowly."""
    for text in (pattern, *(f"(?:{pattern})" * copies for copies in COPIES)):
        found = _trial().eval(data={"pattern": text})
        if found.type() == cel.Type.ERROR:
            error = str(found.value())
            is_large = "too large" in error
            return (
                "too large a regular expression" if is_large else f"no regular expression: {error.partition(_NAMED)[2]}"
            )
    return None


# -- the compiled condition --------------------------------------------------------------------------------------------


def _uses(serialized: bytes) -> Iterator[_Use]:
    """Every call of `matches`, in no order."""
    checked = Message(serialized).part(_ANY_VALUE)
    positions = {entry.number(1): entry.number(2) for entry in checked.part(_SOURCE).parts(_POSITIONS)}
    open_ = [(checked.part(_ROOT), False)]
    while open_:
        expression, is_walked = open_.pop()
        call = expression.part(_CALL)
        if call.text(_FUNCTION) == "matches":
            argument = call.parts(_ARGUMENTS)[-1]
            yield _Use(argument.part(_CONST).text(_TEXT), positions[argument.number(_ID)], is_walked)
        open_ += _inside(expression, is_walked=is_walked)


def _inside(expression: Message, *, is_walked: bool) -> Iterator[tuple[Message, bool]]:
    """The expressions that it is made of, and whether each is evaluated for each member of a list."""
    for kind, fields in _INSIDE.items():
        for of in expression.parts(kind):
            for field in fields:
                is_each = is_walked or (kind == _LOOP and field in _EACH_TIME)
                yield from ((part, is_each) for part in of.parts(field))
    for entry in expression.part(_STRUCT).parts(_ENTRIES):
        yield from ((part, is_walked) for field in _IN_ENTRY for part in entry.parts(field))
