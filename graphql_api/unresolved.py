"""Refusals of names that mean nothing here: the engine is never asked, and so records nothing of them."""

from ledger.book.refusal import Refusal


class Unresolved(Refusal):
    """A name in the input or in the credential that the caller's programme does not have. No key is burnt."""
