"""Retention classes: how long a record's private parts are kept at least and at most."""

from enum import StrEnum


class RetentionClass(StrEnum):
    """What an event is kept as; stands in its record and names its epoch."""

    VALUE = "value"
    HANDLING = "handling"
    ACCESS = "access"
    OPERATION = "operation"


_BY_TYPE = {
    RetentionClass.HANDLING: (
        "enrol",
        "freeze",
        "unfreeze",
        "close",
        "member_erased",
        "member_restricted",
        "approval_requested",
        "approval_approved",
        "approval_rejected",
        "approval_withdrawn",
        "parts_revealed",
    ),
    RetentionClass.ACCESS: ("support_read", "reasons_read", "audit_read", "audit_exported", "sign_in_failed"),
    RetentionClass.OPERATION: ("process_started", "process_stopped", "clock_advanced", "clock_stepped"),
}
_CLASS_OF = {type_: class_ for class_, types in _BY_TYPE.items() for type_ in types}


def class_of(event_type: str) -> RetentionClass:
    """The class of a type of event. What is not listed is kept longest, as value records are."""
    return _CLASS_OF.get(event_type, RetentionClass.VALUE)
