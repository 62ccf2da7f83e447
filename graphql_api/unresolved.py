"""Names that mean nothing here. The engine is never asked of a command that has one, and so records nothing of it."""

from typing import Final
from uuid import UUID

from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import computed_id
from ledger.engine.ports import Sealer
from ledger.engine.reader import Reader
from ledger.engine.unit import AnyCommand
from ledger.engine.used_keys import require_unused

NOBODY: Final = computed_id(b"unresolved", b"member")
"""Stands for the member of a name that the caller's programme does not have."""

NO_CODE: Final = computed_id(b"unresolved", b"payment code")
"""Stands for the payment code of a text that cannot be one."""

_NAMES: Final[tuple[tuple[str, UUID, RefusalCode], ...]] = (
    ("member_id", NOBODY, RefusalCode.MEMBER_NOT_FOUND),
    ("to_member_id", NOBODY, RefusalCode.MEMBER_NOT_FOUND),
    ("code_id", NO_CODE, RefusalCode.PAYMENT_CODE_INVALID),
)
"""What commands call it, what stands for nothing, and how that is refused."""


class Unresolved(Refusal):
    """A name in the input or in the credential that the caller's programme does not have. No key is burnt."""


async def require_names(reader: Reader, sealer: Sealer, command: AnyCommand) -> None:
    """Raises Unresolved where the command names nobody, or shows what is no code; with what comes before that in the order
    of checks, where the form, the key or the reference is refused too (semantics 3.2).
    """
    code = next((code for name, nothing, code in _NAMES if getattr(command, name, None) == nothing), None)
    if code is None:
        return
    try:
        command.require_input()
        await require_unused(reader, sealer, command)
    except Refusal as refusal:
        raise Unresolved(refusal.code, **refusal.facts) from None
    raise Unresolved(code)
