"""Which database a command uses: the one of `SCRIP_DATABASE_URL`, or the embedded one of `SCRIP_VAR`."""

from collections.abc import Iterator
from contextlib import contextmanager

from graphql_api.processes.lifeline import database_from_parent
from graphql_api.settings import Settings


@contextmanager
def usable_database(settings: Settings) -> Iterator[str]:
    """Yield a `postgresql://` URL; an embedded server that only this process uses stops afterwards."""
    given = database_from_parent() or settings.database_url
    if given:
        yield given
        return
    from graphql_api.processes.embedded import joined_server

    with joined_server(settings.var) as server:
        yield server.url
