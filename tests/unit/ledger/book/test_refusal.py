"""The table of refusals is complete, and says what may be frozen (semantics 3.3, 3.4)."""

from ledger.book.refusal import REFUSALS, RefusalCode, Retry, is_frozen


def test_every_code_has_one_line_in_the_order_of_the_enum() -> None:
    """The order of precedence is one, and nothing is missing from it."""
    assert list(REFUSALS) == list(RefusalCode)
    assert all(rule.code == code for code, rule in REFUSALS.items())


def test_what_is_never_frozen_may_be_tried_again_or_is_malformed() -> None:
    """What was decided from the book is frozen; the rest burns no key."""
    never = {code for code in RefusalCode if not is_frozen(code)}

    assert {code for code in never if REFUSALS[code].retry == Retry.SAME_KEY} == {
        RefusalCode.THROTTLED,
        RefusalCode.OVERLOADED,
        RefusalCode.DEADLINE_EXCEEDED,
        RefusalCode.UNAVAILABLE,
        RefusalCode.CONTENDED,
        RefusalCode.VOUCHER_LOCKED,
        # The key of an activity is its event, which may become reportable.
        RefusalCode.ACTIVITY_TYPE_NOT_FOUND,
        RefusalCode.ACTIVITY_NOT_FOUND,
        RefusalCode.ACTIVITY_IN_FUTURE,
    }
    assert {
        RefusalCode.INVALID_INPUT,
        RefusalCode.LIST_TOO_LONG,
        RefusalCode.FORBIDDEN,
        RefusalCode.IDEMPOTENCY_CONFLICT,
    } <= never
    assert all(is_frozen(code) for code in RefusalCode if REFUSALS[code].retry == Retry.NEW_KEY)


def test_messages_are_sentences() -> None:
    """One sentence each, ending in a full stop, without anything of the caller's."""
    assert all(rule.message.endswith(".") and "{" not in rule.message for rule in REFUSALS.values())
