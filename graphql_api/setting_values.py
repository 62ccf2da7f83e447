"""How the text of one environment variable becomes a value; each parser raises ValueError with "must …"."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import urlsplit

from audit.retention import DAYS_MAX, Span
from ledger.partners.plain_network import parse_network


class Environment(StrEnum):
    """Whether insecure defaults may run."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class LogFormat(StrEnum):
    """How a log line is written."""

    JSON = "json"
    CONSOLE = "console"


class LogLevel(StrEnum):
    """The least severe line that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def text(value: str) -> str:
    """Take the value as it is."""
    return value


def boolean(value: str) -> bool:
    """Read 1, true, yes, on or 0, false, no, off."""
    lowered = value.lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off"}:
        return False
    raise ValueError("must be true or false")


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Read a decimal number from `least` to `most`."""

    def parse(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", value, re.ASCII) or not least <= int(value) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(value)

    return parse


def one_of(kind: type[StrEnum]) -> Callable[[str], StrEnum]:
    """Read a member of `kind`."""

    def parse(value: str) -> StrEnum:
        if value not in set(kind):
            raise ValueError(f"must be one of {', '.join(kind)}")
        return kind(value)

    return parse


def retention_span(value: str) -> Span:
    """Read how long something is kept, as `least..most` in days."""
    days = whole_number(0, DAYS_MAX)
    least, _, most = value.partition("..")
    try:
        return Span(days_min=days(least), days_max=days(most))
    except ValueError:
        raise ValueError(f"must be least..most in days, such as 1827..3653, and {DAYS_MAX} at most") from None


def schema_name(value: str) -> str:
    """Read a PostgreSQL identifier that never needs quoting and is not one of the shared schemas."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,47}", value, re.ASCII) or value.startswith("pg_"):
        raise ValueError("must be lower-case letters, digits and underscores, 48 at most, not starting with pg_")
    if value in {"registry", "audit", "keys", "public", "information_schema"}:
        raise ValueError(f"must not be {value}, which is a schema of its own")
    return value


def web_url(value: str) -> str:
    """Read an http or https URL; what follows the port is the server's."""
    if not re.fullmatch(r"https?://[!-~]+", value, re.ASCII) or not _names_a_server(value):
        raise ValueError("must be an http:// or https:// URL, such as https://id.bank.example:8443/keys")
    return value


def _names_a_server(url: str) -> bool:
    """Whether the URL has a host, and a port that can be connected to if any."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def origins(value: str) -> tuple[str, ...]:
    """Read a comma-separated list of web origins."""
    found = tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
    if not all(re.fullmatch(r"https?://[^\s/]+", origin) for origin in found):
        raise ValueError("must be origins such as https://app.bank.example, separated by commas")
    return found


def networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Read a comma-separated list of IP networks, each as a merchant's is read."""
    try:
        return tuple(parse_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError:
        raise ValueError("must be networks such as 10.0.0.0/8, separated by commas") from None


def root_key(value: str) -> bytes:
    """Read 32 bytes in hexadecimal."""
    if not re.fullmatch(r"[0-9a-fA-F]{64}", value, re.ASCII):
        raise ValueError("must be 64 hexadecimal digits; `scrip key new` makes one")
    return bytes.fromhex(value)
