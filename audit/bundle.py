"""Bundles: what an auditor gets of the log, as a ZIP archive of text files that any tool can read.

| file            | one line is                                                                                       |
|-----------------|---------------------------------------------------------------------------------------------------|
| `manifest`      | a C2SP signed note: what was asked for, by whom, and the hash of every other file                  |
| `checkpoint`    | the log's C2SP checkpoint that everything here is proven against                                   |
| `entries.jsonl` | an entry's canonical bytes, whose RFC 6962 leaf hash is SHA-256(0x00 ‖ line without its line end)   |
| `indexes`       | the place of the entry of the same line in the log, from 0, ascending                              |
| `nodes`         | `height index hash`: the complete subtrees that lead from the entries to the checkpoint's root     |
| `parts.jsonl`   | `{"event", "name", "sealed"}`: a sealed part as stored, in base64                                  |
| `heads`         | `stream seq`: the newest sequence number of a stream of which every entry is here                  |
| `entries.csv`   | the entries once more, for spreadsheets; `csv_text` says how it follows from the entries           |

Only the standard library is used here: `scrip-audit-verify.pyz` holds this module.
"""

import io
import json
import re
import zipfile
import zlib
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from binascii import a2b_base64
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import ClassVar, Final, NamedTuple

from audit.merkle import HASH_BYTES, Subtree
from audit.plain_archive import file_names

FORMAT: Final = "scrip/audit-bundle/v1"
SEALED_HEADER: Final = b"scrip/sealed-audit-bundle/v1\n"
"""How a bundle begins that is sealed for its way to the auditor."""
MANIFEST: Final = "manifest"
CHECKPOINT: Final = "checkpoint"
ENTRIES: Final = "entries.jsonl"
INDEXES: Final = "indexes"
NODES: Final = "nodes"
PARTS: Final = "parts.jsonl"
HEADS: Final = "heads"
CSV: Final = "entries.csv"
SIGNED: Final = (CHECKPOINT, ENTRIES, INDEXES, NODES, PARTS, HEADS, CSV)
"""The files whose hashes stand in the manifest; there are no others."""
UNPACKED_BYTES_MAX: Final = 4 * 2**30
LINES_MAX: Final = 2**24
"""How many lines a file may have. Reading one takes a hundred times the memory of the shortest."""
RATIO_MAX: Final = 50
"""How many times its packed size a file may have. What is random in entries (ids, digests) does not compress: they come
to about ten times.
"""
_RATIO_FREE_BYTES: Final = 2**20
"""What any file may have, however well it is packed."""
_UNPACKING_THREADS: Final = 2
"""The two large files are unpacked side by side: inflating needs no interpreter."""
_COMPRESSIONS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
HEIGHT_MAX: Final = 63
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)

Files = Mapping[str, bytes]
"""A bundle's files by their names."""


class BundleUnreadable(Exception):
    """The bundle is not in the form that it should have; nothing can be said of the log."""

    code: ClassVar[str] = "BUNDLE_UNREADABLE"


class BundleTooLarge(BundleUnreadable):
    """It would unpack to more than any bundle of a log: an archive made to fill the memory of whoever opens it."""

    code: ClassVar[str] = "BUNDLE_TOO_LARGE"


class SealedPart(NamedTuple):
    """One sealed part of an event, as the log keeps it."""

    event_id: str
    name: str
    sealed: bytes


def pack(files: Files) -> bytes:
    """The archive; the same files give the same bytes. BundleTooLarge where `unpack` would refuse it for its size."""
    target = io.BytesIO()
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, allowZip64=False, compresslevel=6) as archive:
            for name in (MANIFEST, *SIGNED):
                _require_readable(name, files[name])
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), files[name], zipfile.ZIP_DEFLATED)
    except zipfile.LargeZipFile:
        raise BundleTooLarge("it has a file of 2 GiB or more") from None
    return target.getvalue()


