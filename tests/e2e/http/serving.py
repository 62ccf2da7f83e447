"""The sample application, and a real server for it on a free port."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.applications import Starlette

from graphql_api.caller import Caller
from graphql_api.http.addresses import Network
from graphql_api.http.api_keys import StoredApiKey
from graphql_api.http.app import HttpOptions, create_app
from graphql_api.http.credentials import Authenticator
from graphql_api.http.development_tokens import RULES, development_key_set, sign_token
from graphql_api.http.health import Ping
from graphql_api.http.serving import listening_socket, server_config
from graphql_api.http.tokens import TokenVerifier
from graphql_api.permissions import Role, Scope
from graphql_api.request_record import RequestRecord
from tests.e2e.http.sample import Context, sample_schema

DEFAULTS = HttpOptions()
KEY = Ed25519PrivateKey.generate()


def token(role: Role = Role.OPERATOR, subject: str = "olga", *scopes: Scope, merchant_id: str | None = None) -> str:
    """A token signed with the tests' key."""
    return sign_token(KEY, role=role, subject=subject, scopes=scopes, now=time.time(), merchant_id=merchant_id)


def bearer(*scopes: Scope, role: Role = Role.OPERATOR) -> dict[str, str]:
    """Headers of a caller with these scopes, or its role's."""
    return {"authorization": f"Bearer {token(role, 'olga', *scopes)}"}


@dataclass
class StoredKeys:
    """API keys in memory."""

    keys: dict[str, StoredApiKey] = field(default_factory=dict)
    asked: int = 0

    async def find(self, key_id: str) -> StoredApiKey | None:
        """The key with this id."""
        self.asked += 1
        return self.keys.get(key_id)


class AnyMerchant:
    """Merchants that may call from anywhere, for ever."""

    version = 1

    async def networks_of(self, merchant_id: str) -> Sequence[Network]:
        """Anywhere."""
        del merchant_id
        return ()


async def ping() -> None:
    """A database that answers."""


def sample_app(
    options: HttpOptions = DEFAULTS,
    *,
    api_keys: StoredKeys | None = None,
    database: Ping = ping,
    anonymous: Caller | None = None,
    on_denied: Callable[[str], None] | None = None,
) -> Starlette:
    """The sample application with development tokens; `on_denied` hears of denied fields, as the audit log does."""

    def make_context(caller: Caller, record: RequestRecord) -> Context:
        record.on_denied = on_denied
        return Context(caller=caller, request=record)

    tokens = TokenVerifier(development_key_set(KEY), RULES, monotonic=time.monotonic)
    return create_app(
        schema=sample_schema(),
        make_context=make_context,
        authenticator=Authenticator(
            tokens=tokens, api_keys=api_keys, merchants=AnyMerchant(), now=time.time, anonymous=anonymous
        ),
        ping=database,
        options=options,
    )


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[str]:
    """A real uvicorn on 127.0.0.1; yields its base URL."""
    listener = listening_socket("127.0.0.1", 0)
    server = uvicorn.Server(server_config(app, host="127.0.0.1", port=0))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110  uvicorn tells in no other way
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        listener.close()


def client_of(app: Starlette) -> httpx.AsyncClient:
    """A client that calls `app` in this process; an exception that escapes it fails the test."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://scrip.test")
