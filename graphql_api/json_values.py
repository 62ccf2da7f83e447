"""The type of what JSON can say."""

from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""Any JSON value as orjson reads it."""

JsonObject: TypeAlias = dict[str, Json]
"""A JSON object."""
