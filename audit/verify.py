"""Verifying a bundle against an auditor's policy, with nothing but Python: no database, no network, no compiled library.

`verify_bundle` trusts the policy, the checkpoints that the auditor has seen before, and SHA-256 and Ed25519; it trusts
nothing in the bundle. Each answer stands for itself, so a bundle that fails in one way still says what else holds.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from audit import bundle
from audit.bundle import BundleUnreadable, Files
from audit.checkpoint import Checkpoint, VerifiedCheckpoint, parse_checkpoint, verify_checkpoint
from audit.entries import Entries, MapPieces, is_spreadsheet_of, read_entries
from audit.merkle import Subtree
from audit.note import NoteRefused, VerifierKey, parse_note, verify_note
from audit.policy import Policy
from audit.sparse_tree import NotProven, root_of, tiles_under
from audit.verdict import Question, Result, Verdict
from audit.verify_entries import check_completeness, check_order, check_parts

CLOCKS_DIFFER: Final = timedelta(minutes=10)
"""How far the clocks of honest machines may be apart, and how long a transaction may take."""


def verify_bundle(
    files: Files, policy: Policy, seen: Sequence[VerifiedCheckpoint], now: datetime, map_pieces: MapPieces = map
) -> Verdict:
    """Every question's answer; BundleUnreadable where the bundle is in no form that can be judged.

    seen:       checkpoints of this log that the auditor verified and kept
    map_pieces: how the entries are read; by several processes where there are many
    """
    checkpoint, signed_at, key = _checkpoint(files, policy)
    manifest = bundle.read_manifest(_note_text(files, bundle.MANIFEST))
    nodes = bundle.read_nodes(files[bundle.NODES])
    open_tiles = tiles_under(nodes, (each.checkpoint.size for each in seen))
    entries = read_entries(files, open_tiles, map_pieces)
    nodes.update(entries.nodes)
    results = (
        _check_authenticity(files, key, checkpoint, manifest),
        _check_integrity(files, manifest, entries, nodes, checkpoint),
        check_completeness(entries, manifest, bundle.read_heads(files[bundle.HEADS]), checkpoint.size),
        _check_history(nodes, checkpoint, seen),
        check_order(
            entries,
            latest=None if signed_at is None else signed_at + CLOCKS_DIFFER,
            apart_max=CLOCKS_DIFFER,
            has_imported_history=policy.has_imported_history,
        ),
        _check_freshness(signed_at, policy, now),
        check_parts(entries, bundle.read_parts(files[bundle.PARTS])),
        Result(question=Question.WITNESSES, is_shown=False, summary="the policy asks for none"),
        Result(question=Question.TIMESTAMP, is_shown=False, summary="none is in this format of bundle"),
    )
    return Verdict(results={result.question: result for result in results}, manifest=manifest)


def _text(files: Files, name: str) -> str:
    try:
        return files[name].decode("utf-8")
    except UnicodeDecodeError:
        raise BundleUnreadable(f"{name} is not UTF-8") from None


def _note_text(files: Files, name: str) -> str:
    try:
        return parse_note(_text(files, name)).text
    except NoteRefused as error:
        raise BundleUnreadable(f"{name}: {error}") from None


def _checkpoint(files: Files, policy: Policy) -> tuple[Checkpoint, datetime | None, VerifierKey]:
    """What the checkpoint says, genuine or not; when it was signed, if it is genuine; and the key that counts."""
    try:
        stated = parse_checkpoint(_note_text(files, bundle.CHECKPOINT))
    except NoteRefused as error:
        raise BundleUnreadable(f"{bundle.CHECKPOINT}: {error}") from None
    text = _text(files, bundle.CHECKPOINT)
    key = policy.key_for(parse_note(text), stated.size)
    try:
        return stated, verify_checkpoint(text, key).signed_at, key
    except NoteRefused:
        return stated, None, key


def _check_authenticity(
    files: Files, key: VerifierKey, checkpoint: Checkpoint, manifest: Mapping[str, object]
) -> Result:
    """Whether the pinned key has signed both the checkpoint and the manifest."""
    result = Result(question=Question.AUTHENTICITY, facts={"key": str(key), "origin": checkpoint.origin})
    try:
        verify_checkpoint(_text(files, bundle.CHECKPOINT), key)
    except NoteRefused as error:
        result.find(bundle.CHECKPOINT, str(error))
    try:
        verify_note(parse_note(_text(files, bundle.MANIFEST)), [key])
    except NoteRefused as error:
        result.find(bundle.MANIFEST, str(error))
    if manifest.get("origin") != checkpoint.origin:
        result.find(bundle.MANIFEST, "it is about another log than the checkpoint")
    result.summary = f"signed by {key.name}, key {key.id.hex()}" if not result.count else "not as pinned"
    return result


def _check_integrity(
    files: Files,
    manifest: Mapping[str, object],
    entries: Entries,
    nodes: Mapping[Subtree, bytes],
    checkpoint: Checkpoint,
) -> Result:
    """Whether every byte is the one that was logged: files as the manifest says, entries as the checkpoint's root says."""
    result = Result(
        question=Question.INTEGRITY, facts={"entries": len(entries.indexes), "size": checkpoint.size}, summary="broken"
    )
    for name, digest in bundle.hashes_in(manifest).items():
        if sha256(files[name]).hexdigest() != digest:
            result.find(name, "it is not the file that the manifest names")
    for index in entries.malformed:
        result.find(f"entry {index}", "it is no record in canonical form")
    try:
        if root_of(nodes, checkpoint.size) != checkpoint.root:
            result.find(bundle.ENTRIES, "the entries do not lead to the checkpoint's root")
    except NotProven as error:
        result.find(bundle.NODES, str(error))
    if not entries.malformed and not is_spreadsheet_of(entries, files[bundle.CSV]):
        result.find(bundle.CSV, "it does not say what the entries say")
    if not result.count:
        result.summary = f"{len(entries.indexes)} entries lead to the root of a log of {checkpoint.size}"
    return result


