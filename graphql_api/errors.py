"""Top-level GraphQL errors: those a caller may read, and the mask over everything else.

An expected refusal of a command is part of a mutation's result and never appears here.
"""

import errno
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias
from uuid import uuid4

import structlog
from graphql import GraphQLError

from ledger.engine.writer import LOST

Facts: TypeAlias = Mapping[str, "str | int | None"]

MASKED_MESSAGE = "Something went wrong on our side. Quote the reference when you report it."
UNAVAILABLE_MESSAGE = "The ledger cannot be reached just now. Ask again; with an idempotency key, by the same one."


class CallerError(Exception):
    """An error whose message is meant for the caller; everything else is masked.

    `code` appears as `extensions.code`; `facts` beside it. Keep personal data out of both.
    """

    code = "BAD_REQUEST"

    def __init__(self, message: str, *, code: str | None = None, **facts: str | int | None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.facts: Facts = MappingProxyType(facts)

    def extensions(self) -> dict[str, str | int | None]:
        """The error's `extensions` as the caller sees them."""
        return {"code": self.code, **self.facts}


class Forbidden(CallerError):
    """The caller is known but may not use this field."""

    code = "FORBIDDEN"


class InvalidInput(CallerError):
    """An argument is well typed but cannot be meant, such as a malformed cursor."""

    code = "INVALID_INPUT"


def name_exception(error: BaseException) -> dict[str, object]:
    """What kind of error it is, without its message and without where it was raised."""
    named: dict[str, object] = {"error": _kind_of(error)}
    if isinstance(error, OSError) and error.errno is not None:
        named["errno"] = errno.errorcode.get(error.errno, str(error.errno))
    sqlstate = getattr(error, "sqlstate", None)
    return named if sqlstate is None else {**named, "sqlstate": sqlstate}


def describe_exception(error: BaseException) -> dict[str, object]:
    """Where `error` came from, without its message: messages quote rows and input, which may be personal.

    PostgreSQL's error code and constraint name are kept, because they name rules and not values.
    """
    frames = traceback.extract_tb(error.__traceback__)[-20:]
    facts: dict[str, object] = {
        "error": _kind_of(error),
        "traceback": [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames],
    }
    for name in ("sqlstate", "constraint_name"):
        value = getattr(error, name, None)
        if isinstance(value, str):
            facts[name] = value
    cause = error.__cause__ or error.__context__
    if cause is not None:
        facts["cause"] = _kind_of(cause)
    return facts


def _kind_of(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def log_bug(error: BaseException, where: str) -> str:
    """Log an unexpected exception and return the reference id under which it was logged."""
    reference = uuid4().hex
    structlog.get_logger("scrip.bugs").error("bug", reference=reference, where=where, **describe_exception(error))
    return reference


def log_lost(error: BaseException, where: str) -> None:
    """Log that the database could not be asked; the operator's matter, and no bug."""
    structlog.get_logger("scrip.database").warning("database lost", where=where, **name_exception(error))


def masked_error(reference: str) -> dict[str, object]:
    """What a caller is told about a bug: nothing but a reference id."""
    return {"message": MASKED_MESSAGE, "extensions": {"code": "INTERNAL", "reference": reference}}


def present_errors(
    errors: Sequence[GraphQLError],
    note: Callable[[str], None] = lambda _code: None,
    *,
    default_code: str = "BAD_REQUEST",
) -> list[dict[str, object]]:
    """Errors as the caller may see them; `note` is told each code, `default_code` is that of graphql-core's own.

    Errors that graphql-core itself raises about the request pass as they are, a CallerError passes with its
    code, a database that cannot be asked is UNAVAILABLE, and everything else is logged and replaced by a reference id.
    """
    return [_present(error, note, default_code) for error in errors]


def present_exception(error: Exception, where: str, note: Callable[[str], None]) -> dict[str, object]:
    """What was raised `where` we ran something for the caller, as the caller may see it; `note` is told its code."""
    if isinstance(error, CallerError):
        note(error.code)
        return {"message": error.message, "extensions": error.extensions()}
    if isinstance(error, LOST):
        log_lost(error, where)
        note("UNAVAILABLE")
        return {"message": UNAVAILABLE_MESSAGE, "extensions": {"code": "UNAVAILABLE", "retryAfterSeconds": 1}}
    note("INTERNAL")
    return masked_error(log_bug(error, where))


def _present(error: GraphQLError, note: Callable[[str], None], default_code: str) -> dict[str, object]:
    original = _root_cause(error)
    if isinstance(original, CallerError) or (original is not None and error.path is not None):
        shown = present_exception(original, _where(error.path or ()), note)
    else:
        shown = {"message": error.message, "extensions": error.extensions or {"code": default_code}}
        note(default_code)
    if error.locations:
        shown["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path is not None:
        shown["path"] = error.path
    return shown


def _where(path: Sequence[str | int]) -> str:
    return ".".join(str(key) for key in path if isinstance(key, str))


def _root_cause(error: GraphQLError) -> Exception | None:
    """The exception that a resolver raised, or None when graphql-core itself found fault with the request."""
    original = error.original_error
    while isinstance(original, GraphQLError):
        original = original.original_error
    return original
