"""Tables for a terminal: nothing in them is cut or read as something else."""

import pytest

from graphql_api.processes.cli.plain_table import print_plain_table


@pytest.mark.parametrize("columns", ["1", "20", "80"])
def test_no_number_is_cut(columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """However narrow the terminal: it breaks the line itself, and words break at blanks."""
    monkeypatch.setenv("COLUMNS", columns)

    print_plain_table(
        "", texts=("member",), numbers=("times", "next expiry"), rows=[("C-1", 1_234_567, "2017-08-01 00:00")]
    )

    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[-2:] == ["member      times       next expiry", "C-1     1,234,567  2017-08-01 00:00"]


def test_what_looks_like_markup_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    """The bank names its customers as it likes."""
    print_plain_table("Often [red]", texts=("member",), numbers=("times",), rows=[("[/b]", 1), ("[bold]", 2)])

    printed = capsys.readouterr().out
    assert [name in printed for name in ("Often [red]", "[/b]", "[bold]")] == [True] * 3
