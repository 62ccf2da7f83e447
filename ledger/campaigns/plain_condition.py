"""The plainest conditions, evaluated without the library: fields compared with literals, joined by `&&` and `||`.

    activity.amount >= 5000 && (activity.category in ['fuel', 'food'] || activity.amount % 100 == 0)

Most conditions look like this, and a call into the library takes as long as forty of them. Nothing in this form can lack
a value: fields are whole numbers and texts that are there, nothing overflows, nothing is divided by zero. So `&&` and `||`
mean what they mean in Python. Whatever else a text holds, a comment say, makes it no plain condition.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ledger.campaigns.expression import Value
from ledger.programme.activity_type import FieldType

Truths = Callable[[Mapping[str, Value]], Sequence[bool]]
"""Of the variables' values: whether each of some conditions is true."""

DEPTH_MAX: Final = 20
_TOKEN: Final = re.compile(
    r"""[ \t\n\r\f]*(?:
        (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
      | (?P<number>-?(?:0|[1-9][0-9]{0,14})(?![A-Za-z0-9_.]))
      | (?P<text>'[^'"\\\n\r]*'|"[^'"\\\n\r]*")(?!['"])
      | (?P<sign>==|!=|<=|>=|<|>|&&|\|\||[()\[\],%])
    )""",
    re.VERBOSE,
)
_ORDERED: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_EQUAL: Final = frozenset({"==", "!="})


class _NotPlain(Exception):
    """The text is of no plain form."""


def compile_plain(texts: Sequence[str], variables: Sequence[FieldType]) -> Truths:
    """A function for texts of which each `is_plain`."""
    kinds = dict(variables)
    parts = [_Reader(text, kinds).read() for text in texts]
    scope: dict[str, Truths] = {}
    exec(f"def truths(v):\n    return ({', '.join(parts)},)\n", scope)  # noqa: S102 - made of what was read alone
    return scope["truths"]


def is_plain(text: str, variables: Sequence[FieldType]) -> bool:
    """Whether a condition that the library takes is of this form."""
    try:
        _Reader(text, dict(variables)).read()
    except _NotPlain:
        return False
    return True


def _tokens(text: str) -> list[tuple[str, str]]:
    """Each token with its kind."""
    found, place, end = [], 0, len(text.rstrip(" \t\n\r\f"))
    while place < end:
        token = _TOKEN.match(text, place)
        if token is None or token.lastgroup is None:
            raise _NotPlain
        found.append((token.lastgroup, token[token.lastgroup]))
        place = token.end()
    return [*found, ("end", "")]


class _Reader:
    """Reads a condition from left to right and says it in Python."""

    __slots__ = ("_depth", "_kinds", "_place", "_tokens")

    def __init__(self, text: str, kinds: Mapping[str, str]) -> None:
        self._tokens = _tokens(text)
        self._kinds = kinds
        self._place = 0
        self._depth = 0

    def read(self) -> str:
        """The whole of it; _NotPlain where it is something else."""
        said = self._any()
        self._expect("end", "")
        return said

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._place]
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def _takes(self, sign: str) -> bool:
        if self._tokens[self._place] != ("sign", sign):
            return False
        self._next()
        return True

    def _expect(self, kind: str, what: str) -> None:
        if self._next() != (kind, what):
            raise _NotPlain

    def _any(self) -> str:
        parts = [self._all()]
        while self._takes("||"):
            parts.append(self._all())
        return f"({' or '.join(parts)})"

    def _all(self) -> str:
        parts = [self._one()]
        while self._takes("&&"):
            parts.append(self._one())
        return " and ".join(parts)

    def _one(self) -> str:
        if not self._takes("("):
            return self._comparison()
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise _NotPlain
        said = self._any()
        self._expect("sign", ")")
        self._depth -= 1
        return said

    def _comparison(self) -> str:
        kind, name = self._next()
        of = self._kinds.get(name) if kind == "name" else None
        if of not in ("integer", "string"):
            raise _NotPlain
        said = f"v[{name!r}]"
        if of == "integer" and self._takes("%"):
            said = self._remainder(said)
        kind, operator = self._next()
        if (kind, operator) == ("name", "in"):
            return f"{said} in {self._list(of)}"
        if kind != "sign" or operator not in (_ORDERED if of == "integer" else _EQUAL):
            raise _NotPlain
        return f"{said} {operator} {self._literal(of)}"

    def _remainder(self, said: str) -> str:
        """With the sign of what is divided, not of the divisor."""
        by = self._literal("integer")
        if int(by) < 1:
            raise _NotPlain
        return f"({said} % {by} if {said} >= 0 else -(-{said} % {by}))"

    def _list(self, of: str) -> str:
        self._expect("sign", "[")
        parts = [self._literal(of)]
        while self._takes(","):
            parts.append(self._literal(of))
        self._expect("sign", "]")
        return f"({', '.join(parts)},)"

    def _literal(self, of: str) -> str:
        kind, text = self._next()
        if (of, kind) == ("integer", "number"):
            return str(int(text))
        if (of, kind) == ("string", "text"):
            return repr(text[1:-1])
        raise _NotPlain
