"""Lists: many intents of one kind in one request, independent of each other or all or nothing."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeVar

from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.command_texts import require_texts
from graphql_api.schema.context import Context
from graphql_api.schema.descriptions import input_type
from graphql_api.schema.member_ref import MemberRef, learn_members
from graphql_api.schema.mutation import refused
from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.engine.command import Command
from ledger.engine.outcome import Outcome
from ledger.engine.unit import LIST_MAX

LIST_COST: Final = 1000
"""A list is charged as its longest form: the cost is static, and the items are in a variable."""

O = TypeVar("O")  # noqa: E741 - the reply
T = TypeVar("T")


@input_type
class ListItem:
    """One of many intents.

    idempotency_key: the caller's key for this item; required unless the list is atomic, which has a key of its own
    """

    idempotency_key: IdempotencyKey | None = None


@input_type
class ListInput:
    """Many intents; `items` has them.

    atomic:          whether all are accepted or none
    idempotency_key: the key of an atomic list
    """

    atomic: bool
    idempotency_key: IdempotencyKey | None = None


I = TypeVar("I", bound=ListItem)  # noqa: E741 - the item


async def run_list(
    context: Context,
    asked: ListInput,
    items: Sequence[I],
    command_of: Callable[[I, str | None], Awaitable[Command[O]]],
    show: Callable[[Outcome[O]], Awaitable[object]],
    *,
    members: Iterable[MemberRef | None] = (),
) -> list[object]:
    """What each item came to, in input order: what `show` makes of it, or its refusal.

    members: whom the items name
    Raises LIST_TOO_LONG, and INVALID_INPUT where a key is missing, before any work.
    """
    _require_short(items)
    _require_keys(asked, items)
    await learn_members(context, members)
    commands = [await _command(command_of(item, None if asked.atomic else item.idempotency_key)) for item in items]
    outcomes = await _execute(context, commands, asked.idempotency_key if asked.atomic else None)
    return [await _show(context, show, outcome) for outcome in outcomes]


async def run_independent(
    context: Context,
    items: Sequence[T],
    command_of: Callable[[T], Awaitable[Command[O]]],
    show: Callable[[Outcome[O]], Awaitable[object]],
    *,
    members: Iterable[MemberRef | None],
) -> list[object]:
    """The same of items that have keys by nature and are never atomic. Raises LIST_TOO_LONG before any work."""
    _require_short(items)
    await learn_members(context, members)
    commands = [await _command(command_of(item)) for item in items]
    return [await _show(context, show, outcome) for outcome in await _execute(context, commands, None)]


def _require_short(items: Sequence[object]) -> None:
    if len(items) > LIST_MAX:
        raise Refusal(RefusalCode.LIST_TOO_LONG, limit=LIST_MAX)


def _require_keys(asked: ListInput, items: Sequence[ListItem]) -> None:
    if asked.atomic and asked.idempotency_key is None:
        refuse_input("idempotencyKey")
    if not asked.atomic:
        for index, item in enumerate(items):
            if item.idempotency_key is None:
                refuse_input(f"items.{index}.idempotencyKey")


async def _command(making: Awaitable[Command[O]]) -> Command[O] | Refusal:
    """An item's command, or why there is none: it names a member that there is not."""
    try:
        command = await making
        require_texts(command)
    except Refusal as refusal:
        return refusal
    return command


async def _execute(
    context: Context, commands: Sequence[Command[O] | Refusal], group_key: str | None
) -> list[Outcome[O]]:
    engine = context.ledger.engine
    ready = [command for command in commands if not isinstance(command, Refusal)]
    if group_key is None:
        decided = iter(await engine.execute_list(ready))
        return [Outcome(refusal=each) if isinstance(each, Refusal) else next(decided) for each in commands]
    if len(ready) < len(commands):
        return _group_failed(commands)
    return await engine.execute_group(ready, group_key)


def _group_failed(commands: Sequence[Command[O] | Refusal]) -> list[Outcome[O]]:
    """The first item without a command carries its code; nothing was decided and the key is free."""
    failed = next(index for index, each in enumerate(commands) if isinstance(each, Refusal))
    others = Refusal(RefusalCode.GROUP_FAILED, failed_index=failed)
    return [
        Outcome(refusal=each if index == failed and isinstance(each, Refusal) else others)
        for index, each in enumerate(commands)
    ]


async def _show(context: Context, show: Callable[[Outcome[O]], Awaitable[object]], outcome: Outcome[O]) -> object:
    try:
        return await show(outcome)
    except Refusal as refusal:
        return refused(context, refusal)
