"""Payment codes: the member's consent to one spend, shown by its app for a minute (semantics 4.5).

A code has 55 random bits in Crockford's base 32 and a check character; the book keeps only a keyed digest of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import computed_id
from ledger.engine.command import Actor
from ledger.engine.ports import Sealer
from ledger.engine.reader import Query
from ledger.engine.tables import HOLDERS
from ledger.engine.unit_of_work import UnitsOfWork, event_for
from ledger.members.membership import require_not_closed, require_not_frozen
from ledger.points.tables import PAYMENT_CODES
from ledger.programme.registry_change import Change, registry_change
from ledger.programme.rows import AssetKind, asset_id
from ledger.programme.tables import ASSETS

TTL = timedelta(seconds=60)
_KIND = "payment_code"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 11
_FORGIVEN = str.maketrans("OIL", "011", "- ")

_MEMBER = Query(
    select(HOLDERS.c.state, ASSETS.c.id)
    .select_from(HOLDERS)
    .outerjoin(ASSETS, (ASSETS.c.id == bindparam("asset_id")) & (ASSETS.c.kind == AssetKind.POINTS))
    .where(
        HOLDERS.c.id == bindparam("member_id"),
        HOLDERS.c.programme_id == bindparam("programme_id"),
        HOLDERS.c.kind == "member",
    )
)
_INSERT = Query(
    insert(PAYMENT_CODES).values(
        {name: bindparam(name) for name in ("id", "member_id", "asset_id", "amount_max", "expires_at")}
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCodeShown:
    """What the member's app shows; the code is not kept anywhere in clear."""

    code: str
    expires_at: datetime


def check_character(body: str) -> str:
    """The character that makes the weighted sum vanish modulo 31: catches any single error and any swap of neighbours.

    Values 0 to 31 modulo 31 make `0` and `Z` alike, so `Z` is never dealt.
    """
    weighted = sum((position + 2) * ALPHABET.index(character) for position, character in enumerate(body))
    return ALPHABET[-weighted % 31]


def normalise(text: str) -> str | None:
    """The code as it is kept, forgiving case, separators and look-alikes; None where it cannot be one."""
    code = text.upper().translate(_FORGIVEN)
    if len(code) != _LENGTH + 1 or any(character not in ALPHABET[:-1] for character in code):
        return None
    return code if check_character(code[:-1]) == code[-1] else None


def code_id(code: str, sealer: Sealer) -> UUID:
    """The id under which a normalised code is kept."""
    return computed_id(b"payment-code", sealer.blind_hash(code.encode()) + sealer.blind_hash(b"2" + code.encode()))


async def create_payment_code(
    units: UnitsOfWork,
    sealer: Sealer,
    random: Callable[[int], bytes],
    *,
    actor: Actor,
    member_id: UUID,
    asset: str = "POINTS",
    amount_max: int | None = None,
) -> PaymentCodeShown:
    """Makes a code good for one spend within a minute. MEMBER_NOT_FOUND, ASSET_NOT_FOUND, MEMBER_CLOSED, MEMBER_FROZEN."""
    body = "".join(ALPHABET[byte % 31] for byte in random(_LENGTH))
    code = body + check_character(body)
    async with registry_change(units, actor, _KIND) as change:
        await _require_member(change, member_id, asset)
        identity, expires_at, work = code_id(code, sealer), change.now + TTL, change.work
        values = {
            "id": identity,
            "member_id": member_id,
            "asset_id": asset_id(actor.programme_id, asset),
            "amount_max": amount_max,
            "expires_at": expires_at,
        }
        await work.run(_INSERT, values)
        work.emit(event_for(work, actor, _KIND, at=change.now, resource_id=identity, subject_id=member_id))
    return PaymentCodeShown(code=code, expires_at=expires_at)


async def _require_member(change: Change, member_id: UUID, asset: str) -> None:
    programme_id = change.actor.programme_id
    parameters = {
        "member_id": member_id,
        "programme_id": programme_id,
        "asset_id": asset_id(programme_id, asset),
    }
    member = await change.row(_MEMBER, parameters)
    if member is None:
        raise Refusal(RefusalCode.MEMBER_NOT_FOUND)
    if member["id"] is None:
        raise Refusal(RefusalCode.ASSET_NOT_FOUND)
    require_not_closed(member["state"])
    require_not_frozen(member["state"])
