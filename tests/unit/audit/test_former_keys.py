"""Former keys: what the log signed before stays verifiable, and a key that was replaced vouches for nothing more."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from audit import bundle
from audit.bundle import Files
from audit.checkpoint import Checkpoint, verify_checkpoint
from audit.drill_log import KEY, SIZE, sample_log
from audit.merkle import leaf_hash, root_of
from audit.note import NoteRefused
from audit.policy import FormerKey, Policy
from audit.signing import SigningKey, sign_checkpoint
from audit.verdict import Question, Verdict
from audit.verifier import Request, answer
from audit.verify import verify_bundle

LOG = sample_log()
NEW = SigningKey(name=KEY.name, seed=bytes(range(32)))
BOTH = replace(NEW, former=KEY)
OLD_PIN, NEW_PIN = Policy(key=KEY.verifier), Policy(key=NEW.verifier)
AFTER = replace(NEW_PIN, former=(FormerKey(key=KEY.verifier, size_max=SIZE),))
BY_OLD, BY_BOTH, BY_NEW = (LOG.bundle(key=key) for key in (KEY, BOTH, NEW))


def verdict_of(files: Files, policy: Policy) -> Verdict:
    """Return what the verifier says."""
    return verify_bundle(files, policy, [], LOG.signed_at)


@pytest.mark.parametrize(
    ("files", "policy"),
    [(BY_OLD, OLD_PIN), (BY_BOTH, OLD_PIN), (BY_BOTH, NEW_PIN), (BY_NEW, NEW_PIN), (BY_OLD, AFTER), (BY_NEW, AFTER)],
)
def test_whoever_pins_either_key_verifies_meanwhile(files: Files, policy: Policy) -> None:
    """And afterwards, with the old key as a former one, whatever either signed; the time of signing holds too."""
    verdict = verdict_of(files, policy)

    assert verdict.failing == frozenset()
    assert verdict.results[Question.FRESHNESS].facts["signed_at"] == LOG.signed_at.isoformat()


@pytest.mark.parametrize(
    ("files", "policy"),
    [
        (BY_OLD, NEW_PIN),
        (BY_NEW, OLD_PIN),
        (BY_OLD, replace(AFTER, former=(FormerKey(key=KEY.verifier, size_max=SIZE - 1),))),
        ({**BY_OLD, bundle.MANIFEST: BY_NEW[bundle.MANIFEST]}, AFTER),
        ({**BY_NEW, bundle.MANIFEST: BY_OLD[bundle.MANIFEST]}, AFTER),
    ],
    ids=["not pinned", "not known", "beyond its size", "a manifest by the new", "a manifest by the old"],
)
def test_a_former_key_speaks_for_its_time_only(files: Files, policy: Policy) -> None:
    """Who has stolen it makes no larger log with it, nor a manifest to a checkpoint of the new key."""
    assert Question.AUTHENTICITY in verdict_of(files, policy).failing


def test_a_checkpoint_seen_before_may_be_a_former_keys(tmp_path: Path) -> None:
    """An auditor goes on with what he kept."""
    (tmp_path / "bundle").write_bytes(bundle.pack(BY_NEW))
    (tmp_path / "seen").write_text(LOG.checkpoint(200))
    (tmp_path / "policy").write_text(f"log {NEW.verifier}\nformer-log {KEY.verifier} 200\n")
    request = Request(bundle=tmp_path / "bundle", policy=tmp_path / "policy", seen=[tmp_path / "seen"])
    now = LOG.signed_at + timedelta(hours=1)

    assert answer(request, now) == 0

    (tmp_path / "policy").write_text(f"log {NEW.verifier}\nformer-log {KEY.verifier} 199\n")
    assert answer(request, now) == 2


def test_a_third_key_is_never_asked_for() -> None:
    """Two signatures stand under a checkpoint, and both count."""
    leaves = [leaf_hash(entry) for entry in LOG.entries().values()]
    text = sign_checkpoint(Checkpoint(origin=KEY.name, size=SIZE, root=root_of(leaves)), BOTH, LOG.signed_at)

    assert [verify_checkpoint(text, key.verifier).signed_at for key in (KEY, NEW)] == [LOG.signed_at] * 2
    with pytest.raises(NoteRefused):
        replace(NEW, former=BOTH)
