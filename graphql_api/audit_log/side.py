"""The audit log's side of the composition: the keyring, what it seals, and where events are appended."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg

from audit.act import Acts
from audit.cipher import KeySealer
from audit.erasure import Eraser
from audit.expiry import Expiry
from audit.key_provider import KeyProvider, RootUnavailable
from audit.keyring import AnotherLog, Keyring
from audit.log import AuditLog
from audit.parts import Parts
from audit.retention import RetentionClass, RetentionPolicy
from audit.turnover import Turnover
from graphql_api.audit_log.key_connection import KeyConnection
from graphql_api.audit_log.key_notices import KeyNotices
from graphql_api.audit_log.root_key import key_provider
from graphql_api.notices import Notices
from graphql_api.settings import Settings, SettingsError
from ledger.engine.connecting import connect
from ledger.engine.database import Database
from ledger.engine.ids import IdSource

KEY_ADMINISTRATOR = "scrip_key_admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSide:
    """What the audit log gives to a process.

    sink:     where the ledger's events go
    parts:    opens what is sealed into events; whoever asks has recorded that it does
    sealer:   the ledger's sealer, under the house key
    acts:     what the audit log records of itself, in the application's role
    key_acts: the same in the role that may change and destroy keys, on a connection of its own each time
    eraser:   erases people
    expiry:   expires months
    turnover: replaces the root key
    turnover_every: how old a root key may grow; None where nobody turns it over by plan
    notices:  tells every process whose keys to let go of
    connection: the keyring's own
    """

    sink: AuditLog
    parts: Parts
    sealer: KeySealer
    keyring: Keyring
    provider: KeyProvider
    acts: Acts
    key_acts: Acts
    eraser: Eraser
    expiry: Expiry
    turnover: Turnover
    turnover_every: timedelta | None
    notices: KeyNotices
    connection: KeyConnection

    async def close(self) -> None:
        """Lets go of every key and of the keyring's connection."""
        self.keyring.forget_all()
        await self.connection.close()


async def open_audit_side(
    settings: Settings,
    database: Database,
    notices: Notices,
    ids: IdSource,
    *,
    origin: str,
    on_gone: Callable[[], None],
) -> AuditSide:
    """Composes it on an open database. SettingsError where a root key that is needed is not at hand.

    origin:  the kind of process, which every record names
    on_gone: hears that somebody was erased, here or in another process
    """
    provider = key_provider(settings)
    bare_log = AuditLog(origin=origin)
    connection = KeyConnection(database.url)
    keyring = Keyring(Acts(connection.lend, bare_log, _new_ids(ids)), provider, time.monotonic)
    sealer = await _open_keyring(keyring, connection, settings.log_origin)
    parts = Parts(keyring, settings.log_origin)
    key_acts = Acts(_connecting(database.url, KEY_ADMINISTRATOR), bare_log, _new_ids(ids))
    policy = retention_policy(settings)
    return AuditSide(
        sink=AuditLog(origin=origin, parts=parts),
        parts=parts,
        sealer=sealer,
        keyring=keyring,
        provider=provider,
        acts=Acts(database.pool.acquire, bare_log, _new_ids(ids)),
        key_acts=key_acts,
        eraser=Eraser(acts=key_acts, policy=policy),
        expiry=Expiry(acts=key_acts, policy=policy),
        turnover=Turnover(acts=key_acts, provider=provider),
        turnover_every=timedelta(days=settings.root_turnover_days) or None,
        notices=KeyNotices(notices, keyring, on_gone),
        connection=connection,
    )


async def _open_keyring(keyring: Keyring, connection: KeyConnection, log_origin: str) -> KeySealer:
    try:
        await keyring.open()
        return KeySealer(await keyring.house_key(log_origin))
    except BaseException as error:
        await connection.close()
        if isinstance(error, RootUnavailable):
            raise SettingsError((f"{error}.",)) from None
        if isinstance(error, AnotherLog):
            raise SettingsError((f"SCRIP_LOG_ORIGIN: {error}.",)) from None
        raise


def retention_policy(settings: Settings) -> RetentionPolicy:
    """How long the operator wants things kept."""
    return RetentionPolicy(
        spans={
            RetentionClass.VALUE: settings.retention_value,
            RetentionClass.HANDLING: settings.retention_handling,
            RetentionClass.ACCESS: settings.retention_access,
            RetentionClass.OPERATION: settings.retention_operation,
        }
    )


def _new_ids(ids: IdSource) -> Callable[[], UUID]:
    """Ids of this very moment: an act comes alone, long after the last batch."""

    def new_id() -> UUID:
        ids.tick()
        return ids.new()

    return new_id


def _connecting(url: str, role: str) -> "Callable[[], AbstractAsyncContextManager[asyncpg.Connection[asyncpg.Record]]]":
    @asynccontextmanager
    async def connected() -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
        settings = {"role": role, "application_name": "scrip keys", "timezone": "UTC"}
        connection = await connect(url, server_settings=settings)
        try:
            yield connection
        finally:
            await connection.close()

    return connected
