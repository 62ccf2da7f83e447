"""Pipelines through TLS, on the product's loop and on Python's own."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ledger.engine.database import Database
from ledger.engine.wire.pipeline import Statement

LARGE = 5_000_000


@pytest.fixture
def encrypting(tmp_path: Path) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = built.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = tmp_path / "server.pem"
    path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@asynccontextmanager
async def encrypted(url: str, context: ssl.SSLContext) -> AsyncIterator[Database]:
    """The server of the URL behind a relay that speaks TLS."""
    parts = urlsplit(url)
    folder = parse_qs(parts.query).get("host")

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                target.write(data)
                await target.drain()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            target.close()

    async def relay(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        await client.readexactly(8)  # the request for encryption
        to_client.write(b"S")
        await to_client.start_tls(context)
        if folder is None:
            server, to_server = await asyncio.open_connection(parts.hostname, parts.port or 5432)
        else:
            server, to_server = await asyncio.open_unix_connection(f"{folder[0]}/.s.PGSQL.5432")
        await asyncio.gather(copy(client, to_server), copy(server, to_client))

    async with await asyncio.start_server(relay, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        login, _, _ = parts.netloc.rpartition("@")
        relayed = f"postgresql://{login}@127.0.0.1:{port}{parts.path}?sslmode=require"
        yield Database(relayed, book_schema="book", pool_size=1)


async def try_out(url: str, context: ssl.SSLContext) -> None:
    """Small and large answers, and a connection closed in the middle of one."""
    async with encrypted(url, context) as database:
        writer = await database.open_writer()
        [[(name,)]] = await writer.run([Statement("SELECT current_setting('application_name')")])
        assert name == "scrip"
        large = Statement("SELECT ($1::bytea[])[1]", ([b"y" * LARGE],))
        [[(sent,)], many] = await writer.run([large, Statement("SELECT n FROM generate_series(1, 50000) AS n")])
        assert len(sent) == LARGE
        assert many == [(n,) for n in range(1, 50_001)]

        asked = asyncio.create_task(writer.run([Statement("SELECT pg_sleep(60)::text")]))
        await asyncio.sleep(0.1)
        writer.close()
        with pytest.raises(asyncpg.ConnectionDoesNotExistError):
            await asyncio.wait_for(asked, 10)
        assert writer.is_closed


@pytest.mark.parametrize("new_loop", [uvloop.new_event_loop, asyncio.new_event_loop])
async def test_pipelines_are_answered_through_tls(
    database_url: str, encrypting: ssl.SSLContext, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    """As without, on either loop."""

    def run() -> None:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(asyncio.wait_for(try_out(database_url, encrypting), 60))

    await asyncio.to_thread(run)
