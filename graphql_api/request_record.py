"""What one request leaves behind for the log and the metrics: never a variable, a token or a name."""

from dataclasses import dataclass, field


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

    def refused(self, code: str) -> None:
        """Note that something was refused with `code`; it is counted in `scrip_refusals_total`."""
        self.refusals.append(code)
