"""Lists: many intents of one kind in one request, independent of each other or all or nothing."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeVar

from graphql_api.scalars import IdempotencyKey
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

    idempotency_key: the caller's key for this item; required, and refused where the list is atomic, which has one key
    """

    idempotency_key: IdempotencyKey | None = None


@input_type
class ListInput:
    """Many intents; `items` has them.

    atomic:          whether all are accepted or none
    idempotency_key: the key of an atomic list; refused where it is not atomic, as each item has its own
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
    Raises LIST_TOO_LONG, and INVALID_INPUT where a key is missing or would not count, before any work.
    """
    _require_short(items)
    _require_keys(asked, items)
    await learn_members(context, members)
    keys = [None if asked.atomic else item.idempotency_key for item in items]
    commands = [await _command(context, command_of(item, key)) for item, key in zip(items, keys, strict=True)]
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
    commands = [await _command(context, command_of(item)) for item in items]
    return [await _show(context, show, outcome) for outcome in await _execute(context, commands, None)]


def _require_short(items: Sequence[object]) -> None:
    if len(items) > LIST_MAX:
        raise Refusal(RefusalCode.LIST_TOO_LONG, limit=LIST_MAX)


def _require_keys(asked: ListInput, items: Sequence[ListItem]) -> None:
    """Keys stand where they count. One that did not would be believed to make the same intent safe elsewhere."""
    if asked.atomic != (asked.idempotency_key is not None):
        refuse_input("idempotencyKey")
    for index, item in enumerate(items):
        if asked.atomic != (item.idempotency_key is None):
            refuse_input(f"items.{index}.idempotencyKey")


async def _command(context: Context, making: Awaitable[Command[O]]) -> Command[O] | Refusal:
    """An item's command, or why there is none: it names a member that there is not."""
    try:
        command = await making
        await context.require_sense(command)
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
    """The first malformed item carries its code, else the first without a command; nothing was decided and the key is
    free.
    """
    refusals = {index: refusal for index, each in enumerate(commands) if (refusal := _refusal_of(each)) is not None}
    failed = min(refusals, key=lambda index: (refusals[index].code != RefusalCode.INVALID_INPUT, index))
    others = Refusal(RefusalCode.GROUP_FAILED, failed_index=failed)
    return [Outcome(refusal=refusals[failed] if index == failed else others) for index in range(len(commands))]


def _refusal_of(command: Command[O] | Refusal) -> Refusal | None:
    """Why there is no command, or what is malformed in it."""
    if isinstance(command, Refusal):
        return command
    try:
        command.require_input()
    except Refusal as refusal:
        return refusal
    return None


async def _show(context: Context, show: Callable[[Outcome[O]], Awaitable[object]], outcome: Outcome[O]) -> object:
    try:
        return await show(outcome)
    except Refusal as refusal:
        return refused(context, refusal)
