"""Policies: one key, said once, and nothing that this release cannot keep."""

from datetime import timedelta

import pytest

from audit.drill_log import KEY, THIEF
from audit.policy import FormerKey, PolicyRefused, parse_policy
from audit.signing import SigningKey

LOG = f"log {KEY.verifier}"
THIRD = SigningKey(name=KEY.name, seed=bytes(32))
ELSEWHERE = SigningKey(name="elsewhere.example/log", seed=bytes(32))


def test_a_policy_pins_a_key_and_an_age() -> None:
    """Comments and blank lines mean nothing; the URL that C2SP allows is let pass."""
    policy = parse_policy(f"# ours\n\n{LOG} https://log.example/ # since March\nquorum none\nmax-age-hours 48\n")

    assert policy.key == KEY.verifier
    assert policy.age_max == timedelta(hours=48)
    assert not policy.has_imported_history
    assert parse_policy(f"{LOG}\nimported-history").has_imported_history


def test_former_keys_are_pinned_with_what_they_spoke_for() -> None:
    """Any number of them, of the same log."""
    policy = parse_policy(f"former-log {THIEF.verifier} 41200\n{LOG}\nformer-log {THIRD.verifier} 7")

    assert policy.former == (FormerKey(key=THIEF.verifier, size_max=41200), FormerKey(key=THIRD.verifier, size_max=7))


@pytest.mark.parametrize(
    "text",
    [
        f"{LOG}\nformer-log {THIEF.verifier}",
        f"{LOG}\nformer-log {THIEF.verifier} -1",
        f"{LOG}\nformer-log {THIEF.verifier} 1 2",
        f"{LOG}\nformer-log {KEY.verifier} 5",
        f"{LOG}\nformer-log {ELSEWHERE.verifier} 5",
        f"{LOG}\n" + f"former-log {THIEF.verifier} 5\n" * 65,
        f"former-log {THIEF.verifier} 5",
        "",
        "log",
        "log x",
        f"{LOG}\n{LOG}",
        f"{LOG}\nwitness w",
        f"{LOG}\nquorum any",
        f"{LOG}\nmax-age-hours 0",
        f"{LOG}\nmax-age-hours 1.5",
        f"{LOG}\nmax-age-hours 9999999",
        f"{LOG}\nmax-age-hours 4 8",
        f"{LOG}\nimported-history yes",
        f"{LOG} a b",
    ],
)
def test_what_cannot_be_kept_is_refused(text: str) -> None:
    """A rule that is not understood is never ignored."""
    with pytest.raises(PolicyRefused):
        parse_policy(text)


@pytest.mark.parametrize("end", ["\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_a_line_ends_the_same_for_everybody(end: str) -> None:
    """No rule is hidden in a comment, and none is lost on the line before it, by what not every editor takes for an end."""
    assert parse_policy(f"{LOG}\r\n# kept since May\r\n") == parse_policy(LOG)

    for text in (f"{LOG} # kept{end}imported-history", f"{LOG}{end}imported-history", f"{LOG}{end}"):
        with pytest.raises(PolicyRefused, match="line 1"):
            parse_policy(text)
