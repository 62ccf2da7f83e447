"""What resolvers see: the caller, and the ledger behind it. One context a request, one ledger a process."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

import strawberry

from graphql_api.audit_log.desk import AuditDesk
from graphql_api.caller import Caller, name_in
from graphql_api.code_guesses import CodeGuesses
from graphql_api.loaders import BatchLoader
from graphql_api.permissions import Role
from graphql_api.request_record import RequestRecord
from graphql_api.schema.command_texts import require_texts
from graphql_api.schema.directory import Directory
from graphql_api.unresolved import Unresolved, require_names
from graphql_api.wallet_changes import WalletChanges
from ledger.book.refusal import Refusal, RefusalCode
from ledger.control.approvable import Approvables
from ledger.control.queries import SealedReason
from ledger.engine.command import Actor, Command
from ledger.engine.engine import Engine
from ledger.engine.outcome import Outcome
from ledger.engine.ports import Sealer
from ledger.engine.reader import Reader
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.points.wallet_query import WalletView

O = TypeVar("O")  # noqa: E741 - the reply
P = ParamSpec("P")
T = TypeVar("T")

WalletKey = tuple[UUID, UUID, UUID]
"""Programme, member, asset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The ledger as resolvers reach it.

    random:      gives so many unpredictable bytes
    open_reason: opens a sealed reason; None where it was erased or its subject is restricted
    """

    engine: Engine
    reader: Reader
    units: UnitsOfWork
    sealer: Sealer
    random: Callable[[int], bytes]
    open_reason: Callable[[SealedReason], Awaitable[str | None]]
    sandbox: bool
    directory: Directory
    wallets: BatchLoader[WalletKey, WalletView | None]
    approvables: Approvables
    guesses: CodeGuesses
    changes: WalletChanges
    audit: AuditDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One request's context."""

    caller: Caller
    request: RequestRecord
    ledger: Ledger

    @property
    def sees_balances(self) -> bool:
        """Whether the caller may see what members have. A merchant may not: it learns what it was paid."""
        return self.caller.role is not Role.MERCHANT

    async def programme_id(self) -> UUID:
        """The caller's programme; FORBIDDEN where its credential names none and the deployment has several."""
        return await self.ledger.directory.programme_of(self.caller)

    async def actor(self) -> Actor:
        """The caller as the ledger records it. A client is unique over programmes, and so are its idempotency keys."""
        caller, programme_id = self.caller, await self.programme_id()
        match caller.role:
            case Role.MEMBER:
                name = str(await self.own_member_id())
            case Role.MERCHANT:
                name = str(self.own_merchant_id())
            case _:
                name = name_in(await self.ledger.directory.code_of(programme_id), caller.subject)
        return Actor(kind=caller.role, id=name, programme_id=programme_id)

    async def own_member_id(self) -> UUID:
        """The member that the caller is. MEMBER_NOT_FOUND where it is none or not enrolled."""
        external_id = self.caller.member_external_id
        found = None
        if external_id is not None:
            found = await self.ledger.directory.members.find(await self.programme_id(), external_id)
        if found is None:
            raise Unresolved(RefusalCode.MEMBER_NOT_FOUND)
        return found

    async def read(
        self, query: Callable[Concatenate[Reader, UUID, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What the query finds in the caller's programme, the only one that a resolver ever asks about."""
        return await query(self.ledger.reader, await self.programme_id(), *args, **kwargs)

    async def change(
        self, act: Callable[Concatenate[UnitsOfWork, Actor, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a change of the registry comes to, made by the caller; raises its refusal."""
        return await act(self.ledger.units, await self.actor(), *args, **kwargs)

    async def execute(self, command: Command[O]) -> Outcome[O]:
        """What the engine decides on one command. Refused as `require_sense` says."""
        await self.require_sense(command)
        return await self.ledger.engine.execute(command)

    async def require_sense(self, command: Command[O]) -> None:
        """INVALID_INPUT where a text of the command is too long, Unresolved where it names what nobody has."""
        require_texts(command)
        await require_names(self.ledger.reader, self.ledger.sealer, command)

    def own_merchant_id(self) -> UUID:
        """The merchant that the caller is. MERCHANT_NOT_FOUND where its credential names none that can be."""
        try:
            return UUID(self.caller.merchant_id or "")
        except ValueError:
            raise Unresolved(RefusalCode.MERCHANT_NOT_FOUND) from None

    async def may_see(self, members: Iterable[UUID | None], merchant_id: UUID | None) -> bool:
        """Whether something that concerns them is for the caller: a member sees its own, a merchant its own, the bank all."""
        try:
            match self.caller.role:
                case Role.MEMBER:
                    own = await self.own_member_id()
                    return any(own == each for each in members)
                case Role.MERCHANT:
                    return merchant_id == self.own_merchant_id()
                case _:
                    return True
        except Refusal:
            return False


Info = strawberry.Info[Context, None]
