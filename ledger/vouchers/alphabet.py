"""What codes and their suffixes are written in: Crockford's base 32, and what typing it wrong is forgiven."""

from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES: Final = str.maketrans("OILU", "011V", "-_. ")


def plain(text: str) -> str:
    """What was typed without case, separators and look-alikes."""
    return text.upper().translate(_LOOK_ALIKES)
