"""What point commands should come to, told a second time: plain lists of lots, straight from semantics 2 to 4.

No product code but the names of refusals and terms; no index, no bound, no draft. Slow and obvious on purpose.
`model_terms` tells days and instants, `model_purses` what happens by itself, `model_earns` and `model_spends` the
commands that begin or end in one purse.
"""

from datetime import datetime

from ledger.book.refusal import RefusalCode as Code
from tests.property.model_earns import Earns
from tests.property.model_purses import No, Told
from tests.property.model_spends import Spends
from tests.property.model_terms import NEVER


class Model(Earns, Spends):
    """Every point command: earns, spends, and what the bank or a member moves."""

    def transfer(self, name: str, other: str, now: datetime, amount: int) -> Told:
        """Lot by lot, each with its expiry, within the limits of the local day and month."""
        purse, receiver = self.purse(name, now), self.purse(other, now)
        if purse.frozen:
            raise No(Code.MEMBER_FROZEN)
        if name == other:
            raise No(Code.TRANSFER_TO_SELF)
        day = self.terms.today(now).isoformat()
        for period, limit in ((day, self.terms.day_max), (day[:7], self.terms.month_max)):
            if limit is not None and purse.sent.get(period, 0) + amount > limit:
                raise No(Code.TRANSFER_LIMIT_EXCEEDED)
        self.require(purse, amount)
        parts = purse.draw(amount)
        for period in (day, day[:7]):
            purse.sent[period] = purse.sent.get(period, 0) + amount
        before = receiver.posted
        for lot, part in parts:
            lot.amount -= part
            if before == 0 and receiver.inactive is not None and receiver.inactive <= now:
                receiver.live_until(self.terms.idle_until(self.terms.today(now)) or NEVER, now)
            self.grant(receiver, part, lot.dies, now, purchased=lot.purchased, day=self.terms.today(now))
        receiver.expire_dead(now)
        return self.told(purse, amount, [(lot.label, part) for lot, part in parts])

    def adjust(self, name: str, now: datetime, amount: int) -> Told:
        """Up repays first; down stops at zero."""
        purse = self.purse(name, now)
        if amount < 0:
            if -amount > purse.posted - purse.held:
                raise No(Code.INSUFFICIENT_POINTS)
            parts = purse.draw(-amount)
            for lot, part in parts:
                lot.amount -= part
            return self.told(purse, -amount, [(lot.label, part) for lot, part in parts])
        rest = amount - purse.repay(amount)
        if not rest:
            return self.told(purse, amount, [])
        lot = self.grant(purse, rest, self.terms.life(self.terms.today(now)), now, day=self.terms.today(now))
        expired = purse.expire_dead(now)
        return self.told(purse, amount, [(lot.label, rest)], expired=expired)
