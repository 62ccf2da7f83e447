"""The layout of a bundle's archive: file after file, then their list, and nothing else anywhere.

ZIP says everything twice, before each file and in the list at the end, and lets anything lie between. So one archive can
show different files to a reader that begins at the front and to one that follows the list; what was verified here would
not be what another tool unpacks. In a plain archive there is one reading only. The numbers are those of PKWARE's APPNOTE.
"""

import struct
from struct import Struct
from typing import Final

_FILE: Final = Struct("<4s5H3L2H")
"""Signature, version, flags, method, time, date, checksum, packed and unpacked size, lengths of name and extra field."""
_LISTED: Final = Struct("<4s6H3L5H2L")
"""The same behind the version of who made it; then length of comment, disk, two attributes, and where the file begins."""
_END: Final = Struct("<4s4H2LH")
"""Signature, two disks, files here and in all, size and place of the list, length of a comment."""


def file_names(archive: bytes) -> list[bytes]:
    """The names of the files as they follow each other; ValueError where the archive is not plain.

    No comment, no extra field, no flag, no ZIP64: so no file has 2 GiB.
    """
    try:
        return _read(archive)
    except struct.error:
        raise ValueError("it ends within its list of files") from None


def _read(archive: bytes) -> list[bytes]:
    end = max(0, len(archive) - _END.size)
    signature, disk, other, here, count, list_bytes, start, comment = _END.unpack_from(archive, end)
    if (signature, disk, other, here, comment, start + list_bytes) != (b"PK\x05\x06", 0, 0, count, 0, end):
        raise ValueError("it does not end with the list of its files")
    at, listed, names = 0, start, []
    for _ in range(count):
        signature, _, version, *described, comment, disk, _, _, place = _LISTED.unpack_from(archive, listed)
        flags, *_, packed, _, name_length, extra_length = described
        name = archive[listed + _LISTED.size : listed + _LISTED.size + name_length]
        if (signature, flags, extra_length, comment, disk, place) != (b"PK\x01\x02", 0, 0, 0, 0, at):
            raise ValueError("something lies between its files")
        if archive[at : at + _FILE.size + name_length] != _FILE.pack(b"PK\x03\x04", version, *described) + name:
            raise ValueError("a file is not what the list says of it")
        names.append(name)
        at += _FILE.size + name_length + packed
        listed += _LISTED.size + name_length
    if (at, listed) != (start, end):
        raise ValueError("something lies between its files")
    return names
