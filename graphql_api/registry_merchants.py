"""Merchants as the HTTP face looks them up, and how it hears at once that a credential may have ended.

The registry's own triggers send the notice, whoever changed a merchant or a key.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from graphql_api.notices import Notices
from ledger.engine.reader import Reader
from ledger.partners.queries import networks_of_open
from ledger.partners.rows import Network

CHANNEL: Final = "scrip_credentials"


class RegistryMerchants:
    """Where open merchants may call from; a channel of `notices`."""

    def __init__(self, reader: Reader, notices: Notices) -> None:
        self._reader = reader
        self._notices = notices
        self._version = 0
        notices.add(self)

    @property
    def version(self) -> int | None:
        """Rises with every notice; None while notices are not heard, which begins with the first question."""
        if not self._notices.is_listening:
            self._notices.wake()
            return None
        return self._version

    async def networks_of(self, merchant_id: str) -> Sequence[Network] | None:
        """Where an open merchant may call from, none = anywhere; None for a closed or unknown one."""
        try:
            return await networks_of_open(self._reader, UUID(merchant_id))
        except ValueError:
            return None

    # -- as a channel ------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The channel that the registry's triggers notify."""
        return CHANNEL

    def hear(self, payload: str) -> None:
        """Some merchant or key changed."""
        del payload
        self._version += 1

    def miss(self) -> None:
        """Some may have."""
        self._version += 1

    def take(self) -> Sequence[str]:
        """Nothing: the database itself tells."""
        return ()

    def give_back(self, payloads: Sequence[str]) -> None:
        """Nothing was taken."""
