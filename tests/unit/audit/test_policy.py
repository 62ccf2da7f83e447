"""Policies: one key, said once, and nothing that this release cannot keep."""

from datetime import timedelta

import pytest

from audit.drill_log import KEY
from audit.policy import PolicyRefused, parse_policy

LOG = f"log {KEY.verifier}"


def test_a_policy_pins_a_key_and_an_age() -> None:
    """Comments and blank lines mean nothing; the URL that C2SP allows is let pass."""
    policy = parse_policy(f"# ours\n\n{LOG} https://log.example/ # since March\nquorum none\nmax-age-hours 48\n")

    assert policy.key == KEY.verifier
    assert policy.age_max == timedelta(hours=48)
    assert not policy.has_imported_history
    assert parse_policy(f"{LOG}\nimported-history").has_imported_history


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log",
        "log x",
        f"{LOG}\n{LOG}",
        f"{LOG}\nwitness w",
        f"{LOG}\nquorum any",
        f"{LOG}\nmax-age-hours 0",
        f"{LOG}\nmax-age-hours 1.5",
        f"{LOG}\nmax-age-hours 9999999",
        f"{LOG}\nimported-history yes",
        f"{LOG} a b",
    ],
)
def test_what_cannot_be_kept_is_refused(text: str) -> None:
    """A rule that is not understood is never ignored."""
    with pytest.raises(PolicyRefused):
        parse_policy(text)
