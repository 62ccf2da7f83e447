"""Who plays in the demo: the member and the merchant that the development tokens stand for, remembered in a file.

A start that finds the file needs neither the data nor the book to greet.
"""

from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

import orjson

CAST_FILE: Final = "demo.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCast:
    """The household with the most points, under its external id, and the store with the most entries."""

    programme_id: UUID
    member_external_id: str
    merchant_id: UUID


def remember_cast(var: Path, url: str, cast: DemoCast) -> None:
    """Keeps the cast for later starts on the same database."""
    (var / CAST_FILE).write_bytes(orjson.dumps({"database": _name(url), **asdict(cast)}, default=str))


def remembered_cast(var: Path, url: str | None) -> DemoCast | None:
    """The cast that was kept; None where no demo was loaded to its end, or into another database than `url`."""
    with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        kept = orjson.loads((var / CAST_FILE).read_bytes())
        if url is None or kept["database"] == _name(url):
            return DemoCast(
                programme_id=UUID(kept["programme_id"]),
                member_external_id=kept["member_external_id"],
                merchant_id=UUID(kept["merchant_id"]),
            )
    return None


def _name(url: str) -> str:
    return sha256(url.encode()).hexdigest()[:16]
