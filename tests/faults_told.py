"""What a refusal of malformed input tells, as one line that a table of cases can hold."""

from collections.abc import Mapping


def fault_in(facts: Mapping[str, object]) -> str:
    """The field, and of an expression `:line:column: what is wrong`; "" where no field is named."""
    parts = [str(facts[name]) for name in ("field", "line", "column") if facts.get(name)]
    return ":".join(parts) + (f": {facts['detail']}" if facts.get("detail") else "")
