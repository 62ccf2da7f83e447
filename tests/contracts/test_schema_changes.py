"""The schema evolves without breaking clients: additive changes only, since the last release."""

from graphql import build_schema

from tests.contracts.schema_changes import changes, released_schema
from tests.databases import ROOT


def test_nothing_breaks_since_the_last_release() -> None:
    """A removed field, a stricter argument or a new required input field fails here; before the first release, nothing."""
    released = released_schema()
    present = build_schema((ROOT / "graphql_api" / "schema.graphql").read_text(encoding="utf-8"))

    found = changes(released or present, present)

    assert found["breaking"] == []


def test_changes_are_told_apart() -> None:
    """What breaks a client, what may surprise it, and what it never notices."""
    before = build_schema("type Query { a: Int b(c: Int): Int } enum E { X } union U = Query")
    after = build_schema("type Query { b(c: Int, d: Int): Int e: Int } enum E { X Y } union U = Query")

    found = changes(before, after)

    assert found["breaking"] == ["Field Query.a was removed."]
    assert len(found["dangerous"]) == 2
    assert len(found["safe"]) == 1
