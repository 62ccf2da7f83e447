"""The rules that docstrings cite by number stand in docs/semantics.md."""

import re
from collections.abc import Iterator

from tests.databases import ROOT

FOLDERS = ("ledger", "audit", "graphql_api", "migrations", "benchmarks", "docs", "tests")
_CITED = re.compile(r"semantics ((?:\d+(?:\.\d+)?(?:, | to | and )?)+)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def _promised(text: str) -> Iterator[str]:
    """The sections of the page, and the numbered rules of each."""
    section = ""
    for line in text.splitlines():
        if heading := re.match(r"## (\d+)\.", line):
            section = heading[1]
            yield section
        elif rule := re.match(r"(\d+)\. ", line):
            yield f"{section}.{rule[1]}"


def test_every_rule_that_is_cited_is_on_the_page() -> None:
    """A newcomer who follows "semantics 4.7" finds it."""
    promised = set(_promised((ROOT / "docs" / "semantics.md").read_text(encoding="utf-8")))
    files = [
        path for folder in FOLDERS for path in (ROOT / folder).rglob("*.*") if path.suffix in {".py", ".sql", ".md"}
    ]

    cited = {
        (number, path.name)
        for path in files
        for found in _CITED.findall(path.read_text(encoding="utf-8"))
        for number in _NUMBER.findall(found)
    }

    assert len(cited) > 100
    assert {(number, name) for number, name in cited if number not in promised} == set()
