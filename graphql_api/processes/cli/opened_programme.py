"""Opening the settings' database for a command that concerns one programme, and for whoever runs it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphql_api.bootstrap import Application
    from ledger.engine.command import Actor


@asynccontextmanager
async def opened_programme(code: str | None) -> "AsyncIterator[tuple[Application, Actor]]":
    """The application, and the one at the command line as an operator of the programme of that code, or of the only
    one; CommandError names those that there are.
    """
    from graphql_api.bootstrap import open_application
    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.operating_user import operating_user
    from graphql_api.processes.database import usable_database
    from graphql_api.processes.importing.cells import UnusableFile
    from graphql_api.processes.importing.names import find_programme
    from graphql_api.settings import read_settings
    from ledger.engine.command import Actor

    settings = read_settings(os.environ)
    with usable_database(settings) as url:
        async with open_application(settings, url=url) as application:
            try:
                programme_id = await find_programme(application.reader, code)
            except UnusableFile as unknown:
                raise CommandError(str(unknown)) from None
            name = f"{operating_user()}@command-line"
            yield application, Actor(kind="operator", id=name, programme_id=programme_id)
