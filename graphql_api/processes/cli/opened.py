"""Opening the settings' database for a command: on the whole, for one programme, or for a look at one member.

Whoever runs the command acts as the operator `USER@command-line`.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from graphql_api.bootstrap import Application
    from ledger.engine.command import Actor


@asynccontextmanager
async def opened() -> "AsyncIterator[Application]":
    """The application of the settings in the environment."""
    from graphql_api.bootstrap import open_application
    from graphql_api.processes.command_logs import log_beside_answers
    from graphql_api.processes.database import usable_database
    from graphql_api.setting_refusals import Need
    from graphql_api.settings import read_settings

    log_beside_answers()
    settings = read_settings(os.environ, needs=(Need.SEALING,))
    with usable_database(settings) as url:
        async with open_application(settings, url=url) as application:
            yield application


@asynccontextmanager
async def opened_programme(code: str | None) -> "AsyncIterator[tuple[Application, Actor]]":
    """The application, and the one at the command line as an operator of the programme of that code, or of the only
    one; UnusableFile names those that there are.
    """
    from graphql_api.processes.cli.operating_user import operator_id
    from graphql_api.processes.importing.names import find_programme
    from ledger.engine.command import Actor

    async with opened() as application:
        programme_id = await find_programme(application.reader, code)
        yield application, Actor(kind="operator", id=operator_id(), programme_id=programme_id)


@asynccontextmanager
async def opened_member(external_id: str, programme: str | None) -> "AsyncIterator[tuple[Application, Actor, UUID]]":
    """The same with the member of that external id; CommandError where there is no such member."""
    from graphql_api.processes.cli.failure import CommandError
    from ledger.members.queries import member_by_external_id

    async with opened_programme(programme) as (application, actor):
        member = await member_by_external_id(application.reader, actor.programme_id, external_id)
        if member is None:
            raise CommandError(f"the programme has no member {external_id!r}.")
        yield application, actor, member.id
