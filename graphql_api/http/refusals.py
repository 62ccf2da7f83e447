"""Requests refused before any operation runs, as HTTP statuses with a JSON body."""


class RequestRefused(Exception):
    """Answered with `status` and a GraphQL error body; `headers` are added to the answer."""

    def __init__(self, status: int, message: str, *, code: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers


def too_slow(seconds: float) -> RequestRefused:
    """504: an operation did not end in time."""
    return RequestRefused(
        504,
        f"No answer within {seconds:g} s. What a mutation did is unknown: send it again with the same key.",
        code="DEADLINE_EXCEEDED",
    )


def unavailable(message: str) -> RequestRefused:
    """503: the database or the identity provider does not answer."""
    return RequestRefused(503, message, code="UNAVAILABLE", headers=((b"retry-after", b"1"),))


def malformed(message: str) -> RequestRefused:
    """400: the body or the query string does not say what a GraphQL request says."""
    return RequestRefused(400, message, code="REQUEST_MALFORMED")
