"""The archive of a bundle: nothing but its files, one way to read it, and no more memory than it claims."""

import io
import zipfile
from contextlib import suppress
from random import Random

import pytest

from audit import bundle
from audit.bundle import BundleTooLarge, BundleUnreadable
from tests.unit.audit.drilled_bundles import files


def test_an_archive_holds_what_was_packed() -> None:
    """Files come out as they went in, and the same files make the same archive."""
    packed = bundle.pack(files())

    assert bundle.unpack(packed) == files()
    assert bundle.pack(dict(sorted(files().items()))) == packed


def test_an_archive_with_more_in_it_is_refused() -> None:
    """A file that no signature covers does not travel along."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in {**files(), "extra": b""}.items():
            archive.writestr(name, data)

    with pytest.raises(BundleUnreadable, match="nothing else"):
        bundle.unpack(target.getvalue())


def test_no_bytes_of_an_archive_break_the_reader() -> None:
    """Damage anywhere in it makes it unreadable, or is found in what it holds."""
    packed, random = bundle.pack(files()), Random(7)
    for _ in range(300):
        damaged = bytearray(packed)
        damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)
        with suppress(BundleUnreadable):
            assert sorted(bundle.unpack(bytes(damaged))) == sorted(files())


def test_an_archive_that_would_fill_the_memory_is_refused() -> None:
    """By what its files claim to be, before any is unpacked: far more than is packed, or the same packed bytes twice."""
    packed = bundle.pack({**files(), bundle.PARTS: bytes(2 * 2**20)})
    again = bytearray(bundle.pack({**files(), bundle.HEADS: Random(1).randbytes(200_000)}))
    found = {info.filename: info for info in zipfile.ZipFile(io.BytesIO(again)).infolist()}
    directory = again.index(b"PK\x01\x02")
    for name in (bundle.CSV, bundle.PARTS, bundle.ENTRIES):
        at = again.index(name.encode(), directory) - 46
        again[at + 20 : at + 24] = found[bundle.HEADS].compress_size.to_bytes(4, "little")

    with pytest.raises(BundleTooLarge, match="unpacks to 2097152 bytes"):
        bundle.unpack(packed)
    with pytest.raises(BundleUnreadable, match="a file is not what the list says"):
        bundle.unpack(bytes(again))


def test_no_more_lines_are_read_than_entries_make(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes memory, however short it is: neither side of a bundle handles more."""
    given, packed = {**files(), bundle.HEADS: b"\n" * 4000}, bundle.pack({**files(), bundle.HEADS: b"\n" * 4000})
    monkeypatch.setattr(bundle, "LINES_MAX", 3999)

    with pytest.raises(BundleTooLarge, match="heads has more than 3999 lines"):
        bundle.unpack(packed)
    with pytest.raises(BundleTooLarge):
        bundle.pack(given)


def test_an_archive_needs_no_zip64(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would need it is refused when the bundle is made, not when the auditor opens it."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)

    with pytest.raises(BundleTooLarge):
        bundle.pack(files())


def test_an_archive_shows_the_same_files_to_every_reader() -> None:
    """Also to one that reads from the front: nothing lies before, between or behind the files, and no name has two readings."""
    packed, forged = bundle.pack(files()), bundle.pack({**files(), bundle.ENTRIES: b""})
    at = packed.index(b"PK\x01\x02")
    named = packed.replace(b"heads", b"he\x00ds")
    front_only = packed.replace(b"indexes", b"INDEXES", 1)

    for odd in (forged + packed, packed + forged, packed + b"\n", packed[:at] + b"x" + packed[at:], named, front_only):
        with pytest.raises(BundleUnreadable):
            bundle.unpack(odd)
    with pytest.raises(BundleUnreadable):
        bundle.unpack(packed[:-2] + (5).to_bytes(2, "little") + b"\x1b[2J ")


def test_no_more_is_unpacked_than_an_archive_says() -> None:
    """Whoever states a small size for much gets an error, not the memory."""
    packed = bytearray(bundle.pack({**files(), bundle.HEADS: bytes(2**20)}))
    at = packed.index(bundle.HEADS.encode(), packed.index(b"PK\x01\x02")) - 46
    packed[at + 24 : at + 28] = (10).to_bytes(4, "little")

    with pytest.raises(BundleUnreadable):
        bundle.unpack(bytes(packed))


def test_an_archive_that_is_not_deflated_is_refused() -> None:
    """One way to read it is enough for every verifier."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_BZIP2) as archive:
        for name, data in files().items():
            archive.writestr(name, data)

    with pytest.raises(BundleUnreadable, match="deflate"):
        bundle.unpack(target.getvalue())