def unpack(archive: bytes) -> Files:
    """The files; BundleUnreadable where one is missing, unknown or named twice, BundleTooLarge before anything is unpacked
    where they are larger than 4 GiB or have far more in them than their packed size can hold.
    """
    if archive.startswith(SEALED_HEADER):
        raise BundleUnreadable("it is sealed; `scrip audit open` opens it with the auditor's key")
    try:
        if sorted(file_names(archive)) != sorted(name.encode() for name in (MANIFEST, *SIGNED)):
            raise BundleUnreadable(f"a bundle holds {', '.join((MANIFEST, *SIGNED))} and nothing else")
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            found = {info.filename: info for info in opened.infolist()}
        if any(info.compress_type not in _COMPRESSIONS for info in found.values()):
            raise BundleUnreadable("compressed in another way than by deflate")
        _require_bounded(found.values())
        with ThreadPoolExecutor(_UNPACKING_THREADS) as threads:
            # The largest first.
            names = sorted(found, key=lambda name: -found[name].file_size)
            return dict(zip(names, threads.map(partial(_unpack_one, archive), names), strict=True))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError) as error:
        raise BundleUnreadable(f"no ZIP archive that can be read: {error}") from None


def _require_bounded(found: Collection[zipfile.ZipInfo]) -> None:
    for info in found:
        if info.file_size > max(_RATIO_FREE_BYTES, RATIO_MAX * info.compress_size):
            raise BundleTooLarge(
                f"{info.filename} says that it unpacks to {info.file_size} bytes, from {info.compress_size}"
            )
    total = sum(info.file_size for info in found)
    if total > UNPACKED_BYTES_MAX:
        raise BundleTooLarge(f"{total} bytes when unpacked; {UNPACKED_BYTES_MAX} at most")


