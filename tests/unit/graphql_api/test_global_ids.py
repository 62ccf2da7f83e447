"""Global ids are opaque, of one kind, and have one spelling."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from graphql_api.global_ids import decode_id, encode_id

ID = UUID("018f2b6e-7c1a-7c3a-9d6e-0123456789ab")


@given(st.uuids())
def test_an_id_survives_the_round_trip(uuid: UUID) -> None:
    """What we handed out, we take back."""
    assert decode_id("member", encode_id("member", uuid)) == uuid


def test_an_id_of_another_kind_is_none() -> None:
    """An entry's id finds no member."""
    assert decode_id("member", encode_id("entry", ID)) is None


@given(st.text() | st.from_regex(r"[A-Za-z0-9_=-]{0,60}", fullmatch=True))
def test_other_text_is_none(text: str) -> None:
    """Text that we did not make is no id, and never an exception."""
    uuid = decode_id("member", text)

    assert uuid is None or encode_id("member", uuid) == text


def test_an_id_has_one_spelling() -> None:
    """Padding, the other base64 alphabet and bits that base64 ignores make no second id."""
    text = encode_id("member", ID)

    others = [text + "=", text + "==", f" {text}", f"{text}\n", text.replace("_", "/").replace("-", "+") + " "]
    assert [decode_id("member", other) for other in others] == [None] * 5
