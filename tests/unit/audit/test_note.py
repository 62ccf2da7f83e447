"""Signed notes: the examples of the C2SP specification, and the published note of Go's reference implementation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.note import SIGNATURES_MAX, NoteRefused, VerifierKey, parse_note, verify_note
from audit.signing import SigningKey, sign_text

# C2SP signed-note, section "Format"; the specification publishes no key for it.
POEM = """\
Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
"""
# Go's golang.org/x/mod/sumdb/note, from which the specification was written, publishes key and note.
GO_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SIGNER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
OTHER = SigningKey(name="example.com/other", seed=b"\x07" * 32)


def test_the_specifications_example_is_read() -> None:
    """The text ends at the last empty line, and may have empty lines of its own."""
    note = parse_note(POEM)

    assert note.text == POEM[: POEM.index("\n— quasimodo")]
    assert [signature.name for signature in note.signatures] == ["quasimodo.example/salvatore"]
    assert note.signatures[0].key_id.hex() == "367ba04b"
    assert len(note.signatures[0].value) == 64
    assert str(note) == POEM


def test_the_reference_implementations_note_verifies() -> None:
    """A note that Go signed is genuine here, and one altered letter makes it false."""
    key = VerifierKey.parse(GO_VERIFIER)

    assert verify_note(parse_note(GO_NOTE), [key]) == (key,)
    with pytest.raises(NoteRefused, match="not genuine"):
        verify_note(parse_note(GO_NOTE.replace("cryptography", "cryptographY")), [key])


def test_signing_gives_the_reference_implementations_bytes() -> None:
    """Ed25519 has one signature for a text, so the whole note is the same."""
    key = SigningKey.parse(GO_SIGNER)

    assert GO_TEXT + "\n" + sign_text(GO_TEXT, key)[0].line == GO_NOTE
    assert key.encode() == GO_SIGNER
    assert str(key.verifier) == GO_VERIFIER


def test_a_key_text_that_does_not_agree_with_itself_is_no_key() -> None:
    """Every shift of a letter, every part cut off, another kind and another length: all are refused."""
    for at in range(len(GO_VERIFIER)):
        shifted = GO_VERIFIER[:at] + chr(ord(GO_VERIFIER[at]) + 1) + GO_VERIFIER[at + 1 :]
        for text in (shifted, GO_VERIFIER[:at]):
            with pytest.raises(NoteRefused):
                VerifierKey.parse(text)
    for text in (
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ):
        with pytest.raises(NoteRefused):
            VerifierKey.parse(text)


@pytest.mark.parametrize("text", ["", GO_VERIFIER, GO_SIGNER[:-4], GO_SIGNER.replace("c74f", "c74e")])
def test_a_signing_key_that_does_not_agree_with_itself_is_no_key(text: str) -> None:
    """A public key, half a key or one under another id signs nothing."""
    with pytest.raises(NoteRefused):
        SigningKey.parse(text)


def test_a_signing_key_keeps_its_secret_out_of_its_description() -> None:
    """What lands in a log is the name."""
    assert repr(OTHER) == "SigningKey(name='example.com/other')"


def test_signatures_of_strangers_say_nothing() -> None:
    """They neither spoil a note nor vouch for it."""
    stranger = sign_text("another text\n", OTHER)[0]
    key = VerifierKey.parse(GO_VERIFIER)

    assert verify_note(parse_note(GO_NOTE + stranger.line), [key]) == (key,)
    with pytest.raises(NoteRefused, match="no trusted key"):
        verify_note(parse_note(GO_NOTE), [OTHER.verifier])


def test_one_false_signature_of_a_trusted_key_spoils_the_note() -> None:
    """Beside a genuine one of another trusted key, too."""
    false = sign_text("another text\n", OTHER)[0]

    with pytest.raises(NoteRefused, match="not genuine"):
        verify_note(parse_note(GO_NOTE + false.line), [VerifierKey.parse(GO_VERIFIER), OTHER.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "",
        GO_TEXT,
        GO_NOTE.removesuffix("\n"),
        GO_NOTE + "\n",
        GO_NOTE.replace("\n\n", "\n"),
        GO_NOTE.replace("— ", "- "),
        GO_NOTE.replace("— PeterNeumann ", "— "),
        GO_NOTE.replace("PeterNeumann", "Peter+Neumann"),
        GO_NOTE.replace("x08go", "x08g!"),
        GO_TEXT + "\n— PeterNeumann x08goA==\n",
        GO_NOTE.replace("your", "your\t"),
        "a" * (1 << 20) + GO_NOTE,
        GO_TEXT + "\n" + sign_text(GO_TEXT, OTHER)[0].line * (SIGNATURES_MAX + 1),
    ],
)
def test_a_malformed_note_is_refused(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(NoteRefused):
        verify_note(parse_note(text), [VerifierKey.parse(GO_VERIFIER), OTHER.verifier])


@given(st.text(max_size=300))
def test_any_text_is_a_note_or_is_refused(text: str) -> None:
    """Nothing else comes out of reading what a stranger wrote, and a note that is read is written back the same."""
    try:
        note = parse_note(text)
    except NoteRefused:
        return
    assert parse_note(str(note)) == note


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b"])
def test_a_key_has_a_plain_name(name: str) -> None:
    """No spaces of any kind and no plus sign, which the text forms are made of."""
    with pytest.raises(NoteRefused, match="cannot name"):
        VerifierKey(name=name, public_key=b"\x00" * 32)
