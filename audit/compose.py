"""Composing a bundle from what was chosen: pure, so that the drill and the tests compose like the export does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import orjson

from audit import bundle
from audit.bundle import Files, SealedPart
from audit.csv_text import HEADER, csv_line
from audit.entry_reading import NO_RECORD
from audit.merkle import Span, Subtree, subtrees_of
from audit.note import Note
from audit.signing import SigningKey, sign_text
from audit.sparse_tree import missing_nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What goes into a bundle.

    entries: canonical bytes by index, ascending
    parts:   the sealed parts that are left of them
    heads:   newest version of each stream that is complete
    range:   first and last-but-one index, where every entry between is here
    """

    entries: Mapping[int, bytes]
    parts: Sequence[SealedPart] = ()
    heads: Mapping[str, int] = field(default_factory=dict)
    range: tuple[int, int] | None = None


def needed_nodes(indexes: Sequence[int], size: int, since: Sequence[int]) -> list[Subtree]:
    """The subtrees whose hashes must come with these entries, to prove them and that the log was once of each size."""
    leaves = {Subtree(0, index) for index in indexes}
    peaks = {peak for earlier in since for peak in subtrees_of(Span(0, earlier))}
    return sorted({*missing_nodes(leaves | peaks, size), *peaks} - leaves)


def compose(
    chosen: Chosen,
    *,
    checkpoint: str,
    nodes: Mapping[Subtree, bytes],
    about: Mapping[str, object],
    key: SigningKey,
) -> Files:
    """The files of a bundle, with the manifest signed by the log's key.

    checkpoint: the signed note
    nodes:      the hashes of `needed_nodes`
    about:      what the manifest says besides counts and hashes; JSON values
    """
    files = {
        bundle.CHECKPOINT: checkpoint.encode(),
        bundle.ENTRIES: bundle.write_lines(chosen.entries.values()),
        bundle.INDEXES: bundle.write_indexes(chosen.entries),
        bundle.NODES: bundle.write_nodes(nodes),
        bundle.PARTS: bundle.write_parts(chosen.parts),
        bundle.HEADS: bundle.write_heads(chosen.heads),
        bundle.CSV: "".join([HEADER, *(_csv_line(*entry) for entry in chosen.entries.items())]).encode(),
    }
    manifest: dict[str, object] = {
        **about,
        "origin": key.name,
        "entries": len(chosen.entries),
        "parts": len(chosen.parts),
        "streams": len(chosen.heads),
        "range": None if chosen.range is None else list(chosen.range),
    }
    return {**files, bundle.MANIFEST: sign_manifest(manifest, files, key)}


def _csv_line(index: int, record: bytes) -> str:
    """Nothing for what is no record: who may write events can write anything."""
    try:
        return csv_line(index, orjson.loads(record))
    except NO_RECORD:
        return ""


def sign_manifest(manifest: Mapping[str, object], files: Files, key: SigningKey) -> bytes:
    """The manifest's note, with the hashes of the files in it."""
    hashes = {name: sha256(files[name]).hexdigest() for name in bundle.SIGNED}
    text = bundle.manifest_text({**manifest, "files": hashes})
    return str(Note(text=text, signatures=sign_text(text, key))).encode()
