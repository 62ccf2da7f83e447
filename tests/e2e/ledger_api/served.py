"""The real API over the real ledger, on a real port."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from prometheus_client import CollectorRegistry
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from graphql_api.bootstrap import Application
from graphql_api.http.development_tokens import development_key, sign_token
from graphql_api.permissions import Role, Scope
from graphql_api.processes.api import compose_api
from tests.e2e.http.serving import served

PROTOCOL = Subprotocol("graphql-transport-ws")


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A served API, as clients reach it."""

    application: Application
    url: str

    def bearer(self, role: Role, name: str, *scopes: Scope, merchant_id: str | None = None) -> str:
        """The Authorization header of a caller."""
        key = development_key(self.application.settings.var)
        token = sign_token(key, role=role, subject=name, now=time.time(), scopes=scopes, merchant_id=merchant_id)
        return f"Bearer {token}"

    async def post(self, authorization: str, text: str, **variables: object) -> httpx.Response:
        """One request."""
        async with httpx.AsyncClient() as client:
            return await client.post(
                f"{self.url}/graphql",
                json={"query": text, "variables": variables},
                headers={"authorization": authorization},
                timeout=20,
            )

    async def ask(self, authorization: str, text: str, **variables: object) -> Any:
        """The data of a request that meets no error."""
        answer = (await self.post(authorization, text, **variables)).json()
        assert "errors" not in answer, answer
        return answer["data"]

    @asynccontextmanager
    async def socket(self, authorization: str) -> AsyncIterator[ClientConnection]:
        """An open WebSocket of a caller."""
        address = f"ws{self.url.removeprefix('http')}/graphql"
        async with connect(address, subprotocols=[PROTOCOL]) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": {"Authorization": authorization}}))
            assert json.loads(await socket.recv()) == {"type": "connection_ack"}
            yield socket


@asynccontextmanager
async def api_of(application: Application) -> AsyncIterator[Api]:
    """The API over an open application."""
    async with served(compose_api(application, CollectorRegistry())) as url:
        yield Api(application=application, url=url)
