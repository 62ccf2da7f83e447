"""Commands about an earlier entry: its id names the wallet, and what undid it before is read with it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Self
from uuid import UUID

from ledger.book.entry import Entry
from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.command import command_class
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.shelves import DRAWS, ENTRIES, ENTRIES_OF_ORIGINAL, LOTS
from ledger.engine.state import State
from ledger.partners.merchant import is_another_merchants
from ledger.points.command import UNKNOWN, PointsCommand
from ledger.points.owner_query import owner_of_entry


@command_class
class EntryCommand(PointsCommand):
    """Undoes or completes the entry `entry_id`, in whole or in part."""

    entry_id: UUID

    async def find(self, reader: Reader) -> Self:
        """Whose entry it is."""
        owner = await owner_of_entry(reader, self.entry_id, self.actor.programme_id)
        return self if owner is None else replace(self, member_id=owner.member_id, asset=owner.asset)

    def footprint(self) -> Sequence[Key]:
        """The wallet with its lots, the entry with its draws, and the entries that name it as their original."""
        original = [ENTRIES.key(self.entry_id), ENTRIES_OF_ORIGINAL.key(self.entry_id), DRAWS.key(self.entry_id)]
        return [self.wallet_key(), LOTS.key(self.ids.wallet), *original]

    def require_entry(self, state: State) -> Entry:
        """The entry; ENTRY_NOT_FOUND also where it is another merchant's."""
        entry = None if self.member_id == UNKNOWN else state.find(ENTRIES, self.entry_id)
        if entry is None or entry.member_id != self.member_id:
            raise Refusal(RefusalCode.ENTRY_NOT_FOUND)
        if is_another_merchants(self.actor, entry.merchant_id):
            raise Refusal(RefusalCode.ENTRY_NOT_FOUND)
        return entry

    def undone(self, state: State, *kinds: str) -> list[Entry]:
        """The entries of these kinds that name this one as their original."""
        return [entry for entry in state.rows(ENTRIES_OF_ORIGINAL, self.entry_id) if entry.kind in kinds]
