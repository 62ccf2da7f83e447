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
    refusals: list[str] = field(default_factory=list)
    on_denied: Callable[[], None] | None = None
    """Hears once, where the caller asked for something without the scope for it."""

    def refused(self, code: str) -> None:
        """Note that something was refused with `code`; it is counted in `scrip_refusals_total`."""
        if code == DENIED and self.on_denied is not None and code not in self.refusals:
            self.on_denied()
        self.refusals.append(code)
