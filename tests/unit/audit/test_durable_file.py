"""Files that are whole or not there, whoever is killed and whoever else writes."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from audit.durable_file import PRIVATE, write_durably


def test_what_a_killed_writer_left_does_not_outlive_the_next(tmp_path: Path) -> None:
    """A draft may hold a key that is destroyed meanwhile, so none stays beside the file."""
    target = tmp_path / "root.key"
    (tmp_path / ".root.key.draft").write_bytes(b"an old key, and a new one that is longer")

    write_durably(target, b"new", mode=PRIVATE)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"root.key": b"new"}


def test_whoever_could_read_the_file_can_read_it_afterwards(tmp_path: Path) -> None:
    """A key that a group reads is not taken from it by who replaces it."""
    target = tmp_path / "root.key"
    write_durably(target, b"old", mode=PRIVATE)
    made = target.stat().st_mode & 0o777
    target.chmod(0o640)

    write_durably(target, b"new", mode=PRIVATE)

    assert (made, target.stat().st_mode & 0o777, target.read_bytes()) == (0o600, 0o640, b"new")


def test_of_several_writers_at_once_each_file_is_whole(tmp_path: Path) -> None:
    """They wait for one another, and the last one's stays."""
    target = tmp_path / "checkpoint"
    contents = [bytes([65 + number]) * 50_000 for number in range(8)]

    def write(content: bytes) -> bytes:
        write_durably(target, content)
        return target.read_bytes()

    with ThreadPoolExecutor(len(contents)) as writers:
        seen = list(writers.map(write, contents))

    assert all(found in contents for found in seen)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]
