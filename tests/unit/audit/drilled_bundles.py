"""The log of the drill, bundled whole or in part, and what the verifier says of it."""

from functools import cache

from audit.bundle import Files
from audit.compose import Chosen, compose, needed_nodes
from audit.drill import POLICY
from audit.drill_log import KEY, Log, sample_log
from audit.merkle import Subtree, leaf_hash, root_of
from audit.verdict import Verdict
from audit.verify import verify_bundle


@cache
def log() -> Log:
    """Return the drill's log."""
    return sample_log()


@cache
def files() -> Files:
    """Return the drill's whole log as a bundle."""
    return log().bundle()


def part_of(
    indexes: list[int],
    since: tuple[int, ...] = (),
    heads: dict[str, int] | None = None,
    *,
    whole: tuple[int, int] | None = None,
    of: Log | None = None,
) -> Files:
    """Return a bundle of some of the entries of the drill's log, or of another; `whole` is the range that it claims."""
    of = of or log()
    entries = of.entries()
    leaves = [leaf_hash(entry) for entry in entries.values()]
    nodes = {
        Subtree(height, index): root_of(leaves[index << height : (index + 1) << height])
        for height, index in needed_nodes(indexes, len(leaves), since)
    }
    events = {of.records[index]["id"] for index in indexes}
    chosen = Chosen(
        entries={index: entries[index] for index in indexes},
        parts=[part for part in of.parts if part.event_id in events],
        heads=heads or {},
        range=whole,
    )
    return compose(chosen, checkpoint=of.checkpoint(), nodes=nodes, about={}, key=KEY)


def verdict_of(given_files: Files, seen_at: int | None = None) -> Verdict:
    """Return what the verifier says, to an auditor who looked before at that size."""
    seen = [] if seen_at is None else [log().seen(seen_at)]
    return verify_bundle(given_files, POLICY, seen, log().signed_at)
