"""Where a case of `vouchers.txt` takes place: its book, and the lines that set the scene."""

from dataclasses import dataclass, field
from datetime import datetime

from ledger.book.account import AccountState
from ledger.partners.rows import MERCHANTS, TERMINALS, Terminal, terminal_id
from ledger.programme.rows import PROGRAMMES
from tests.property.memory_book import MemoryBook
from tests.property.voucher_world import add_template
from tests.property.world import PROGRAMME, member_id, merchant_id, world
from tests.vectors.voucher_options import read_template

SCENE = ("template", "zone", "at", "merchant", "terminal", "freeze", "thaw")


@dataclass
class VoucherScene:
    """A book in memory, and one method for each word of `SCENE`."""

    book: MemoryBook = field(default_factory=world)

    def set_template(self, code: str, *words: str) -> None:
        """A live template."""
        add_template(self.book, code, read_template(dict(word.split("=", 1) for word in words)))

    def set_zone(self, name: str) -> None:
        """The programme's zone."""
        self.book.change(PROGRAMMES, self.book.rows(PROGRAMMES.table)[0]._replace(time_zone=name))

    def set_at(self, text: str) -> None:
        """The instant of what follows."""
        self.book.store.now = datetime.fromisoformat(text)

    def set_merchant(self, name: str, state: str) -> None:
        """Opens or closes a merchant."""
        shop = self.book.rows(MERCHANTS.table, "id", merchant_id(name))[0]
        self.book.change(MERCHANTS, shop._replace(state=state))

    def set_terminal(self, name: str, shop: str, state: str) -> None:
        """A merchant's till."""
        id_ = terminal_id(merchant_id(shop), name)
        self.book.add(TERMINALS, Terminal(id_, PROGRAMME, merchant_id(shop), name, name, state, 1))

    def set_freeze(self, name: str) -> None:
        """The member may start nothing."""
        self.book.set_member_state(member_id(name), AccountState.FROZEN)

    def set_thaw(self, name: str) -> None:
        """The member may again."""
        self.book.set_member_state(member_id(name), AccountState.OPEN)
