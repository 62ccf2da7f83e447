"""An attempt at a code: by whom, as wrong ones are counted."""

from typing import NamedTuple
from uuid import UUID


class Attempt(NamedTuple):
    """Who tries a code. A merchant's server may name no till, and nobody may know where it calls from."""

    merchant_id: UUID
    terminal: str | None = None
    network: str | None = None
