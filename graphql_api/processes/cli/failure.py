"""How a command fails: one line on standard error and an exit code, never a traceback."""

import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

REFUSED = 1
USAGE = 2
BUG = 3
INTERRUPTED = 130


class CommandError(Exception):
    """A command cannot do what was asked; the message is one sentence that says why and what to do."""


@contextmanager
def report_failures() -> Iterator[None]:
    """Turn whatever ends a command into a line and an exit code; SIGTERM unwinds like Ctrl-C."""
    signal.signal(signal.SIGTERM, _unwind)
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output left (`scrip statement | head`); the interpreter must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - the outermost frame: nobody else can report it
        lines, code = _explain(error)
        for line in lines:
            print(f"scrip: {line}", file=sys.stderr)  # noqa: T201
        sys.exit(code)


def _unwind(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _explain(error: Exception) -> tuple[tuple[str, ...], int]:
    from graphql_api.processes.embedded_files import EmbeddedError
    from graphql_api.settings import SettingsError

    if isinstance(error, SettingsError):
        return error.problems, USAGE
    if isinstance(error, (CommandError, EmbeddedError)):
        return (str(error),), USAGE
    if os.environ.get("SCRIP_LOG_LEVEL") == "debug":
        traceback.print_exception(error)
    database = _explain_database(error)
    if database:
        return (database,), USAGE
    if isinstance(error, OSError):
        return (f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.",), USAGE
    summary = f"internal error, {type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
    return (f"{summary} (SCRIP_LOG_LEVEL=debug shows the traceback).",), BUG


def _explain_database(error: BaseException) -> str | None:
    """Name what keeps the database from being used, also where SQLAlchemy has wrapped the driver's error."""
    asyncpg = sys.modules.get("asyncpg")
    if asyncpg is None:
        return None
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, (asyncpg.PostgresError, asyncpg.InterfaceError)):
            return f"the database refused: {str(cause).splitlines()[0]}."
        if isinstance(cause, ConnectionError):
            return f"the database of SCRIP_DATABASE_URL does not answer ({cause.strerror or cause})."
        cause = cause.__cause__ or cause.__context__
    return None
