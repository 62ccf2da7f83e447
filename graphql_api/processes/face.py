"""What the HTTP face is given of the schema: itself, and how its resolvers and its keys reach an open application."""

import secrets
import time
from collections.abc import Sequence
from uuid import UUID

from graphql_api.bootstrap import Application
from graphql_api.caller import Caller
from graphql_api.http.api_keys import StoredApiKey
from graphql_api.http.attempt_limits import AttemptLimiter
from graphql_api.http.operations import MakeContext
from graphql_api.loaders import BatchLoader
from graphql_api.processes.api import Face
from graphql_api.request_record import RequestRecord
from graphql_api.schema.build import build_schema
from graphql_api.schema.context import Context, Ledger, WalletKey
from graphql_api.schema.directory import Directory
from ledger.engine.reader import Reader
from ledger.partners.queries import live_key
from ledger.points.wallet_query import WalletView, load_wallets

GUESSES_FREE_PER_MERCHANT = 50
"""A till that is typed at badly must not stop its whole shop at once; many tills of one shop that guess must."""


def context_of(application: Application) -> MakeContext:
    """How each request's context is made."""
    ledger = ledger_of(application)

    def make(caller: Caller, record: RequestRecord) -> Context:
        return Context(caller=caller, request=record, ledger=ledger)

    return make


def ledger_of(application: Application) -> Ledger:
    """The ledger as resolvers reach it."""
    reader = application.reader
    return Ledger(
        engine=application.engine,
        reader=reader,
        units=application.units,
        sealer=application.sealer,
        random=secrets.token_bytes,
        open_reason=application.audit_log.open_part,
        sandbox=application.settings.sandbox,
        directory=Directory(reader, application.member_ids),
        wallets=wallet_loader(reader),
        approvables=application.approvables,
        guesses=CodeGuesses(),
        changes=application.changes,
    )


def wallet_loader(reader: Reader) -> BatchLoader[WalletKey, WalletView | None]:
    """Wallets that many requests ask for at once, one statement for each programme among them."""

    async def load(keys: Sequence[WalletKey]) -> Sequence[WalletView | None]:
        found: dict[WalletKey, WalletView | None] = {}
        for programme_id in {key[0] for key in keys}:
            mine = [key for key in keys if key[0] == programme_id]
            views = await load_wallets(reader, programme_id, [(member, asset) for _, member, asset in mine])
            found.update(zip(mine, views, strict=True))
        return [found[key] for key in keys]

    return BatchLoader(load)


class CodeGuesses:
    """Counts wrong payment codes by till and by merchant, in this process."""

    def __init__(self) -> None:
        self._tills = AttemptLimiter()
        self._merchants = AttemptLimiter(free=GUESSES_FREE_PER_MERCHANT)

    def wait_seconds(self, merchant_id: UUID, terminal: str | None) -> float:
        """How long the next attempt must wait."""
        now = time.monotonic()
        return max(
            self._tills.wait_seconds((merchant_id, terminal), now), self._merchants.wait_seconds(merchant_id, now)
        )

    def failed(self, merchant_id: UUID, terminal: str | None) -> None:
        """Notes a wrong code."""
        now = time.monotonic()
        self._tills.failed((merchant_id, terminal), now)
        self._merchants.failed(merchant_id, now)

    def succeeded(self, merchant_id: UUID, terminal: str | None) -> None:
        """Notes a right code: the till starts afresh; its merchant does not, or one right code would buy fifty guesses."""
        self._tills.succeeded((merchant_id, terminal))
        del merchant_id


class RegistryKeys:
    """Merchants' keys as the registry has them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def find(self, key_id: str) -> StoredApiKey | None:
        """The live key with this id."""
        try:
            found = await live_key(self._reader, UUID(hex=key_id))
        except ValueError:
            return None
        if found is None:
            return None
        return StoredApiKey(
            secret_sha256=found.secret_hash,
            merchant_id=str(found.merchant_id),
            programme_id=str(found.programme_id),
        )


FACE = Face(
    schema=build_schema(),
    context_of=context_of,
    api_keys_of=lambda application: RegistryKeys(application.reader),
)
