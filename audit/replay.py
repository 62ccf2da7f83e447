"""Replaying the log: what its records alone say of every balance, and whether anything is missing among them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from audit.csv_text import Record


class Balance(NamedTuple):
    """What an account with bounds has after its latest change."""

    version: int
    posted: int
    held: int


@dataclass(slots=True, kw_only=True)
class Replay:
    """Balances by account id as they grow, and which versions of each stream were met.

    reached:  up to which version all of a stream were met
    ahead:    the versions beyond that, of streams that lack one
    repeated: a version that was met more than once, by stream
    """

    guarded: dict[str, Balance] = field(default_factory=dict)
    unguarded: dict[str, int] = field(default_factory=dict)
    reached: dict[str, int] = field(default_factory=dict)
    ahead: dict[str, set[int]] = field(default_factory=dict)
    repeated: dict[str, int] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        """Follows one record. Records of one stream may come in any order."""
        streams = record.get("streams", ())
        for stream, version in streams:
            self._meet(stream, version)
        for (account, version), (posted, held) in zip(streams, record.get("balances", ()), strict=False):
            known = self.guarded.get(account)
            if known is None or version > known.version:
                self.guarded[account] = Balance(version, posted, held)
        for account, amount in record.get("flows", ()):
            self.unguarded[account] = self.unguarded.get(account, 0) + amount

    def holes(self) -> Mapping[str, str]:
        """By stream, what is wrong: a stream has one record of each of its versions."""
        missing = {stream: f"version {self.reached.get(stream, 0) + 1} is missing" for stream in self.ahead}
        return missing | {stream: f"version {version} stands there twice" for stream, version in self.repeated.items()}

    def _meet(self, stream: str, version: int) -> None:
        reached, ahead = self.reached.get(stream, 0), self.ahead.get(stream)
        if version <= reached or (ahead is not None and version in ahead):
            self.repeated[stream] = version
        elif version > reached + 1:
            self.ahead.setdefault(stream, set()).add(version)
        elif ahead is None:
            self.reached[stream] = version
        else:
            self._close_up(stream, version, ahead)

    def _close_up(self, stream: str, version: int, ahead: set[int]) -> None:
        while version + 1 in ahead:
            version += 1
            ahead.remove(version)
        self.reached[stream] = version
        if not ahead:
            del self.ahead[stream]
