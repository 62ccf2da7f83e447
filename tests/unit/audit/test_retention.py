"""Retention classes and their spans."""

from datetime import UTC, datetime

import pytest

from audit.retention import DEFAULT_SPANS, RetentionClass, RetentionPolicy, Span, class_of, epoch_class, epoch_end

POLICY = RetentionPolicy(spans=DEFAULT_SPANS)


@pytest.mark.parametrize(
    ("event_type", "expected"),
    [
        ("spend", "value"),
        ("adjust", "value"),
        ("freeze", "handling"),
        ("erase", "handling"),
        ("support_read", "access"),
        ("sign_in_failed", "access"),
        ("process_started", "operation"),
        ("nobody has heard of this", "value"),
    ],
)
def test_each_type_has_a_class(event_type: str, expected: str) -> None:
    """What is not listed is kept longest."""
    assert class_of(event_type) == expected


@pytest.mark.parametrize(
    ("epoch", "end"),
    [("value/2026-11", datetime(2026, 12, 1, tzinfo=UTC)), ("value/2026-12", datetime(2027, 1, 1, tzinfo=UTC))],
)
def test_an_epoch_ends_with_its_month(epoch: str, end: datetime) -> None:
    """December's is followed by January of the next year."""
    assert (epoch_class(epoch), epoch_end(epoch)) == (RetentionClass.VALUE, end)


def test_value_is_kept_five_years_and_ten_at_most() -> None:
    """Counted from the end of the month."""
    assert POLICY.kept_until("value/2026-11") == datetime(2031, 12, 2, tzinfo=UTC)
    assert POLICY.expires_at("value/2026-11") == datetime(2036, 12, 1, tzinfo=UTC)


def test_a_class_without_a_least_span_outlasts_nobodys_wish() -> None:
    """Erasure destroys it at once, in its own month too."""
    assert POLICY.kept_until("handling/2026-11") == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("least", "most"), [(5, 4), (-1, 4), (0, 36_526)])
def test_a_span_has_its_least_before_its_most(least: int, most: int) -> None:
    """And ends within a hundred years; anything else is a mistake of the operator."""
    with pytest.raises(ValueError, match="least"):
        Span(days_min=least, days_max=most)
