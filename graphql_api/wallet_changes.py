"""Who waits for changes of which accounts, and how notices of them reach across processes.

A notice says only that something changed; when notices may have been missed, everybody is told.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from graphql_api.notices import Notices

CHANNEL: Final = "scrip_wallets"
PAYLOAD_ACCOUNTS_MAX: Final = 330
"""A payload holds less than 8,000 bytes; an account takes 24 of them."""
PENDING_MAX: Final = 100_000


class Subscriber:
    """One who waits for changes of some accounts; changes that come while it is busy are one change."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Says that something changed."""
        self._changed.set()

    async def wait(self) -> None:
        """Returns at the next change, or at once where one came since the last call."""
        await self._changed.wait()
        self._changed.clear()


class WalletChanges:
    """Publishes changed accounts and wakes their subscribers; a channel of `notices`."""

    def __init__(self, notices: Notices, *, book_schema: str) -> None:
        self._notices = notices
        self._channel = f"{CHANNEL}_{book_schema}"
        # Accounts are their ids' bytes in here: every process hears of every account, and of most for nothing.
        self._pending: dict[bytes, None] = {}
        self._subscribers: dict[bytes, set[Subscriber]] = {}
        notices.add(self)

    def publish(self, accounts: Iterable[UUID]) -> None:
        """Notes changed accounts of a committed batch; they are sent within a moment. Never waits, never raises."""
        before = len(self._pending)
        self._pending.update(dict.fromkeys([account.bytes for account in accounts]))
        if len(self._pending) == before:
            return
        while len(self._pending) > PENDING_MAX:
            # The database does not answer: whoever listens will be told everything once it does.
            del self._pending[next(iter(self._pending))]
        self._notices.wake()

    @asynccontextmanager
    async def subscribe(self, accounts: Collection[UUID]) -> AsyncIterator[Subscriber]:
        """A subscriber to the accounts, whose notices are heard from the beginning of the block on."""
        subscriber = Subscriber()
        subscribed = {account.bytes for account in accounts}
        for account in subscribed:
            self._subscribers.setdefault(account, set()).add(subscriber)
        try:
            await self._notices.listen()
            yield subscriber
        finally:
            for account in subscribed:
                self._subscribers[account].discard(subscriber)
                if not self._subscribers[account]:
                    del self._subscribers[account]

    # -- as a channel ------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """A channel of the book's own."""
        return self._channel

    def hear(self, payload: str) -> None:
        """Wakes who waits for the accounts of the notice."""
        for account in decode_accounts(payload):
            for subscriber in self._subscribers.get(account, ()):
                subscriber.wake()

    def miss(self) -> None:
        """Wakes everybody."""
        for subscribers in self._subscribers.values():
            for subscriber in subscribers:
                subscriber.wake()

    def take(self) -> Sequence[str]:
        """All that is pending now, in payloads of bounded size."""
        accounts = list(self._pending)
        self._pending.clear()
        parts = range(0, len(accounts), PAYLOAD_ACCOUNTS_MAX)
        return [encode_accounts(accounts[at : at + PAYLOAD_ACCOUNTS_MAX]) for at in parts]

    def give_back(self, payloads: Sequence[str]) -> None:
        """These accounts are pending again."""
        for payload in payloads:
            self._pending.update(dict.fromkeys(decode_accounts(payload)))


def encode_accounts(accounts: Iterable[bytes]) -> str:
    """The accounts, by the bytes of their ids, as a notice's payload."""
    return base64.b64encode(b"".join(accounts)).decode("ascii")


def decode_accounts(payload: str) -> list[bytes]:
    """The bytes of the ids of a notice's accounts; none where it is not one of ours."""
    try:
        raw = base64.b64decode(payload, validate=True)
    except ValueError:
        return []
    return [raw[at : at + 16] for at in range(0, len(raw) - 15, 16)]
