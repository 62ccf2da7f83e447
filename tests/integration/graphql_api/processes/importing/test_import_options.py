"""What `scrip import` is told beside its file: where refused lines go, and whom its entries name as their source."""

import json
from pathlib import Path

from tests.command_line import run_scrip


def test_refused_lines_never_take_the_place_of_the_file(tmp_path: Path) -> None:
    """A run begins by removing what an earlier one refused, so the two may not be one; nothing is touched."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"type": "enrol", "member": "C-1"}\n', encoding="utf-8")
    other = tmp_path / "b.jsonl"
    other.symlink_to(path)

    ended = [run_scrip("import", path, "--dry-run", "--refused", named) for named in (path, other)]

    assert [each.returncode for each in ended] == [2, 2]
    assert (
        ended[0].stderr == f"scrip: --refused names {path} itself, which a run would write over; name another file.\n"
    )
    assert (path.exists(), other.exists()) == (True, True)


def test_where_refused_lines_cannot_be_written_nothing_is_begun(tmp_path: Path) -> None:
    """Said at once, not at the first refused line; and what only has a name among files, as a device, is written to and
    stays.
    """
    path, link = tmp_path / "a.jsonl", tmp_path / "stderr"
    path.write_text('{"type": "enrol"}\n', encoding="utf-8")
    link.symlink_to("/dev/stderr")

    folder = run_scrip("import", path, "--dry-run", "--refused", tmp_path)
    told = run_scrip("import", path, "--dry-run", "--refused", link)
    full = run_scrip("import", path, "--dry-run", "--refused", "/dev/full")

    assert (folder.returncode, folder.stdout, folder.stderr) == (2, "", f"scrip: Is a directory: {tmp_path}.\n")
    assert (told.returncode, json.loads(told.stderr)["code"]) == (1, "MISSING_FIELD")
    assert link.is_symlink()
    assert (full.returncode, full.stderr) == (2, "scrip: No space left on device: /dev/full.\n")


def test_a_source_is_named_as_a_token_could_name_it(tmp_path: Path) -> None:
    """What the API would refuse as the name of a caller stands in no audit record through a file either."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"type": "enrol", "member": "C-1"}\n', encoding="utf-8")

    ended = [run_scrip("import", path, "--dry-run", "--source", name) for name in ("", "x" * 256, "a\tb", "core")]

    assert [each.returncode for each in ended] == [2, 2, 2, 0]
    assert ended[2].stderr == "scrip: 'a\\tb' names no source: 1 to 255 bytes that can be printed do.\n"
