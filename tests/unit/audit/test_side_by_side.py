"""Reading side by side: what one process finds, several find; and none dies unnoticed."""

import os
from functools import partial

import pytest

from audit import bundle, entries
from audit.drill_log import sample_log
from audit.entries import Entries, MapPieces, read_entries
from audit.entry_reading import Found, Piece, read_piece
from audit.side_by_side import START_METHOD, ReaderDied, processors, reading_in

FILES = sample_log().bundle()


def die_at(place: int, piece: Piece) -> Found:
    """End the process at the piece in which the entry of that index is."""
    if place in piece.indexes:
        os._exit(1)
    return read_piece(piece)


@pytest.fixture
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut the entries into many pieces."""
    monkeypatch.setattr(entries, "PIECE_BYTES", 4000)


def read_by(map_pieces: MapPieces) -> Entries:
    """Return the sample log's entries."""
    return read_entries(FILES, frozenset(), map_pieces)


@pytest.mark.usefixtures("short_pieces")
@pytest.mark.parametrize("start_method", [START_METHOD, "spawn"])
def test_several_processes_find_what_one_finds(start_method: str) -> None:
    """However they are started; the order is that of the log."""
    with reading_in(2, start_method) as map_pieces:
        found = read_by(map_pieces)

    alone = read_by(map)
    assert map_pieces is not map
    assert len(alone.spreadsheet) > 20
    assert (found.nodes, found.spreadsheet) == (alone.nodes, alone.spreadsheet)
    assert (found.recorded, found.parts, found.destructions) == (alone.recorded, alone.parts, alone.destructions)


@pytest.mark.usefixtures("short_pieces")
def test_a_process_that_dies_ends_the_reading() -> None:
    """What it would have found is not known, so nothing is said of the bundle."""
    with reading_in(2) as map_pieces, pytest.raises(ReaderDied):
        read_by(lambda _, pieces: map_pieces(partial(die_at, 150), pieces))


def test_one_process_is_this_one() -> None:
    """Nothing is started for it, nor where the system starts none."""
    with reading_in(1) as map_pieces:
        assert map_pieces is map
    assert processors() >= 1


@pytest.mark.usefixtures("short_pieces")
def test_a_line_longer_than_a_piece_is_a_piece() -> None:
    """And no record: its index is named, the others are read."""
    lines = bundle.read_lines(bundle.ENTRIES, FILES[bundle.ENTRIES])
    lines[41] = b"x" * 9000
    found = read_entries({**FILES, bundle.ENTRIES: bundle.write_lines(lines)})

    assert found.malformed == [41]
    assert len(found.recorded) == len(lines)
