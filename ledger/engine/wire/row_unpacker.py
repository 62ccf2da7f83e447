"""Rows out of PostgreSQL's binary form: for each statement a function is made that unpacks one row of its answer.

A row is a count of columns, then of each column its length and its bytes; NULL has the length -1. Neighbours of one
width that cannot be NULL are unpacked in one call, as `row_packer` packs them.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from struct import Struct
from typing import Final, NamedTuple, TypeVar

from asyncpg.pgproto.pgproto import UUID as DriverUUID  # noqa: N811

from ledger.engine.wire.arrays import decode_networks, decode_texts
from ledger.engine.wire.instants import EPOCH, INSTANTS
from ledger.engine.wire.row_packer import Column, UnknownTypeError

R = TypeVar("R")
Make = Callable[[Iterable[object]], R]
"""Makes a row of its values, in the order of the columns."""
NOT_SO: Final = (ValueError, OverflowError, struct.error)
"""What an unpacker raises where a column is NULL that cannot be."""


class _Fixed(NamedTuple):
    """A type of one width: how `struct` calls it, and the expression of what `struct` gives."""

    form: str
    expression: str = "{v}"


_FIXED: Final[dict[int, _Fixed]] = {
    16: _Fixed("?"),
    20: _Fixed("q"),
    21: _Fixed("h"),
    23: _Fixed("i"),
    1082: _Fixed("i", "day({v})"),
    1184: _Fixed("8s", "instants[{v}]"),
    2950: _Fixed("16s", "uuid({v})"),
}
_VARYING: Final[dict[int, str]] = {17: "{v}", 25: "{v}.decode()", 651: "networks({v})", 1009: "texts({v})"}
"""By the type's object id: the expression of what its bytes say."""


def row_unpacker(columns: Sequence[Column], make: Make[R]) -> Callable[[bytes], R]:
    """A function that makes rows of these columns. UnknownTypeError for a type that has no form here."""
    source = _Source()
    for n, column in enumerate(columns):
        if column.oid not in _FIXED and column.oid not in _VARYING:
            raise UnknownTypeError(f"no form for values of the type {column.oid}")
        if not column.is_required:
            source.add_optional(column.oid, f"v{n}")
        elif column.oid in _FIXED:
            source.add_fixed(_FIXED[column.oid], f"v{n}")
        else:
            source.add_varying(_VARYING[column.oid], f"v{n}")
    return source.compiled(make)


class _Source:
    """The source of an unpacker, column by column. A run is one call of `Struct.unpack_from`, with the length of what
    comes behind it.
    """

    def __init__(self) -> None:
        self._scope: dict[str, object] = {
            "day": _day,
            "instants": INSTANTS,
            "networks": decode_networks,
            "texts": decode_texts,
            "uuid": DriverUUID,
        }
        self._lines: list[str] = []
        self._values: list[str] = []
        self._run = "!2x"
        self._names: list[str] = []

    def add_fixed(self, fixed: _Fixed, v: str) -> None:
        """A value of one width."""
        self._run += f"4x{fixed.form}"
        self._names.append(v)
        self._values.append(fixed.expression.format(v=v))

    def add_varying(self, expression: str, v: str) -> None:
        """A value of any length."""
        self._end_run_with_length()
        self._lines += (f"{v} = data[at : at + length]", "at += length")
        self._values.append(expression.format(v=v))

    def add_optional(self, oid: int, v: str) -> None:
        """A value that may be NULL."""
        self._end_run_with_length()
        self._lines += (
            "if length < 0:",
            f"    {v} = None",
            "else:",
            f"    {v} = {self._alone(oid)}",
            "    at += length",
        )
        self._values.append(v)

    def compiled(self, make: Make[R]) -> Callable[[bytes], R]:
        """The function."""
        if self._names:
            self._end_run()
        self._scope["make"] = make
        lines = ["at = 0", *self._lines, "if at != len(data):", "    raise ValueError('no such row')"]
        values = "".join(f"{value}, " for value in self._values)
        source = "def unpack(data):\n    " + "\n    ".join(lines) + f"\n    return make(({values}))\n"
        exec(source, self._scope)  # noqa: S102 - made of numbers only
        made: Callable[[bytes], R] = self._scope["unpack"]  # type: ignore[assignment]
        return made

    def _alone(self, oid: int) -> str:
        if oid in _VARYING:
            return _VARYING[oid].format(v="data[at : at + length]")
        form, expression = _FIXED[oid]
        if form.endswith("s"):
            return expression.format(v="data[at : at + length]")
        name = f"alone{len(self._scope)}"
        self._scope[name] = Struct(f"!{form}").unpack_from
        return expression.format(v=f"{name}(data, at)[0]")

    def _end_run_with_length(self) -> None:
        self._run += "i"
        self._names.append("length")
        self._end_run()

    def _end_run(self) -> None:
        run = Struct(self._run)
        name = f"run{len(self._scope)}"
        self._scope[name] = run.unpack_from
        self._lines += (f"{', '.join(self._names)}, = {name}(data, at)", f"at += {run.size}")
        self._run, self._names = "!", []


def _day(days: int) -> date:
    return date.fromordinal(days + EPOCH.toordinal())