def _unpack_one(archive: bytes, name: str) -> bytes:
    """Never more than the size that the archive states, whatever is packed there."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened, opened.open(name) as file:
        size = opened.getinfo(name).file_size
        data = file.read(size)
    if len(data) != size:
        raise BundleUnreadable(f"{name} has {len(data)} bytes, not {size}")
    _require_readable(name, data)
    return data


def _require_readable(name: str, data: bytes) -> None:
    if data.count(b"\n") > LINES_MAX:
        raise BundleTooLarge(f"{name} has more than {LINES_MAX} lines")


def write_lines(lines: Iterable[bytes]) -> bytes:
    """Lines, each with its line end."""
    return b"".join(line + b"\n" for line in lines)


def read_lines(name: str, data: bytes) -> list[bytes]:
    """The lines without their ends; BundleUnreadable where the last one has none."""
    if not data:
        return []
    if not data.endswith(b"\n"):
        raise BundleUnreadable(f"{name} does not end with a line end")
    return data[:-1].split(b"\n")


def write_indexes(indexes: Iterable[int]) -> bytes:
    """One decimal number a line."""
    return write_lines(b"%d" % index for index in indexes)


def read_indexes(data: bytes) -> Sequence[int]:
    """The numbers, which ascend; BundleUnreadable otherwise. A range where none is left out between them."""
    start = _number(INDEXES, data.partition(b"\n")[0]) if data else 0
    whole = range(start, start + data.count(b"\n"))
    if write_indexes(whole) == data:
        return whole
    indexes = [_number(INDEXES, line) for line in read_lines(INDEXES, data)]
    if any(after <= before for before, after in pairwise(indexes)):
        raise BundleUnreadable(f"{INDEXES} does not ascend")
    return indexes


def write_nodes(nodes: Mapping[Subtree, bytes]) -> bytes:
    """Sorted by height and index."""
    return write_lines(b"%d %d %s" % (*place, b64encode(digest)) for place, digest in sorted(nodes.items()))


def read_nodes(data: bytes) -> dict[Subtree, bytes]:
    """Hash by place; BundleUnreadable where a line is none or a place comes twice."""
    nodes: dict[Subtree, bytes] = {}
    for line in read_lines(NODES, data):
        words = line.split(b" ")
        if len(words) != 3:
            raise BundleUnreadable(f"{NODES}: {line[:80]!r} is not `height index hash`")
        place = Subtree(_number(NODES, words[0]), _number(NODES, words[1]))
        digest = _base64(NODES, words[2])
        if place in nodes or len(digest) != HASH_BYTES or place.height > HEIGHT_MAX:
            raise BundleUnreadable(f"{NODES}: {line[:80]!r} comes twice or is no node")
        nodes[place] = digest
    return nodes


def write_parts(parts: Iterable[SealedPart]) -> bytes:
    """In the order given, which is that of the entries."""
    return write_lines(
        b'{"event":"%s","name":"%s","sealed":"%s"}'
        % (part.event_id.encode(), part.name.encode(), b64encode(part.sealed))
        for part in parts
    )


# As `write_parts` writes it: what JSON would find in it stands between its quotes.
_PART_LINE: Final = re.compile(
    rb'\{"event":"([0-9a-f-]*+)","name":"([0-9a-z_]*+)","sealed":"([0-9A-Za-z+/]*+={0,2})"\}'
).fullmatch


def read_parts(data: bytes) -> list[SealedPart]:
    """BundleUnreadable where a line is no part."""
    return [_read_part(line) for line in read_lines(PARTS, data)]


def _read_part(line: bytes) -> SealedPart:
    plain = _PART_LINE(line)
    try:
        if plain is not None:
            event, name, sealed = plain.groups()
            return SealedPart(event.decode(), name.decode(), a2b_base64(sealed))
        found = json.loads(line)
        return SealedPart(str(found["event"]), str(found["name"]), b64decode(found["sealed"], validate=True))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BundleUnreadable(f"{PARTS}: {line[:80]!r} is no part") from None


def write_heads(heads: Mapping[str, int]) -> bytes:
    """Sorted by stream."""
    return write_lines(b"%s %d" % (stream.encode(), seq) for stream, seq in sorted(heads.items()))


def read_heads(data: bytes) -> dict[str, int]:
    """Newest sequence number by stream; BundleUnreadable where a line is none or a stream comes twice."""
    heads: dict[str, int] = {}
    for line in read_lines(HEADS, data):
        stream, _, seq = line.decode("ascii", "replace").partition(" ")
        if stream in heads:
            raise BundleUnreadable(f"{HEADS}: {stream} comes twice")
        heads[stream] = _number(HEADS, seq.encode())
    return heads


def manifest_text(manifest: Mapping[str, object]) -> str:
    """The text of the manifest's note: the format's name on a line of its own, then JSON."""
    return f"{FORMAT}\n{json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=True)}\n"


def read_manifest(text: str) -> Mapping[str, object]:
    """What the manifest says; BundleUnreadable where it is none of this format."""
    name, _, body = text.partition("\n")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if name != FORMAT or not isinstance(found, dict):
        raise BundleUnreadable(f"the manifest is none of {FORMAT}")
    return found


def _number(name: str, digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 18 or (digits[:1] == b"0" and digits != b"0"):
        raise BundleUnreadable(f"{name}: {digits[:80]!r} is no number")
    return int(digits)


def _base64(name: str, text: bytes) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (NoBase64, ValueError):
        raise BundleUnreadable(f"{name}: {text[:80]!r} is no base64") from None


def required(manifest: Mapping[str, object], name: str) -> object:
    """A field of the manifest; BundleUnreadable where it is missing."""
    if name not in manifest:
        raise BundleUnreadable(f"the manifest says nothing of {name}")
    return manifest[name]


def hashes_in(manifest: Mapping[str, object]) -> Mapping[str, str]:
    """SHA-256 in hexadecimal by file, as the manifest says; BundleUnreadable where it does not."""
    found = required(manifest, "files")
    if not isinstance(found, dict) or sorted(found) != sorted(SIGNED):
        raise BundleUnreadable(f"the manifest names other files than {', '.join(SIGNED)}")
    return {str(name): str(digest) for name, digest in found.items()}


def range_in(manifest: Mapping[str, object]) -> Sequence[int] | None:
    """The indexes between which it claims to hold every entry, None where none; BundleUnreadable where neither is said."""
    match required(manifest, "range"):
        case None:
            return None
        case [int(first), int(stop)]:
            return first, stop
        case _:
            raise BundleUnreadable("the manifest's range is neither null nor two indexes")
