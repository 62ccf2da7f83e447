"""Every setting of a Scrip process: one frozen dataclass, read from the environment when a process starts.

The fields below are the one table: parsing, defaults, refusals and docs/reference/settings.md come from it.
Nothing here is read at import.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, TypeVar

from audit.retention import DEFAULT_SPANS, RetentionClass, Span
from graphql_api.database_url import database_url
from graphql_api.setting_refusals import Need, contradictions, misspellings, production_refusals
from graphql_api.setting_values import (
    Environment,
    LogFormat,
    LogLevel,
    boolean,
    networks,
    one_of,
    origins,
    retention_span,
    root_key,
    schema_name,
    text,
    web_url,
    whole_number,
)

T = TypeVar("T")


class SettingsError(Exception):
    """The environment cannot be used; `problems` names everything wrong with it, one sentence each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def setting(
    name: str,
    parse: Callable[[str], object],
    *,
    about: str,
    default: T,
    production: object = MISSING,
    secret: bool = False,
) -> T:
    """Declare one setting; `production` replaces `default` where SCRIP_ENV=production."""
    metadata = {"name": name, "parse": parse, "about": about, "production": production}
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a process was told; every field has a default that suits development."""

    environment: Environment = setting(
        "SCRIP_ENV",
        one_of(Environment),
        default=Environment.DEVELOPMENT,
        about="`production` refuses to start with development keys, the sandbox clock, GraphiQL or the embedded database.",
    )
    database_url: str | None = setting(
        "SCRIP_DATABASE_URL",
        database_url,
        default=None,
        secret=True,
        about=(
            "PostgreSQL 16 or newer, as `postgresql://user:password@host:port/database`. "
            "Without it an embedded PostgreSQL 18 runs in `SCRIP_VAR`."
        ),
    )
    var: Path = setting(
        "SCRIP_VAR",
        Path,
        default=Path("var"),
        about="The folder of the embedded database and of development keys, relative to the working directory.",
    )
    host: str = setting("SCRIP_HOST", text, default="127.0.0.1", about="The address the API listens on.")
    port: int = setting("SCRIP_PORT", whole_number(1, 65535), default=8000, about="The port the API listens on.")
    book_schema: str = setting(
        "SCRIP_BOOK_SCHEMA", schema_name, default="book", about="The PostgreSQL schema of the book."
    )
    book_number: int = setting(
        "SCRIP_BOOK_NUMBER",
        whole_number(1, 4095),
        default=1,
        about="The book's number, which every id that clients hold carries; never change it for an existing book.",
    )
    root_key: bytes | None = setting(
        "SCRIP_ROOT_KEY",
        root_key,
        default=None,
        secret=True,
        about="The key that seals and blinds, 64 hexadecimal digits. In development one is made in `SCRIP_VAR`.",
    )
    root_key_file: Path | None = setting(
        "SCRIP_ROOT_KEY_FILE",
        Path,
        default=None,
        about="A file that holds the root keys, one a line, the newest last; better than the variable itself.",
    )
    log_origin: str = setting(
        "SCRIP_LOG_ORIGIN",
        text,
        default="localhost/scrip",
        about=(
            "The name of the audit log, such as `bank.example/scrip`: its checkpoints and its sealed parts carry it. "
            "A database keeps the first one for ever; a process that names another does not start."
        ),
    )
    log_signing_key_file: Path | None = setting(
        "SCRIP_LOG_SIGNING_KEY_FILE",
        Path,
        default=None,
        about="The key that signs the log, from `scrip key new-signing`; only workers need it. Development makes one. "
        "`scrip audit rotate-key` adds a line.",
    )
    log_folder: Path | None = setting(
        "SCRIP_LOG_FOLDER",
        Path,
        default=None,
        about="Where workers write the log as static files: tiles, entry bundles and its newest checkpoint.",
    )
    log_known_checkpoint: str | None = setting(
        "SCRIP_LOG_KNOWN_CHECKPOINT",
        text,
        default=None,
        about="A file or URL elsewhere that keeps the log's newest checkpoint; workers append to no log that is behind it.",
    )
    worker_port: int | None = setting(
        "SCRIP_WORKER_PORT", whole_number(1, 65535), default=None, about="Where a worker shows its metrics."
    )
    root_turnover_days: int = setting(
        "SCRIP_ROOT_TURNOVER_DAYS",
        whole_number(0, 3650),
        default=90,
        production=0,
        about=(
            "How old a root key may grow before a worker replaces it and destroys it: so long can a restored backup "
            "revive who was erased. 0 leaves it to `scrip key turn-over`. Only where every process reads the same key file."
        ),
    )
    retention_value: Span = setting(
        "SCRIP_RETENTION_VALUE",
        retention_span,
        default=DEFAULT_SPANS[RetentionClass.VALUE],
        about=(
            "Days that private parts of records of value are kept, as `least..most`, 36525 at most; the least also binds "
            "the erasure of a person, who is restricted meanwhile."
        ),
    )
    retention_handling: Span = setting(
        "SCRIP_RETENTION_HANDLING",
        retention_span,
        default=DEFAULT_SPANS[RetentionClass.HANDLING],
        about="The same for records of handling members: enrolment, freezes, approvals, erasures.",
    )
    retention_access: Span = setting(
        "SCRIP_RETENTION_ACCESS",
        retention_span,
        default=DEFAULT_SPANS[RetentionClass.ACCESS],
        about="The same for records of access: sensitive reads, exports, failed sign-ins.",
    )
    retention_operation: Span = setting(
        "SCRIP_RETENTION_OPERATION",
        retention_span,
        default=DEFAULT_SPANS[RetentionClass.OPERATION],
        about="The same for records of operation: starts, stops, keys.",
    )
    jwt_jwks_url: str | None = setting(
        "SCRIP_JWT_JWKS_URL",
        web_url,
        default=None,
        about="Where the identity provider publishes its keys. Without it, tokens of the development key are taken.",
    )
    jwt_issuer: str | None = setting(
        "SCRIP_JWT_ISSUER", text, default=None, about="The `iss` that every token must carry."
    )
    jwt_audience: str = setting(
        "SCRIP_JWT_AUDIENCE", text, default="scrip", about="The `aud` that every token must carry."
    )
    graphiql: bool = setting(
        "SCRIP_GRAPHIQL", boolean, default=True, production=False, about="Serve GraphiQL to browsers."
    )
    sandbox: bool = setting(
        "SCRIP_SANDBOX",
        boolean,
        default=True,
        production=False,
        about="Let `advanceSandboxClock` move the ledger's clock forward.",
    )
    adhoc_documents: bool = setting(
        "SCRIP_ADHOC_DOCUMENTS",
        boolean,
        default=True,
        production=False,
        about="Run any document. When off, only trusted documents run, and others need the scope `document:adhoc`.",
    )
    trusted_documents: Path | None = setting(
        "SCRIP_TRUSTED_DOCUMENTS", Path, default=None, about="A JSON file that maps `sha256:…` ids to documents."
    )
    allowed_origins: tuple[str, ...] = setting(
        "SCRIP_ALLOWED_ORIGINS",
        origins,
        default=(),
        about=(
            "Origins whose pages may open subscriptions, separated by commas; own origin always may. Other requests of pages "
            "are a proxy's to allow: no CORS header is sent."
        ),
    )
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = setting(
        "SCRIP_TRUSTED_PROXIES",
        networks,
        default=(),
        about=(
            "Networks of the proxies in front, separated by commas. Only they may say by `X-Forwarded-For` where a "
            "client calls from, which merchants' allowed networks and the limits on wrong codes go by."
        ),
    )
    log_format: LogFormat = setting(
        "SCRIP_LOG_FORMAT",
        one_of(LogFormat),
        default=LogFormat.CONSOLE,
        production=LogFormat.JSON,
        about="How log lines look.",
    )
    log_level: LogLevel = setting(
        "SCRIP_LOG_LEVEL", one_of(LogLevel), default=LogLevel.INFO, about="The least severe line that is written."
    )
    writer_connections: int = setting(
        "SCRIP_WRITER_CONNECTIONS",
        whole_number(1, 16),
        default=5,
        about="Connections that write batches, per process; of three, one is left to single requests, one to lists.",
    )
    reader_connections: int = setting(
        "SCRIP_READER_CONNECTIONS",
        whole_number(1, 64),
        default=8,
        about="Connections that answer queries, per process.",
    )
    queue_limit: int = setting(
        "SCRIP_QUEUE_LIMIT",
        whole_number(1, 1_000_000),
        default=4096,
        about="Commands that may wait for a batch, per process; beyond it they are refused with `OVERLOADED`.",
    )
    batch_limit: int = setting(
        "SCRIP_BATCH_LIMIT",
        whole_number(1, 10_000),
        default=128,
        about="Commands in one batch, which is one transaction.",
    )
    client_cost_per_second: int = setting(
        "SCRIP_CLIENT_COST_PER_SECOND",
        whole_number(1, 100_000_000),
        default=20_000,
        about="Cost a client may ask of an API process in a second; at once three times as much, 20,000 at least; a spend is 10.",
    )
    deadline_seconds: int = setting(
        "SCRIP_DEADLINE_SECONDS", whole_number(1, 300), default=10, about="How long one request may take."
    )
    shutdown_seconds: int = setting(
        "SCRIP_SHUTDOWN_SECONDS",
        whole_number(1, 300),
        default=15,
        about="How long a stopping process finishes what it accepted.",
    )


def read_settings(environ: Mapping[str, str], needs: Collection[Need] = tuple(Need)) -> Settings:
    """Return the settings of a process that `needs` so much in production; raise `SettingsError` with every problem."""
    problems = list(misspellings(environ, [each.metadata["name"] for each in fields(Settings)]))
    production = environ.get("SCRIP_ENV", "").strip() == Environment.PRODUCTION
    values: dict[str, Any] = {}
    for each in fields(Settings):
        name = each.metadata["name"]
        given = environ.get(name, "").strip()
        if not given:
            instead = each.metadata["production"]
            values[each.name] = instead if production and instead is not MISSING else each.default
            continue
        try:
            values[each.name] = each.metadata["parse"](given)
        except ValueError as error:
            problems.append(f"{name} {error}.")
    if problems:
        raise SettingsError(tuple(problems))
    settings = Settings(**values)
    refusals = contradictions(settings) + (production_refusals(settings, needs) if production else ())
    if refusals:
        raise SettingsError(refusals)
    return settings
