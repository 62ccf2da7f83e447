"""Comparing the checkpoints that are stored with the tree: the log proves itself by the newest one, and its sizes never fall.

Who signed them is not asked here: that takes the log's key, which a checker need not have. Verifiers ask.
"""

from typing import Final

from audit.checkpoint import parse_checkpoint
from audit.connection import Connection
from audit.note import NoteRefused, parse_note
from audit.reconcile_parts import Differences
from audit.tree import TreeDamaged, read_root

LOOKED_AT: Final = 100
"""Different trees, the newest, whose roots are computed again; of older ones the order of the sizes is looked at."""
_OUT_OF_ORDER: Final = """
SELECT count(*), min(id) AS id FROM (SELECT id, size, note, lag(size) OVER (ORDER BY id) AS before FROM audit.checkpoints) each
WHERE size < before OR split_part(note, E'\\n', 2) <> size::text OR size > (SELECT max(size) FROM audit.tree)
"""
_NEWEST: Final = """
SELECT max(id) AS id, size, split_part(note, E'\\n\\n', 1) AS text, max(note) AS note FROM audit.checkpoints
WHERE size <= (SELECT max(size) FROM audit.tree) GROUP BY 2, 3 ORDER BY 1 DESC LIMIT $1
"""


async def compare_checkpoints(connection: Connection, result: Differences) -> None:
    """Says which of them do not speak of the log as it is on the connection's snapshot."""
    disordered = (await connection.fetch(_OUT_OF_ORDER))[0]
    if disordered["count"]:
        result.differ(
            f"checkpoint {disordered['id']}", f"its size is not in order or not its note's; {disordered['count']} such"
        )
    newest = await connection.fetch(_NEWEST, LOOKED_AT)
    false = [row["id"] for row in newest if not await _is_of(connection, row["size"], row["note"])]
    if false:
        result.differ(f"checkpoint {false[0]}", f"the tiles make another root than it says; {len(false)} such")


async def _is_of(connection: Connection, size: int, note: str) -> bool:
    try:
        stated = parse_checkpoint(parse_note(note).text)
        return stated.size == size and stated.root == await read_root(connection, size)
    except (NoteRefused, TreeDamaged):
        return False
