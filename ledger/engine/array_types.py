"""Arrays of PostgreSQL's own types, which the driver is told instead of asking each server about them.

The driver asks once a connection for each of them, by a recursive query over the whole catalogue of types: 10 ms of the
server's time on a new connection, most of a first read. Their ids are part of PostgreSQL (pg_type.dat) and never
change. The driver lets nobody tell it, so one call here goes past its public face; a test guards it.
"""

from typing import Any, Final

_ELEMENTS: Final = {
    651: (650, "cidr"),
    1000: (16, "bool"),
    1001: (17, "bytea"),
    1005: (21, "int2"),
    1007: (23, "int4"),
    1016: (20, "int8"),
    1182: (1082, "date"),
    1185: (1184, "timestamptz"),
    2287: (2249, "record"),
    2951: (2950, "uuid"),
}
"""By the array's id: its elements' id and name."""

KNOWN: Final = tuple(
    {
        "oid": array,
        "ns": "pg_catalog",
        "name": f"_{name}",
        "kind": b"b",
        "basetype": None,
        "elemtype": element,
        "elemtype_name": name,
        "elemdelim": ",",
        "range_subtype": None,
        "attrtypoids": None,
    }
    for array, (element, name) in _ELEMENTS.items()
)
"""What the driver's own query would answer."""


async def teach(connection: Any) -> None:  # noqa: ANN401 - a pool hands its connection over untyped
    """Lets a new connection send and read these arrays without a question."""
    connection._protocol.get_settings().register_data_types(KNOWN)  # noqa: SLF001
