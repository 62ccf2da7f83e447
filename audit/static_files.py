"""The log as static files of C2SP tlog-tiles: tiles, entry bundles and the newest checkpoint, for any server or copy.

The checkpoint is written last, so whoever reads it finds all that it speaks of. A file is written whole or not at all
and never changed, but for the checkpoint; whatever a killed process left undone, the next round does.
"""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

from audit.checkpoint import parse_checkpoint
from audit.connection import Connection
from audit.durable_file import write_durably
from audit.note import parse_note
from audit.rollback import LogRolledBack
from audit.tiles import TILE_WIDTH, TileId, bundle_path, encode_bundle, tiles_between
from audit.tree import read_entries, read_tile

FILES_MAX = 256
"""Files that one round writes."""
_CHECKPOINT = "checkpoint"
_NEWEST = "SELECT size, note FROM audit.checkpoints ORDER BY id DESC LIMIT 1"


class StaticFiles:
    """The folder below which the log's paths are; only its owner and group may read it, as entries are nobody else's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def checkpoint(self) -> str | None:
        """The published checkpoint; None before the first."""
        path = self.folder / _CHECKPOINT
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else None

    async def publish(self, connection: Connection) -> bool:
        """Write what the newest signed checkpoint needs, at most `FILES_MAX` files; whether that was all.

        Raises LogRolledBack where a larger checkpoint is published already.
        """
        newest = await connection.fetch(_NEWEST)
        published = await asyncio.to_thread(self.checkpoint)
        if not newest or published == newest[0]["note"]:
            return True
        size: int = newest[0]["size"]
        earlier = 0 if published is None else parse_checkpoint(parse_note(published).text).size
        if earlier > size:
            raise LogRolledBack(f"{self.folder} has a checkpoint of {earlier} entries, and the database one of {size}")
        missing = await asyncio.to_thread(self._missing, earlier, size)
        for path, tile in missing[:FILES_MAX]:
            await asyncio.to_thread(_write, self.folder, path, await _content(connection, path, tile))
        if len(missing) > FILES_MAX:
            return False
        await asyncio.to_thread(_write, self.folder, _CHECKPOINT, newest[0]["note"].encode())
        await asyncio.to_thread(self._drop_partials, earlier, size)
        return True

    def _missing(self, earlier: int, size: int) -> list[tuple[str, TileId]]:
        self.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        return [(path, tile) for path, tile in _files(earlier, size) if not (self.folder / path).exists()]

    def _drop_partials(self, earlier: int, size: int) -> None:
        """Remove partial tiles and bundles of tiles that are full now, as the specification allows."""
        for path, tile in _files(earlier, size):
            if tile.width == TILE_WIDTH:
                shutil.rmtree(self.folder / f"{path}.p", ignore_errors=True)


def _files(earlier: int, size: int) -> Iterator[tuple[str, TileId]]:
    """The files of the tree of `size` entries that the earlier one has not; a bundle goes with its tile of level 0."""
    for tile in tiles_between(earlier, size):
        yield tile.path, tile
        if tile.level == 0:
            yield bundle_path(tile.number, tile.width), tile


async def _content(connection: Connection, path: str, tile: TileId) -> bytes:
    if path == tile.path:
        return await read_tile(connection, tile)
    return encode_bundle(await read_entries(connection, tile.number, tile.width))


def _write(root: Path, path: str, content: bytes) -> None:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    write_durably(target, content, root=root)
