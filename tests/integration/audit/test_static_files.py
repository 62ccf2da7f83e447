"""The log as static files: whole below their checkpoint at any moment, written once, never behind what was published."""

import hashlib
from pathlib import Path

import pytest

from audit import static_files
from audit.checkpoint import verify_checkpoint
from audit.merkle import leaf_hash, root_of
from audit.note import NoteRefused, parse_note
from audit.rollback import LogRolledBack
from audit.static_files import StaticFiles
from audit.tiles import bundle_path, decode_bundle, tiles_between
from tests.sequenced_log import KEY, Connection, record_events, sequencing


async def grow(connection: Connection, url: str, count: int) -> None:
    """Record and sequence so many events more."""
    await record_events(connection, count)
    async with sequencing(url, batch_max=100_000) as sequencer:
        await sequencer.sequence()


def assert_files_are_whole(folder: Path) -> int:
    """Every tile and bundle of the published checkpoint is there and leads to its root; the checkpoint's size."""
    published = StaticFiles(folder).checkpoint()
    assert published is not None
    checkpoint = verify_checkpoint(published, KEY.verifier).checkpoint
    leaves: list[bytes] = []
    for tile in tiles_between(0, checkpoint.size):
        hashes = (folder / tile.path).read_bytes()
        assert len(hashes) == 32 * tile.width
        if tile.level == 0:
            entries = decode_bundle((folder / bundle_path(tile.number, tile.width)).read_bytes())
            assert b"".join(leaf_hash(entry) for entry in entries) == hashes
            leaves += [leaf_hash(entry) for entry in entries]
    assert root_of(leaves) == checkpoint.root
    return checkpoint.size


def times_of(folder: Path) -> dict[str, int]:
    """When each file below the folder was written."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in files}


async def test_what_is_published_leads_from_the_checkpoint_to_every_entry(
    connection: Connection, database_url: str, tmp_path: Path
) -> None:
    """From an empty folder, then with each growth, across the borders of a tile."""
    files = StaticFiles(tmp_path / "log")
    sizes = []

    for count in (3, 252, 1, 1, 600):
        await grow(connection, database_url, count)
        assert await files.publish(connection)
        sizes.append(assert_files_are_whole(files.folder))

    assert sizes == [3, 255, 256, 257, 857]


async def test_nothing_is_published_before_the_first_checkpoint(connection: Connection, tmp_path: Path) -> None:
    """There is nothing to point to."""
    files = StaticFiles(tmp_path / "log")

    assert await files.publish(connection)

    assert files.checkpoint() is None


async def test_files_are_written_once(connection: Connection, database_url: str, tmp_path: Path) -> None:
    """Publishing again touches nothing, and partial tiles go when their tile is full."""
    files = StaticFiles(tmp_path)
    await grow(connection, database_url, 200)
    await files.publish(connection)
    await grow(connection, database_url, 100)
    await files.publish(connection)
    before = times_of(tmp_path)

    await files.publish(connection)

    assert times_of(tmp_path) == before
    assert sorted(before) == [
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    ]


async def test_a_backlog_is_published_in_rounds_with_its_checkpoint_last(
    connection: Connection, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads in between finds the old checkpoint and all of its files."""
    monkeypatch.setattr(static_files, "FILES_MAX", 5)
    files = StaticFiles(tmp_path)
    await grow(connection, database_url, 100)
    await files.publish(connection)
    await grow(connection, database_url, 2_000)
    sizes = []

    while not await files.publish(connection):
        sizes.append(assert_files_are_whole(tmp_path))
        await grow(connection, database_url, 1)

    assert sizes == [100] * 3
    assert assert_files_are_whole(tmp_path) == 2_103


async def test_a_larger_published_checkpoint_is_never_replaced(
    connection: Connection, database_url: str, tmp_path: Path
) -> None:
    """Where the database was set back, the files keep what it has lost."""
    files = StaticFiles(tmp_path)
    await grow(connection, database_url, 300)
    await files.publish(connection)
    before = hashlib.sha256((tmp_path / "checkpoint").read_bytes())
    await connection.execute("ALTER TABLE audit.checkpoints DISABLE TRIGGER ALL")
    await connection.execute("UPDATE audit.checkpoints SET size = 299, note = 'older'")

    with pytest.raises(LogRolledBack, match="has a checkpoint of 300 entries, and the database one of 299"):
        await files.publish(connection)

    assert hashlib.sha256((tmp_path / "checkpoint").read_bytes()).digest() == before.digest()


async def test_others_may_not_read_the_entries(connection: Connection, database_url: str, tmp_path: Path) -> None:
    """The folder is its owner's and its group's."""
    files = StaticFiles(tmp_path / "log")
    await grow(connection, database_url, 1)

    await files.publish(connection)

    assert files.folder.stat().st_mode & 0o777 == 0o750


def test_a_checkpoint_that_is_no_text_is_read_for_what_it_is(tmp_path: Path) -> None:
    """A disk's garbage is then refused as a note that nobody signed, like any other text."""
    (tmp_path / "checkpoint").write_bytes(b"\xff\xfe")

    published = StaticFiles(tmp_path).checkpoint()

    with pytest.raises(NoteRefused):
        parse_note(published or "")
