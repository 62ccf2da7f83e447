"""How a command fails: one line on standard error and an exit code, never a traceback."""

import os
import signal
import socket
import ssl
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from typer.core import TyperGroup

REFUSED = 1
USAGE = 2
BUG = 3
INTERRUPTED = 130

_MIGRATE = "run `scrip migrate`"
_ADVICE = {
    "42P01": _MIGRATE,  # undefined_table
    "42703": _MIGRATE,  # undefined_column
    "22023": _MIGRATE,  # invalid_parameter_value: a connection asks for a role that does not exist
    "25006": "it is a standby or set to read only, and SCRIP_DATABASE_URL has to name the one that writes",  # read_only_sql_transaction
    "42501": "docs/deployment.md says which roles each login needs",  # insufficient_privilege
}
"""What to do about what PostgreSQL says, by its code (PostgreSQL, appendix A)."""
_NO_TEXT = "surrogates not allowed"
"""What Python says of the marks that it puts for such bytes of an argument (PEP 383), which no text of a file holds."""


class CommandError(Exception):
    """A command cannot do what was asked; the message is one sentence that says why and what to do."""


class Commands(TyperGroup):
    """Commands whose failures are all reported here: typer takes an end of file and a broken pipe for its own terminal's,
    and would say "Aborted." of a half-written file, or end without a word where the database has hung up.
    """

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's own context and result
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except (EOFError, BrokenPipeError) as error:
            raise ExceptionGroup("what typer would explain", [error]) from None


@contextmanager
def report_failures() -> Iterator[None]:
    """Turn whatever ends a command into a line and an exit code; SIGTERM unwinds like Ctrl-C, and so does a terminal that
    is closed, or an embedded database would be left behind.
    """
    signal.signal(signal.SIGTERM, _unwind)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # nohup has it ignored
        signal.signal(signal.SIGHUP, _hang_up)
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the outermost frame: nobody else can report it
        lines, code = _explain(_first_of(error))
        for line in lines:
            print(f"scrip: {line}", file=sys.stderr)  # noqa: T201
        sys.exit(code)


@contextmanager
def last_words(words: Callable[[], str]) -> Iterator[None]:
    """Where Ctrl-C or SIGTERM ends the block, `words` are said on standard error: what stands, and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        print(f"scrip: stopped {words()}", file=sys.stderr)  # noqa: T201
        raise


def _unwind(_signal: int, frame: FrameType | None) -> None:
    """As Ctrl-C is taken at the moment, which an event loop does by cancelling its work; where that is ignored, at once."""
    interrupt = signal.getsignal(signal.SIGINT)
    if callable(interrupt):
        interrupt(signal.SIGINT, frame)
    else:
        raise KeyboardInterrupt


def _hang_up(_signal: int, _frame: FrameType | None) -> None:
    """As SIGTERM, which processes that stay up take in their own way."""
    os.kill(os.getpid(), signal.SIGTERM)


def _first_of(error: Exception) -> Exception:
    """What ended work that ran side by side: the group says only that something did."""
    return _first_of(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error


def _explain(error: Exception) -> tuple[tuple[str, ...], int]:
    from graphql_api.processes.embedded_files import EmbeddedError
    from graphql_api.processes.importing.faults import UnusableFile
    from graphql_api.settings import SettingsError
    from migrations.shape import WrongShape

    if isinstance(error, SettingsError):
        return error.problems, USAGE
    if isinstance(error, (CommandError, EmbeddedError, UnusableFile)):
        return (str(error),), USAGE
    if isinstance(error, WrongShape):
        return (f"{error}.",), USAGE
    if os.environ.get("SCRIP_LOG_LEVEL") == "debug":
        traceback.print_exception(error)
    if any(isinstance(each, UnicodeEncodeError) and each.reason == _NO_TEXT for each in _chain_of(error)):
        return ("an argument holds bytes that are no text in this locale; names are UTF-8.",), USAGE
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
    # What the driver says of itself follows from something else, where there is something else.
    for cause in sorted(_chain_of(error), key=lambda each: isinstance(each, asyncpg.InterfaceError)):
        if isinstance(cause, asyncpg.TargetServerAttributeNotMatched):
            return "no host of SCRIP_DATABASE_URL is what its target_session_attrs asks for: is the primary down?"
        if isinstance(cause, asyncpg.ClientConfigurationError):
            return f"SCRIP_DATABASE_URL cannot be used: {str(cause).splitlines()[0]}."
        if isinstance(cause, (asyncpg.PostgresError, asyncpg.InterfaceError)):
            complaint = f"the database refused: {str(cause).splitlines()[0]}"
            advice = _ADVICE.get(getattr(cause, "sqlstate", None) or "")
            return f"{complaint}; {advice}." if advice else f"{complaint}."
        if isinstance(cause, socket.gaierror):
            return f"the host of SCRIP_DATABASE_URL is unknown ({cause.strerror})."
        if isinstance(cause, ssl.SSLError):
            return f"there is no encrypted connection to the database of SCRIP_DATABASE_URL ({cause})."
        if isinstance(cause, (ConnectionError, TimeoutError)) or _is_missing_socket(cause):
            reason = getattr(cause, "strerror", None) or str(cause) or "no answer in time"
            return f"{_database_in_words()} does not answer ({reason})."
    return None


def _chain_of(error: BaseException) -> Iterator[BaseException]:
    """The error, what caused it, and so on; of work that ran side by side, what ended it."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.exceptions[0] if isinstance(cause, BaseExceptionGroup) else cause.__cause__ or cause.__context__


def _is_missing_socket(error: BaseException) -> bool:
    """Files that are missing are named; a socket is not."""
    return isinstance(error, (FileNotFoundError, PermissionError)) and error.filename is None


def _database_in_words() -> str:
    return f"the {'database of SCRIP_DATABASE_URL' if os.environ.get('SCRIP_DATABASE_URL') else 'embedded PostgreSQL'}"
