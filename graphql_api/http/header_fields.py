"""The header fields of a request by name, each as one value."""

from starlette.types import Scope


def header_fields(scope: Scope) -> dict[bytes, bytes]:
    """Lower-case name → value. A field that comes several times is one list (RFC 9110, 5.3), so that whoever reads it
    sees all of it: two credentials are none, and two lists of accepted types are one.
    """
    given: list[tuple[bytes, bytes]] = scope["headers"]
    fields = dict(given)
    if len(fields) == len(given):
        return fields
    values: dict[bytes, list[bytes]] = {}
    for name, value in given:
        values.setdefault(name, []).append(value)
    return {name: b", ".join(parts) for name, parts in values.items()}
