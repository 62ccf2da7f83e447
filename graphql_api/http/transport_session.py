"""One graphql-transport-ws connection: who opened it and what it is subscribed to."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import cast

from graphql import ExecutionResult, GraphQLError, OperationType
from graphql.execution.execute import create_source_event_stream, map_source_to_response_event
from strawberry.execution import optimized_is_awaitable

from graphql_api.caller import Caller
from graphql_api.errors import present_errors, present_exception
from graphql_api.http.addresses import Address
from graphql_api.http.answers import encode
from graphql_api.http.bodies import GraphqlRequest
from graphql_api.http.credentials import REFUSED
from graphql_api.http.document_store import DocumentRefused, Operation
from graphql_api.http.execution import VariablesRefused, coerce_variables, executor_for, run_operation
from graphql_api.http.operations import Desk
from graphql_api.http.refusals import RequestRefused, too_slow
from graphql_api.http.transport_messages import CloseSocket, Complete, Init, Message, Ping, Pong, Subscribe
from graphql_api.request_record import RequestRecord

Errors = list[dict[str, object]]

_LOOK_SECONDS_MIN = 0.01
_LOOK_SECONDS_LOST = 1.0
"""When a credential is looked at again that nobody could look up."""


class Hangup(Exception):
    """The other side is gone; there is nobody to send to."""


class Session:
    """Handles messages in order; each subscription runs in a task of its own, as whoever its credential then proves."""

    def __init__(
        self,
        desk: Desk,
        record: RequestRecord,
        *,
        address: Address | None,
        send: Callable[[str], Awaitable[None]],
        limit: int,
    ) -> None:
        self.caller: Caller | None = None
        self._desk = desk
        self._authenticator = desk.authenticator
        self._record = record
        self._address = address
        self._authorization: bytes | None = None
        self._proven_until: float | None = None
        self._send_text = send
        self._limit = limit
        self._running: dict[str, asyncio.Task[None]] = {}

    @property
    def proven_until(self) -> float | None:
        """The event loop's time at which the credential is to be looked at again; None before there is one."""
        return self._proven_until

    async def require_proof(self) -> None:
        """Look at the credential again where that is due; CloseSocket once it proves nothing any more."""
        clock = asyncio.get_running_loop().time
        if self._proven_until is None or clock() < self._proven_until:
            return
        try:
            proof = await self._authenticator.prove_again(self._authorization, self._address)
            self._proven_until = clock() + max(proof.seconds, _LOOK_SECONDS_MIN)
        except RequestRefused as refusal:
            if refusal.status in REFUSED:
                raise CloseSocket(4403, refusal.message) from None
            self._proven_until = clock() + _LOOK_SECONDS_LOST

    async def handle(self, message: Message, size: int) -> None:
        """Act on one message of so many bytes; CloseSocket when the protocol or a limit is broken."""
        if self.caller is not None and not isinstance(message, Subscribe):
            self._charge(size, self.caller)
        match message:
            case Init():
                await self._open(message)
            case Ping():
                await self._send({"type": "pong"})
            case Pong():
                pass
            case Subscribe():
                self._start(message)
                await asyncio.sleep(0)  # it is charged for before anything can take it back
            case Complete():
                task = self._running.pop(message.id, None)
                if task is not None:
                    task.cancel()

    async def stop_all(self) -> None:
        """Cancel what runs and wait until it has stopped."""
        tasks = list(self._running.values())
        self._running.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _open(self, message: Init) -> None:
        if self.caller is not None:
            raise CloseSocket(4429, "Too many initialisation requests")
        try:
            self._authorization = message.authorization.encode() if message.authorization is not None else None
            self.caller = await self._authenticator.identify(self._authorization, self._address)
        except RequestRefused as refusal:
            raise CloseSocket(4403, refusal.message) from None
        self._proven_until = asyncio.get_running_loop().time()
        self._record.role = self.caller.role
        await self._send({"type": "connection_ack"})

    def _charge(self, size: int, caller: Caller) -> None:
        try:
            self._desk.charge_bytes(size, caller)
        except RequestRefused as refusal:
            raise CloseSocket(4429, refusal.message) from None

    def _start(self, message: Subscribe) -> None:
        if self.caller is None:
            raise CloseSocket(4401, "Unauthorized")
        if message.id in self._running:
            raise CloseSocket(4409, f"Subscriber for {message.id} already exists")
        if len(self._running) >= self._limit:
            raise CloseSocket(4429, f"At most {self._limit} subscriptions per connection")
        task = asyncio.create_task(self._serve(message.id, message.asked))
        self._running[message.id] = task

    async def _serve(self, message_id: str, asked: GraphqlRequest) -> None:
        try:
            await self._run_to_its_end(message_id, asked)
        except Hangup:
            self._running.pop(message_id, None)

    async def _run_to_its_end(self, message_id: str, asked: GraphqlRequest) -> None:
        record = RequestRecord(request_id=self._record.request_id)
        try:
            errors = await self._run(message_id, asked, record)
        except Hangup:
            raise
        except RequestRefused as refusal:
            record.refused(refusal.code)
            errors = [{"message": refusal.message, "extensions": {"code": refusal.code}}]
        except Exception as error:  # noqa: BLE001  a bug in one subscription must not end the others
            errors = [present_exception(error, "/graphql", record.refused)]
        finally:
            for code, times in record.refusals.items():
                self._record.refused(code, times)
            self._record.cost += record.cost
        if self._running.get(message_id) is not asyncio.current_task():
            return  # the client completed it meanwhile and may have used the id again
        del self._running[message_id]
        if errors:
            await self._send({"id": message_id, "type": "error", "payload": errors})
        else:
            await self._send({"id": message_id, "type": "complete"})

    async def _run(self, message_id: str, asked: GraphqlRequest, record: RequestRecord) -> Errors | None:
        """Send every result; errors when nothing could be started."""
        desk = self._desk
        try:
            caller = (await self._authenticator.prove_again(self._authorization, self._address)).caller
            document, operation = desk.find(asked, caller, record)
            desk.charge(operation, asked, caller, record)
            variables = coerce_variables(desk.schema, operation, asked)
        except (DocumentRefused, VariablesRefused) as refusal:
            record.refused(refusal.code)
            return present_errors(refusal.errors, default_code=refusal.code)
        context = desk.make_context(caller, record)
        if operation.kind is not OperationType.SUBSCRIPTION:
            try:
                async with asyncio.timeout(desk.deadline_seconds):
                    result = await run_operation(desk.schema, document, operation, variables, context)
            except TimeoutError:
                raise too_slow(desk.deadline_seconds) from None
            await self._next(message_id, result, record)
            return None
        executor = executor_for(desk.schema, document, operation, variables, context)
        source = create_source_event_stream(executor)
        if optimized_is_awaitable(source):
            source = await cast("Awaitable[AsyncIterator[object] | ExecutionResult]", source)
        if isinstance(source, ExecutionResult):
            return present_errors(cast("list[GraphQLError]", source.errors), record.refused)
        events = self._paced(cast("AsyncGenerator[object]", source), operation, caller, record)
        async with aclosing(events), aclosing(map_source_to_response_event(executor, events)) as results:
            async for result in results:
                # An event is told to whom the credential still proves: it may have expired or been revoked meanwhile.
                await self._authenticator.prove_again(self._authorization, self._address)
                await self._next(message_id, result, record)
        return None

    async def _paced(
        self, source: AsyncGenerator[object], operation: Operation, caller: Caller, record: RequestRecord
    ) -> AsyncGenerator[object]:
        """The events, each executed when it is paid for: the first by the request, the others one by one."""
        async with aclosing(source):
            is_first = True
            async for event in source:
                if not is_first:
                    await self._desk.pace(operation, caller, record)
                is_first = False
                yield event

    async def _next(self, message_id: str, result: ExecutionResult, record: RequestRecord) -> None:
        payload: dict[str, object] = {"data": result.data}
        if result.errors:
            payload["errors"] = present_errors(result.errors, record.refused)
        await self._send({"id": message_id, "type": "next", "payload": payload})

    async def _send(self, message: dict[str, object]) -> None:
        await self._send_text(encode(message).decode())
