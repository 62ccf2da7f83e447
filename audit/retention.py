"""Retention classes: how long what is private is kept at least and at most. Records in clear are never destroyed.

Everything is hot, in the database, until it is destroyed: an epoch is one class and one month, and destroying its key
expires what was sealed in it. A legal hold on a class beats both limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

DAYS_MAX: Final = 36_525
"""A hundred years: longer than any law asks, and every instant so far ahead is still in the calendar."""


class RetentionClass(StrEnum):
    """What an event is kept as; stands in its record and names its epoch."""

    VALUE = "value"
    HANDLING = "handling"
    ACCESS = "access"
    OPERATION = "operation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How long the private parts of a class are kept after the end of their month: `days_min` at least, even of a
    person who was erased, and `days_max` at most.
    """

    days_min: int
    days_max: int

    def __post_init__(self) -> None:
        if not 0 <= self.days_min <= self.days_max <= DAYS_MAX:
            raise ValueError(f"must be least..most, in days, {DAYS_MAX} at most")

    def __str__(self) -> str:
        return f"{self.days_min}..{self.days_max}"


DEFAULT_SPANS: Mapping[RetentionClass, Span] = {
    # What the law makes a bank keep of value moved: five years, with whom it concerned, even if they ask for erasure.
    RetentionClass.VALUE: Span(days_min=1827, days_max=3653),
    # Records of handling personal data stand for three years and longer in clear; their private parts need not outlast
    # the person's wish.
    RetentionClass.HANDLING: Span(days_min=0, days_max=3653),
    RetentionClass.ACCESS: Span(days_min=0, days_max=1096),
    RetentionClass.OPERATION: Span(days_min=0, days_max=1096),
}

_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
_BY_TYPE = {
    RetentionClass.HANDLING: (
        "enrol",
        "freeze",
        "unfreeze",
        "close",
        "erase",
        "request_erasure",
        "subject_restricted",
        "subject_erased",
        "approval_requested",
        "approval_agreed",
        "approval_approved",
        "approval_rejected",
        "approval_withdrawn",
        "approve",
        "reject",
        "withdraw",
        "audit_reveal",
        "grant_access",
        "parts_revealed",
    ),
    RetentionClass.ACCESS: (
        "support_read",
        "reasons_read",
        "audit_read",
        "audit_export",
        "audit_export_made",
        "audit_exported",
        "sign_in_failed",
        "access_denied",
    ),
    RetentionClass.OPERATION: (
        "process_started",
        "process_stopped",
        "clock_advanced",
        "clock_stepped",
        "log_reconciled",
        "root_key_adopted",
        "root_key_retired",
        "root_key_destroyed",
        "bucket_key_created",
        "epoch_key_created",
        "epoch_key_destroyed",
        "house_key_created",
        "log_key_rotated",
        "log_key_retired",
        "legal_hold_placed",
        "legal_hold_released",
    ),
}
_CLASS_OF = {type_: class_ for class_, types in _BY_TYPE.items() for type_ in types}


def class_of(event_type: str) -> RetentionClass:
    """The class of a type of event. What is not listed is kept longest, as value records are."""
    return _CLASS_OF.get(event_type, RetentionClass.VALUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """The spans of all classes."""

    spans: Mapping[RetentionClass, Span]

    def kept_until(self, epoch: str) -> datetime:
        """Before this instant nothing of the epoch is destroyed, not even for a person who was erased. 1970 where the
        class has no least span.
        """
        days = self._span(epoch).days_min
        return epoch_end(epoch) + timedelta(days=days) if days else _ALWAYS

    def expires_at(self, epoch: str) -> datetime:
        """At this instant the epoch's key is destroyed."""
        return epoch_end(epoch) + timedelta(days=self._span(epoch).days_max)

    def _span(self, epoch: str) -> Span:
        return self.spans[epoch_class(epoch)]


def epoch_class(epoch: str) -> RetentionClass:
    """The class in the name of an epoch, `value/2026-11`."""
    return RetentionClass(epoch.partition("/")[0])


def epoch_end(epoch: str) -> datetime:
    """The first instant after the month in the name of an epoch."""
    year, _, month = epoch.partition("/")[2].partition("-")
    months = int(year) * 12 + int(month)
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
