"""Setting a codec on a connection, for whatever type.

The driver lets custom codecs be set for scalar types only, so one call here goes past its public face; the tests of every
codec that is set so guard it.
"""

from collections.abc import Callable
from typing import Any

import asyncpg


def set_codec(
    connection: "asyncpg.Connection[asyncpg.Record]",
    oid: int,
    name: str,
    encode: Callable[[Any], bytes],
    decode: Callable[[bytes], object],
    *,
    schema: str = "pg_catalog",
) -> None:
    """Lets the connection send and read values of the type by these functions, in PostgreSQL's binary form."""
    settings = connection._protocol.get_settings()  # type: ignore[attr-defined]  # noqa: SLF001
    settings.add_python_codec(oid, name, schema, [], "scalar", encode, decode, "binary")
