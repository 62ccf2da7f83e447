"""The type of what JSON can say."""

from typing import TypeAlias

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"
"""Any JSON value as orjson reads it."""

JsonObject: TypeAlias = dict[str, Json]
"""A JSON object."""
