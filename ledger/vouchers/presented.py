"""Codes as a till presents them, and whose vouchers they are: the look-up before a command is queued.

A code that nobody has is looked up, locked and read like any other, under ids that nothing has: the statements are the
same, so their time tells nothing.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, bindparam, select
from sqlalchemy.sql.expression import any_

from ledger.book.account import Account
from ledger.book.units import AccountId, InvariantViolated
from ledger.engine.reader import Query, Reader, Record
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS, LOTS_BY_ID
from ledger.engine.state import State
from ledger.programme.rows import Programme
from ledger.vouchers.discount import ALL_DUE, Wanted
from ledger.vouchers.holding import Holding, HoldingIds
from ledger.vouchers.rows import TEMPLATE_VERSIONS, TEMPLATES, VOUCHERS_BY_ID, Voucher
from ledger.vouchers.tables import VOUCHERS as VOUCHERS_TABLE
from ledger.vouchers.template_body import Limits, TemplateBody
from ledger.vouchers.template_text import parse_body

_ASKED = bindparam("asked", type_=ARRAY(LargeBinary))
_COLUMNS = ("code_hash", "id", "account_id", "member_id", "template_id", "template_version_id", "lot_id")
_BY_CODE = Query(
    select(*(VOUCHERS_TABLE.c[name] for name in _COLUMNS)).where(VOUCHERS_TABLE.c.code_hash == any_(_ASKED))
)
_NO_LIMITS = Limits()


class Presented(NamedTuple):
    """A voucher as the till presents it.

    code_hash:       of the code (`code.read_code`)
    is_dynamic:      whether a suffix came with it that is right now (`dynamic_code.is_fresh`)
    lock_token_hash: of the token of the till's lock, where it has one (`lock.token_hash`)
    wanted:          what to take of stored value
    """

    code_hash: bytes
    is_dynamic: bool = False
    lock_token_hash: bytes | None = None
    wanted: Wanted = ALL_DUE

    @property
    def named(self) -> str:
        """What the till named, as fingerprints take it; not whether a suffix was fresh: a retry comes with a stale one."""
        token = "" if self.lock_token_hash is None else self.lock_token_hash.hex()
        return f"{self.code_hash.hex()} {token} {self.wanted.amount_minor} {self.wanted.exactness}"


class Found(NamedTuple):
    """Whose voucher a code is; where it is nobody's, every id is one that nothing has."""

    voucher_id: UUID
    account_id: UUID
    member_id: UUID
    template_id: UUID
    version_id: UUID
    lot_id: UUID
    is_known: bool = True


async def look_up(reader: Reader, presented: Sequence[Presented]) -> tuple[Found, ...]:
    """Whose vouchers the codes are. Hashes are the programme's own, so nobody else's code is ever found."""
    hashes = [each.code_hash for each in presented]
    if len(hashes) == 1:
        return (_found(await reader.look_up(_BY_CODE, hashes[0]), hashes[0]),)
    rows = await reader.look_up_all(_BY_CODE, hashes)
    return tuple([_found(row, code_hash) for row, code_hash in zip(rows, hashes, strict=True)])


def _found(row: Record | None, code_hash: bytes) -> Found:
    if row is None:
        nobody = UUID(bytes=code_hash)
        return Found(nobody, nobody, nobody, nobody, nobody, nobody, is_known=False)
    return Found(*tuple(row)[1:])


def keys_of(found: Found) -> list[Key]:
    """The member's account of the template, locked, and the voucher with its lot."""
    return [ACCOUNTS.key(found.account_id), VOUCHERS_BY_ID.key(found.voucher_id), LOTS_BY_ID.key(found.lot_id)]


def account_of(state: State, found: Found) -> Account:
    """The account that a known voucher is a lot of, as the batch leaves it so far."""
    account = state.find(ACCOUNTS, found.account_id)
    if account is None:
        raise InvariantViolated(f"account {found.account_id} is gone")
    return account


def body_of(state: State, voucher: Voucher) -> TemplateBody:
    """What the voucher's version promises."""
    version = state.find(TEMPLATE_VERSIONS, voucher.template_version_id)
    if version is None:
        raise InvariantViolated(f"version {voucher.template_version_id} is gone")
    return parse_body(version.body)


def limits_uses(body: TemplateBody) -> bool:
    """Whether uses of such vouchers are counted."""
    return body.use_limits != _NO_LIMITS


def holding_of(state: State, programme: Programme, found: Found) -> Holding:
    """The account that a known voucher is a lot of."""
    template = state.find(TEMPLATES, found.template_id)
    if template is None:
        raise InvariantViolated(f"template {found.template_id} is gone")
    ids = HoldingIds(found.member_id, template.asset_id, AccountId(found.account_id))
    return Holding(state, programme, template, ids)
