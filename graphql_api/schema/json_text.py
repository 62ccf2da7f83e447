"""JSON values that callers give, as the text that the ledger keeps."""

import orjson

from graphql_api.scalars import JSON
from ledger.book.refusal import Refusal, RefusalCode


def json_text(field: str, value: JSON) -> str:
    """The value as JSON. INVALID_INPUT naming the field where it is too deep, or holds a number beyond 64 bits."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        raise Refusal(RefusalCode.INVALID_INPUT, field=field) from None
