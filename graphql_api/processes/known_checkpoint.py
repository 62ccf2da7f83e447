"""Reading the newest checkpoint that is kept elsewhere, from a file or over the web, and those that workers go by."""

import asyncio
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from audit.note import NOTE_CHARACTERS_MAX
from audit.rollback import KnownCheckpoint
from audit.static_files import StaticFiles
from graphql_api.settings import Settings

TIMEOUT_SECONDS = 10.0


async def checkpoints_of(settings: Settings) -> Sequence[KnownCheckpoint]:
    """Those by which a worker with these settings knows the log at its start, as far as there are any. OSError as below."""
    published = published_checkpoint(StaticFiles(settings.log_folder)) if settings.log_folder else None
    kept = await read_known_checkpoint(settings.log_known_checkpoint) if settings.log_known_checkpoint else None
    return [each for each in (published, kept) if each is not None]


def published_checkpoint(files: StaticFiles) -> KnownCheckpoint | None:
    """The newest that is published as files; None before the first."""
    text = files.checkpoint()
    return None if text is None else KnownCheckpoint(where=str(files.folder), text=text)


async def read_known_checkpoint(where: str) -> KnownCheckpoint | None:
    """Return what stands at a path or an http(s) URL; None where there is no such file.

    Raises OSError where it cannot be read, or where the web server has nothing to say.
    """
    text = await asyncio.to_thread(_fetch if where.startswith(("http://", "https://")) else _read, where)
    return None if text is None else KnownCheckpoint(where=where, text=text)


def _read(where: str) -> str | None:
    path = Path(where)
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else None


def _fetch(where: str) -> str:
    with urllib.request.urlopen(where, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - the scheme was looked at
        body: bytes = answer.read(NOTE_CHARACTERS_MAX)
        return body.decode(errors="replace")
