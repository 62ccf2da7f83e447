"""Structured logs: one JSON object a line on standard output, with a request id and nothing personal."""

import logging
import re
import secrets
import sys
from collections.abc import Callable

import orjson
import structlog

from graphql_api.errors import describe_exception
from graphql_api.setting_values import LogFormat, LogLevel

_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}", re.ASCII)


def configure_logs(*, form: LogFormat = LogFormat.JSON, level: LogLevel = LogLevel.INFO) -> None:
    """Set up structlog for this process, and what libraries log through it; call once at start."""
    logging.basicConfig(handlers=[_Forwarding()], level=logging.WARNING, force=True)
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer(serializer=_to_json)
    factory: Callable[..., object] = structlog.BytesLoggerFactory(sys.stdout.buffer)
    if form is LogFormat.CONSOLE:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
        factory = structlog.PrintLoggerFactory(sys.stdout)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )


class _Forwarding(logging.Handler):
    """What a library logs, as one line of ours: its words without the values, which may be personal."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line."""
        error = record.exc_info[1] if record.exc_info else None
        facts = {} if error is None else describe_exception(error)
        level = min(record.levelno, logging.ERROR)
        structlog.get_logger(record.name).log(level, "library", logger=record.name, said=_words_of(record), **facts)


def _words_of(record: logging.LogRecord) -> str:
    """What is the same every time: asyncio writes tasks, arguments and exceptions into the words themselves."""
    said = str(record.msg)
    return re.split(r"[(<\n]", said, maxsplit=1)[0].strip() if record.name == "asyncio" else said


def _to_json(event: object, **_: object) -> bytes:
    return orjson.dumps(event, default=repr)


def request_id_from(header: bytes | None) -> str:
    """The caller's X-Request-Id when it is short and plain, else a new one."""
    if header is not None and _SANE_ID.fullmatch(header):
        return header.decode("ascii")
    return secrets.token_hex(16)
