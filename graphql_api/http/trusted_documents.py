"""The allow-list of documents that merchants' and mobile clients may run, read from a JSON file."""

from pathlib import Path

import orjson


def read_trusted_documents(path: Path) -> dict[str, str]:
    """Digest → text from a JSON object `{"sha256:<hex>": "query …"}`; the prefix may be left out.

    Raises ValueError with one sentence when the file is something else. Whether a text has its digest and is
    valid is checked by the document store.
    """
    try:
        content = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror})") from None
    except orjson.JSONDecodeError as error:
        raise ValueError(f"{path} cannot be read as JSON ({error})") from None
    if not isinstance(content, dict) or not all(isinstance(text, str) for text in content.values()):
        raise ValueError(f"{path} must hold one JSON object of digest → text")
    return {digest.removeprefix("sha256:"): text for digest, text in content.items()}
