"""Checkpoints: the C2SP specification's example, signing with the time, and everything that must be refused."""

from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from audit.checkpoint import Checkpoint, parse_checkpoint, verify_checkpoint
from audit.note import Note, NoteRefused, SignatureKind, parse_note
from audit.signing import SigningKey, sign_checkpoint

# C2SP tlog-cosignature, introduction: a log's signature and a witness's.
SOFA = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""
KEY = SigningKey(name="scrip.example/log", seed=b"\x01" * 32)
CHECKPOINT = Checkpoint(origin="scrip.example/log", size=17, root=b"\x02" * 32)
NOW = datetime(2026, 11, 22, 5, 36, 4, 999_999, tzinfo=UTC)
SIGNED = sign_checkpoint(CHECKPOINT, KEY, NOW)


def with_another_time() -> str:
    """The signed checkpoint, its cosignature's time a second later and everything else the same."""
    plain, timed = parse_note(SIGNED).signatures
    later = (int.from_bytes(timed.value[:8]) + 1).to_bytes(8)
    return str(Note(text=CHECKPOINT.text, signatures=(plain, replace(timed, value=later + timed.value[8:]))))


def test_the_specifications_example_is_read() -> None:
    """Origin, size and root; the witness's line carries the time that the specification names."""
    note = parse_note(SOFA)

    checkpoint = parse_checkpoint(note.text)

    assert checkpoint == Checkpoint(
        origin="example.com/behind-the-sofa",
        size=20_852_163,
        root=b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="),
    )
    assert checkpoint.text == note.text
    assert int.from_bytes(note.signatures[1].value[:8]) == 1_679_315_147
    assert str(note) == SOFA


def test_a_signed_checkpoint_verifies_with_its_time() -> None:
    """The plain signature makes it genuine, the cosignature dates it to the second."""
    verified = verify_checkpoint(SIGNED, KEY.verifier)

    assert verified.checkpoint == CHECKPOINT
    assert verified.signed_at == datetime(2026, 11, 22, 5, 36, 4, tzinfo=UTC)


def test_a_cosignature_signs_the_words_of_its_specification() -> None:
    """A header, the time and the whole text: any tool for C2SP tlog-cosignature verifies it."""
    line = parse_note(SIGNED).signatures[1]
    cosigner = replace(KEY.verifier, kind=SignatureKind.COSIGNATURE)
    message = f"cosignature/v1\ntime {int(NOW.timestamp())}\n{CHECKPOINT.text}".encode()

    assert line.key_id == cosigner.id
    assert cosigner.has_signed(message, line.value[8:])


def test_a_checkpoint_without_a_cosignature_has_no_time() -> None:
    """It is genuine all the same."""
    plain = "".join(SIGNED.splitlines(keepends=True)[:-1])

    assert verify_checkpoint(plain, KEY.verifier).signed_at is None


def test_an_older_cosignature_beside_a_newer_one_does_not_date_it() -> None:
    """The latest time that the key has signed counts."""
    earlier = sign_checkpoint(CHECKPOINT, KEY, datetime(2020, 1, 1, tzinfo=UTC)).splitlines(keepends=True)[-1]

    assert verify_checkpoint(SIGNED + earlier, KEY.verifier).signed_at == NOW.replace(microsecond=0)


@pytest.mark.parametrize(
    ("altered", "why"),
    [
        (SIGNED.replace("\n17\n", "\n18\n"), "not genuine"),
        (SIGNED.replace("scrip.example/log\n17", "scrip.example/other\n17"), "not genuine"),
        (sign_checkpoint(CHECKPOINT, replace(KEY, seed=b"\x03" * 32), NOW), "no trusted key"),
        (sign_checkpoint(replace(CHECKPOINT, origin="another.example"), KEY, NOW), "not of scrip.example/log"),
        ("".join(SIGNED.splitlines(keepends=True)[:4]), "without signatures"),
        (with_another_time(), "the cosignature of scrip.example/log is not genuine"),
    ],
)
def test_what_the_key_has_not_signed_is_refused(altered: str, why: str) -> None:
    """Another size, another log, another key, no signature, another time."""
    with pytest.raises(NoteRefused, match=why):
        verify_checkpoint(altered, KEY.verifier)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        "a\n1\n" + "A" * 43 + "=",
        "\n1\n" + "A" * 43 + "=\n",
        "a\n01\n" + "A" * 43 + "=\n",
        "a\n-1\n" + "A" * 43 + "=\n",
        "a\n1_0\n" + "A" * 43 + "=\n",
        "a\n²\n" + "A" * 43 + "=\n",
        "a\n" + "9" * 30 + "\n" + "A" * 43 + "=\n",
        "a\n1\n" + "A" * 44 + "\n",
        "a\n1\nroot\n",
        "a\n1\n" + "A" * 43 + "=\n\nmore\n",
        "cosignature/v1\n1\n" + "A" * 43 + "=\n",
    ],
)
def test_a_malformed_text_is_no_checkpoint(text: str) -> None:
    """Three lines at least, a plain size, a root of 32 bytes, and an origin that is not the cosignature's header."""
    with pytest.raises(NoteRefused):
        parse_checkpoint(text)


def test_extension_lines_are_allowed_and_ignored() -> None:
    """Other logs write them."""
    assert parse_checkpoint(CHECKPOINT.text + "more\n") == CHECKPOINT
