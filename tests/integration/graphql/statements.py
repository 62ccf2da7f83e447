"""How many statements a request reads by."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from graphql_api.bootstrap import Application
from graphql_api.caller import Caller
from graphql_api.request_record import RequestRecord
from graphql_api.schema.context import Context
from graphql_api.schema.directory import Directory
from ledger.engine.reader import Query, Reader, Record
from ledger.members.queries import MemberIds
from tests.integration.graphql.desk import Desk


class Counting(Reader):
    """Counts what it is asked."""

    asked = 0

    async def rows(self, query: Query, parameters: Mapping[str, Any]) -> Sequence[Record]:
        """The rows."""
        self.asked += 1
        return await super().rows(query, parameters)


def counting(application: Application) -> Counting:
    """A reader of the application's database."""
    return Counting(application.database.pool, application.settings.book_schema)


async def statements_of(desk: Desk, caller: Caller, text: str, **variables: object) -> int:
    """How many statements a process reads by that knows no name yet but the programme's."""
    reader = counting(desk.bank.application)
    directory = Directory(reader, MemberIds(reader))
    await directory.programme_of(caller)
    reader.asked = 0

    def afresh(caller: Caller, record: RequestRecord) -> Context:
        context = desk.contexts(caller, record)
        return replace(context, ledger=replace(context.ledger, reader=reader, directory=directory))

    await replace(desk, contexts=afresh).ask(caller, text, **variables)
    return reader.asked
