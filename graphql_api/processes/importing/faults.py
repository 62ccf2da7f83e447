"""What may be wrong with a file or a line before the ledger is asked about it."""

from enum import StrEnum


class FaultCode(StrEnum):
    """The closed list; what the ledger itself refuses carries the ledger's codes."""

    LINE_TOO_LONG = "LINE_TOO_LONG"
    BAD_UTF8 = "BAD_UTF8"
    BAD_JSON = "BAD_JSON"
    BAD_CSV = "BAD_CSV"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    MISSING_FIELD = "MISSING_FIELD"
    BAD_VALUE = "BAD_VALUE"
    AT_NEEDS_REPLAY = "AT_NEEDS_REPLAY"


class LineFault(Exception):
    """The line cannot be read; the message says what is wrong, `field` where."""

    def __init__(self, code: FaultCode, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.field = field


class UnusableFile(Exception):
    """What the command line asks for cannot be read or found; the message is one sentence that says why."""
