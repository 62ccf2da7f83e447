"""Keys and fingerprints (semantics 3.1, 3.2)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.cipher import KeySealer
from ledger.book.refusal import Refusal
from ledger.engine.request import Request, fingerprint, is_key, reference_id, request_id, require_same

SEALER = KeySealer(bytes(32))
FIELDS = st.dictionaries(st.sampled_from("abcde"), st.none() | st.integers(0, 3) | st.text(max_size=3), min_size=1)


@given(FIELDS, FIELDS)
def test_a_conflict_names_exactly_the_fields_that_differ(first: dict[str, object], second: dict[str, object]) -> None:
    """Same names and values: the same request. Otherwise the names of the fields that differ."""
    second = {name: second.get(name, value) for name, value in first.items()}
    found = Request(b"", "c", "earn", "k", fingerprint(first, SEALER), "", None, datetime(2024, 1, 1, tzinfo=UTC))
    differing = tuple(sorted(name for name in first if _told(first[name]) != _told(second[name])))

    if not differing:
        require_same(found, "earn", sorted(second), fingerprint(second, SEALER))
        return
    with pytest.raises(Refusal) as refused:
        require_same(found, "earn", sorted(second), fingerprint(second, SEALER))

    assert refused.value.facts == {"fields": differing}


def _told(value: object) -> object:
    return None if value is None else str(value)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("spend", {"a": 1, "b": 2}), ("spend", {}), ("earn", {"a": 1}), ("earn", {"a": 1, "b": 2, "c": 3})],
)
def test_another_operation_under_the_key_is_said_to_be_one(kind: str, fields: dict[str, object]) -> None:
    """Not field by field, nor where the fields are the same; so is a list of another length."""
    print_ = fingerprint({"a": 1, "b": 2}, SEALER)
    found = Request(b"", "c", "earn", "k", print_, "", None, datetime(2024, 1, 1, tzinfo=UTC))

    with pytest.raises(Refusal) as refused:
        require_same(found, kind, sorted(fields), fingerprint(fields, SEALER))

    assert refused.value.facts == {"fields": ("operation",)}


@pytest.mark.parametrize(
    ("key", "good"),
    [
        ("k", True),
        ("k" * 255, True),
        ("~ !", True),
        ("", False),
        ("k" * 256, False),
        ("\n", False),
        ("\x7f", False),
        ("ü", False),
    ],
)
def test_a_key_is_printable_ascii_of_1_to_255(key: str, good: bool) -> None:
    """Compared bytewise, so nothing that could be written two ways."""
    assert is_key(key) is good


def test_keys_are_their_clients_own_and_no_reference_is_a_key() -> None:
    """Ids differ by client, by key, and between a key and a reference of the same words."""
    ids = {
        request_id("service:a", "k"),
        request_id("service:b", "k"),
        request_id("service:a", "l"),
        reference_id("service:a", "earn", "k"),
        reference_id("service:a", "spend", "k"),
        reference_id("service:b", "earn", "k"),
        request_id("service:a", "earn\0k"),
    }

    assert len(ids) == 7
