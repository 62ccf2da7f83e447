"""The URL of the database, read as the driver will: what it would stumble over, or pass over, is refused by its setting."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

_HOST: Final = re.compile(
    r"(?:\[[^\[\]]+\]|%2F[^\[\]:]*|(?:[^\[\]:.]{1,63}\.)*[^\[\]:.]{0,63})(?::(?P<port>\d{1,5}))?",
    re.ASCII | re.IGNORECASE,
)
"""An address, a socket's folder or a name whose parts have 63 characters at most, or nothing; and perhaps a port."""
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "target_session_attrs": ("any", "primary", "standby", "read-write", "read-only", "prefer-standby"),
}
_FILES: Final = ("sslrootcert", "sslcert", "sslkey", "sslcrl")


def database_url(value: str) -> str:
    """Read a postgresql:// URL; the driver is always asyncpg and is not named."""
    if not value.startswith(("postgresql://", "postgres://")):
        raise ValueError("must start with postgresql:// and name no driver")
    rest = value.split("://", 1)[1]
    hosts = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].split(",")
    if not all(map(_is_host, hosts)):
        raise ValueError("must name a host and a port as in postgresql://user:password@host:5432/database")
    _require_parameters(rest)
    return f"postgresql://{rest}"


def missing_files(url: str) -> tuple[str, ...]:
    """The parameters of such a URL that name a file which cannot be read, as `name=path`."""
    given = dict(parse_qsl(_query(url)))
    return tuple(f"{name}={given[name]}" for name in _FILES if name in given and not os.access(given[name], os.R_OK))


def _is_host(host: str) -> bool:
    found = _HOST.fullmatch(host)
    return found is not None and _is_port(found["port"] or "5432")


def _is_port(port: str) -> bool:
    return bool(re.fullmatch(r"\d{1,5}", port, re.ASCII)) and 0 < int(port) <= 65535


def _query(url: str) -> str:
    return url.partition("?")[2].partition("#")[0]


def _require_parameters(rest: str) -> None:
    query = _query(rest)
    try:
        given = parse_qsl(query, strict_parsing=True) if query else []
    except ValueError:
        raise ValueError("must have its parameters as in ?sslmode=verify-full&sslrootcert=/path") from None
    for name, value in given:
        if value not in _CHOICES.get(name, (value,)):
            raise ValueError(f"must have for {name} one of {', '.join(_CHOICES[name])}")
        if name == "port" and not all(map(_is_port, value.split(","))):
            raise ValueError("must have for port a number from 1 to 65535")
