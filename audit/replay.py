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
    """Balances by account id as they grow; holes by stream."""

    guarded: dict[str, Balance] = field(default_factory=dict)
    unguarded: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        """Follows one record. Records of one stream may come in any order."""
        streams = record.get("streams", ())
        for stream, version in streams:
            self.counts[stream] = self.counts.get(stream, 0) + 1
            self.versions[stream] = max(version, self.versions.get(stream, 0))
        for (account, version), (posted, held) in zip(streams, record.get("balances", ()), strict=False):
            known = self.guarded.get(account)
            if known is None or version > known.version:
                self.guarded[account] = Balance(version, posted, held)
        for account, amount in record.get("flows", ()):
            self.unguarded[account] = self.unguarded.get(account, 0) + amount

    def holes(self) -> Mapping[str, str]:
        """By stream, what is wrong: a stream of n versions has n records."""
        return {
            stream: f"{self.counts[stream]} records for {version} versions"
            for stream, version in self.versions.items()
            if self.counts[stream] != version
        }
