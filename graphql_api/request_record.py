"""What one request leaves behind for the log and the metrics: never a variable, a token or a name."""

from collections.abc import Callable
from dataclasses import dataclass, field

DENIED = "FORBIDDEN"


@dataclass(slots=True, kw_only=True)
class RequestRecord:
    """Facts about one request, filled in as it is answered; written once when it ends.

    Only fields that cannot carry personal data belong here.
    """

    request_id: str
    route: str = "unmatched"
    operation: str | None = None
    kind: str | None = None
    role: str | None = None
    status: int = 0
    cost: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    """How often each code was given; a WebSocket lives for an hour."""
    on_denied: Callable[[str], None] | None = None
    """Hears the codes of what was refused before the ledger was asked: once where the caller lacks the scope, and of
    each name that means nothing.
    """

    def refused(self, code: str, times: int = 1) -> None:
        """Note that something was refused with `code`; it is counted in `scrip_refusals_total`."""
        code = str(code)  # of an enum its text: JSON takes no other key
        if code == DENIED and code not in self.refusals:
            self.deny(code)
        self.refusals[code] = self.refusals.get(code, 0) + times

    def deny(self, code: str) -> None:
        """Have it recorded in the audit log, which hears of nothing that the ledger was never asked."""
        if self.on_denied is not None:
            self.on_denied(code)
