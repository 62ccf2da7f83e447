"""Merchants' API keys: issued once in clear, stored as a hash, rotated with an overlap, revoked.

The text is `scrip_live_<id>_<secret>`: the key's id and 32 random bytes, both in hexadecimal. The random bytes come
from the caller. Instants are real time: the sandbox clock ends no key.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import DateTime, bindparam, func, insert, or_, select, update

from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.book.units import ProgrammeId
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.partners.merchant import require_open_row
from ledger.partners.rows import ApiKey
from ledger.partners.tables import API_KEYS, MERCHANTS
from ledger.programme.registry_change import Change, registry_change

PREFIX = "scrip_live_"
SECRET_BYTES = 32
_REAL_NOW = func.clock_timestamp(type_=DateTime(timezone=True))
IS_LIVE = API_KEYS.c.revoked_at.is_(None) & or_(API_KEYS.c.expires_at.is_(None), API_KEYS.c.expires_at > _REAL_NOW)
_COLUMNS = [API_KEYS.c[name] for name in ApiKey._fields]
_THIS = (API_KEYS.c.id == bindparam("key_id")) & (API_KEYS.c.programme_id == bindparam("of_programme"))
_NOW = Query(select(_REAL_NOW.label("now")))
_MERCHANT = Query(
    select(MERCHANTS.c.state).where(
        MERCHANTS.c.id == bindparam("merchant_id"), MERCHANTS.c.programme_id == bindparam("programme_id")
    )
)
_INSERT = Query(insert(API_KEYS))
_LOCK_LIVE = Query(select(*_COLUMNS).where(_THIS, IS_LIVE).with_for_update(key_share=True))
_END = Query(
    update(API_KEYS)
    .where(_THIS)
    .values(
        {
            "expires_at": bindparam("new_expires_at"),
            "revoked_at": bindparam("new_revoked_at"),
            "version": API_KEYS.c.version + 1,
        }
    )
    .returning(*_COLUMNS)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """A key just made. `text` is shown once and kept nowhere."""

    id: UUID
    merchant_id: UUID
    expires_at: datetime | None
    text: str

    def __repr__(self) -> str:
        """Without the secret, so that no log shows it."""
        return f"IssuedKey(id={self.id!r}, merchant_id={self.merchant_id!r})"


async def issue_api_key(
    units: UnitsOfWork, actor: Actor, *, merchant_id: UUID, secret: bytes, expires_at: datetime | None = None
) -> IssuedKey:
    """A key of the merchant's over 32 random bytes. INVALID_INPUT, MERCHANT_NOT_FOUND, MERCHANT_CLOSED."""
    async with registry_change(units, actor, "api_key_issued") as change:
        return await _issue(change, merchant_id, secret, expires_at)


async def rotate_api_key(
    units: UnitsOfWork, actor: Actor, *, key_id: UUID, secret: bytes, old_expires_at: datetime | None = None
) -> IssuedKey:
    """A second key of the same merchant; the old one works until `old_expires_at`, or until it is revoked.

    An earlier expiry of the old key stays. INVALID_INPUT, API_KEY_NOT_FOUND, MERCHANT_CLOSED.
    """
    async with registry_change(units, actor, "api_key_rotated") as change:
        old = await _require_live(change, key_id)
        if old_expires_at is not None:
            ends = old_expires_at if old.expires_at is None else min(old.expires_at, old_expires_at)
            await _end(change, old, expires_at=ends, revoked_at=None)
        return await _issue(change, old.merchant_id, secret, None)


async def revoke_api_key(units: UnitsOfWork, actor: Actor, *, key_id: UUID) -> ApiKey:
    """Ends the key now; who remembers it as verified forgets within a minute. API_KEY_NOT_FOUND."""
    async with registry_change(units, actor, "api_key_revoked") as change:
        live = await _require_live(change, key_id)
        return await _end(change, live, expires_at=live.expires_at, revoked_at=await _real_now(change))


async def _issue(change: Change, merchant_id: UUID, secret: bytes, expires_at: datetime | None) -> IssuedKey:
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a key's secret has {SECRET_BYTES} bytes, not {len(secret)}")
    programme_id = ProgrammeId(change.actor.programme_id)
    created_at = await _real_now(change)
    if expires_at is not None and expires_at <= created_at:
        refuse_input("expiresAt")
    require_open_row(await change.row(_MERCHANT, {"merchant_id": merchant_id, "programme_id": programme_id}))
    key = ApiKey(
        id=change.new_id(),
        merchant_id=merchant_id,
        programme_id=programme_id,
        secret_hash=sha256(secret.hex().encode()).digest(),
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=None,
        version=1,
    )
    await change.insert(_INSERT, key)
    change.record(key.id, facts={"merchant": str(merchant_id), "expires_at": str(expires_at)})
    text = f"{PREFIX}{key.id.hex}_{secret.hex()}"
    return IssuedKey(id=key.id, merchant_id=merchant_id, expires_at=expires_at, text=text)


async def _require_live(change: Change, key_id: UUID) -> ApiKey:
    row = await change.row(_LOCK_LIVE, {"key_id": key_id, "of_programme": change.actor.programme_id})
    if row is None:
        raise Refusal(RefusalCode.API_KEY_NOT_FOUND)
    return ApiKey(*row)


async def _end(change: Change, key: ApiKey, *, expires_at: datetime | None, revoked_at: datetime | None) -> ApiKey:
    named = {"key_id": key.id, "of_programme": key.programme_id}
    row = await change.row(_END, {**named, "new_expires_at": expires_at, "new_revoked_at": revoked_at})
    ended = ApiKey(*(row or key))
    change.record(ended.id, version=ended.version, facts={"expires_at": str(expires_at)})
    return ended


async def _real_now(change: Change) -> datetime:
    row = await change.row(_NOW, {})
    assert row is not None
    now: datetime = row["now"]
    return now
