"""Instants and dates as callers write them, the same in GraphQL and in files: RFC 3339, and nothing else that Python reads."""

import re
from datetime import UTC, datetime
from typing import Final

DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
"""With an offset and at most microseconds."""
DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INFINITIES: Final = {datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)}
"""The first and the last instant are PostgreSQL's infinities to the driver, which reads those back without a zone."""


def read_date_time(text: str) -> datetime:
    """The aware UTC instant of a text that is DATE_TIME; ValueError where there is no such instant."""
    try:
        instant = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error
    if instant in _INFINITIES:
        raise ValueError(text)
    return instant