def _check_history(
    nodes: Mapping[Subtree, bytes], checkpoint: Checkpoint, seen: Sequence[VerifiedCheckpoint]
) -> Result:
    """Whether the log still begins as it did whenever the auditor looked before."""
    result = Result(question=Question.HISTORY, is_shown=bool(seen), summary="no earlier checkpoint was given")
    for earlier in (each.checkpoint for each in seen):
        what = _departure(nodes, checkpoint, earlier)
        if what is not None:
            result.find(f"checkpoint of {earlier.size}", what)
    if seen:
        result.summary = "the log does not begin as it did" if result.count else f"it continues {len(seen)} seen before"
    return result


def _departure(nodes: Mapping[Subtree, bytes], checkpoint: Checkpoint, earlier: Checkpoint) -> str | None:
    if earlier.size > checkpoint.size:
        return f"the log has shrunk: this bundle's checkpoint is of {checkpoint.size}"
    if earlier.size == checkpoint.size:
        return None if earlier.root == checkpoint.root else "another log of the same size was signed: a split view"
    within = {
        Subtree(height, index): digest
        for (height, index), digest in nodes.items()
        if (index + 1) << height <= earlier.size
    }
    try:
        root = root_of(within, earlier.size)
    except NotProven:
        return f"the bundle holds no proof of what the log was then; ask for one since {earlier.size}"
    return None if root == earlier.root else "the log began otherwise then: it was rewritten"


def _check_freshness(signed_at: datetime | None, policy: Policy, now: datetime) -> Result:
    """Whether the checkpoint is as new as the policy asks."""
    result = Result(question=Question.FRESHNESS, is_shown=signed_at is not None, summary="no genuine time of signing")
    if signed_at is None:
        if policy.age_max is not None:
            result.find(bundle.CHECKPOINT, "no genuine signature says when it was made")
        return result
    age = now - signed_at
    result.facts = {"signed_at": signed_at.isoformat(), "age_seconds": int(age.total_seconds())}
    result.summary = f"signed {signed_at:%Y-%m-%d %H:%M:%S} UTC"
    if age < -CLOCKS_DIFFER:
        result.find(bundle.CHECKPOINT, "it is signed at a time that has not come")
    if policy.age_max is not None and age > policy.age_max:
        result.find(bundle.CHECKPOINT, f"it is older than {policy.age_max}")
    return result
