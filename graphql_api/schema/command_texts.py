"""How long the texts of commands may be. Longer ones are kept nowhere: they would only swell the book."""

from typing import Final, TypeVar

from ledger.book.refusal import refuse_input
from ledger.engine.command import Command

O = TypeVar("O")  # noqa: E741 - the reply

_TEXTS: Final = (
    ("reference", "reference", 255),
    ("reason_code", "reasonCode", 64),
    ("reason", "reason", 2_000),
    ("asset", "asset", 64),
    ("campaign", "campaign", 64),
)
"""Of a command, by their names here and in the schema: so many characters at most."""


def require_texts(command: Command[O]) -> None:
    """INVALID_INPUT naming a text of the command that is empty, too long or not printable."""
    for name, field, length_max in _TEXTS:
        text = getattr(command, name, None)
        if text is not None and not (0 < len(text) <= length_max and (text.isprintable() or name == "reason")):
            refuse_input(field)
