"""Records of the usual shape, read by one pattern in a quarter of the time that JSON takes.

The pattern is the canonical form spelled out: members in their order, no blank, no escape, no number that could be
written otherwise. So whatever it takes is a record in canonical form, and `entry_reading` would read the same in it (a
test compares). What it does not take may be a record all the same: `entry_reading` decides, and it alone refuses.
"""

import re
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

# Quoted texts hold no quote and no escape, so a quote in a match always ends or begins a text.
_TEXT: Final = rb"[ !#-\[\]-~\x80-\xff]*+"
# What a spreadsheet would take for a formula, in its usual or its full-width form, is left to `entry_reading`.
_CELL: Final = rb'"(?![=+\-@\xef])(%b)"' % _TEXT
_INTEGER: Final = rb"(?:0|-?[1-9][0-9]{0,14}+)"
_SEQ: Final = rb"[1-9][0-9]{0,14}+"
_ID: Final = rb"[0-9a-f-]++"
_FACT: Final = rb'[A-Za-z_][0-9A-Za-z_]*+":(?:%b|"[ !#-+\--\[\]-~\x80-\xff]*+")' % _INTEGER


def _listed(item: bytes, between: bytes) -> bytes:
    """One item or more, as one group without the brackets around."""
    return rb"(%b(?:%b%b)*+)" % (item, between, item)


def _perhaps(name: bytes, value: bytes) -> bytes:
    return rb'(?:"%b":%b,)?+' % (name, value)


_PART: Final = rb'\[\{"epoch":"(%b)","hash":"([0-9a-f]{64})","name":%b,"subject":"(%b)","suite":1\}\]' % (
    _TEXT,
    _CELL,
    _TEXT,
)
_RECORD: Final = re.compile(
    rb'\{"actor":%b,"at":%b,' % (_CELL, _CELL)
    + _perhaps(b"balances", rb"\[\[(?!-)%b\]\]" % _listed(rb"%b,%b" % (_INTEGER, _INTEGER), rb"\],\["))
    + rb'"class":%b,' % _CELL
    + _perhaps(b"client", _CELL)
    + _perhaps(b"code", _CELL)
    + _perhaps(b"facts", rb'\{"%b\}' % _listed(_FACT, rb',"'))
    + _perhaps(b"flows", rb'\[\["(?!-)%b\]\]' % _listed(rb'%b",%b' % (_ID, _INTEGER), rb'\],\["'))
    + rb'"id":"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})","origin":%b,"outcome":%b,'
    % (_CELL, _CELL)
    + _perhaps(b"parts", _PART)
    + _perhaps(b"programme", _CELL)
    + _perhaps(b"request", _CELL)
    + _perhaps(b"resource", _CELL)
    + _perhaps(b"streams", rb'\[\["(?!-)%b\]\]' % _listed(rb'%b",%b' % (_ID, _SEQ), rb'\],\["'))
    + _perhaps(b"subjects", rb'\["(?!-)%b"\]' % _listed(_ID, rb'","'))
    + rb'"type":%b,"v":1\}' % _CELL
).fullmatch


class PlainRecord(NamedTuple):
    """What a record says.

    recorded, stated: when it was recorded and which time it states, in milliseconds since 1970
    cells:            its line in the spreadsheet
    streams:          its streams as they stand there, from the first stream's name to the last one's version
    part:             event, name, hash, subject and epoch of its part
    """

    recorded: int
    stated: int
    type: bytes
    cells: bytes
    streams: bytes
    part: tuple[bytes, bytes, bytes, bytes, bytes] | None


def read_plain(index: int, line: bytes) -> PlainRecord | None:
    """The record; None where the line is none, or one of another shape."""
    found = _RECORD(line)
    if found is None or not (line.isascii() or _is_text(line)):
        return None
    (
        actor, at, balances, class_, client, code, facts, flows, identity, origin, outcome,
        epoch, digest, part, subject, programme, request, resource, streams, subjects, type_,
    ) = found.groups(b"")  # fmt: skip
    told = _facts(facts)
    stated = _milliseconds(at)
    if told is None or stated is None:
        return None
    cells = b'","'.join((
        b'"%d' % index, identity, at, type_, outcome, code, actor, client, class_, origin, programme, resource, request,
        subjects.replace(b'","', b" "), _pairs(streams), balances.replace(b"],[", b" ").replace(b",", b":"),
        _pairs(flows) if flows else b"", told, part + b'"\r\n',
    ))  # fmt: skip
    said = (identity, part, digest, subject, epoch) if digest else None
    return PlainRecord(int(identity[:8] + identity[9:13], 16), stated, type_, cells, streams, said)


def _facts(listed: bytes) -> bytes | None:
    """As `name=value; name=value`; None where a name may stand there twice, or before its place."""
    if b':"' in listed:
        listed = listed.replace(b'":"', b"=").replace(b'","', b"; ").rstrip(b'"')
    found = listed.replace(b',"', b"; ").replace(b'":', b"=")
    if b";" in found:
        # A text that looks like two facts may hide that they ascend, and never that they do not.
        names = [fact.partition(b"=")[0] for fact in found.split(b"; ")]
        if any(before >= after for before, after in pairwise(names)):
            return None
    return found


def _pairs(listed: bytes) -> bytes:
    return listed.replace(b'],["', b" ").replace(b'",', b":")


def _is_text(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@lru_cache(maxsize=1024)
def _milliseconds(text: bytes) -> int | None:
    """Events of one batch state one time. None where it is none, or lacks its offset."""
    try:
        stated = datetime.fromisoformat(text.decode("utf-8"))
    except ValueError:
        return None
    return None if stated.tzinfo is None else int(stated.timestamp() * 1000)
