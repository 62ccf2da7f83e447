"""Conditions evaluated together: each as if it stood alone."""

from ledger.campaigns.facts import Facts, payload_vocabulary
from ledger.programme.activity_type import SHIPPED

PURCHASE = payload_vocabulary(SHIPPED["purchase"].fields)
DEPOSIT = payload_vocabulary(SHIPPED["deposit"].fields)


def test_what_has_no_value_is_neither_true_nor_false() -> None:
    """A division by zero and an overflow come out as None; what stands beside a false one does not matter."""
    expected = {
        "activity.amount / 0 > 1": None,
        "activity.amount + 9223372036854775807 > 0": None,
        "activity.amount / 0 > 1 && activity.amount > 7": False,
        "activity.amount == 7 && activity.category == '' && member.tiers.size() == 0": True,
    }

    facts = Facts(PURCHASE, {"activity.amount": 7}, tuple(expected))

    assert {text: facts.holds(text) for text in expected} == expected
    assert set(facts.not_false()) == {text for text, holds in expected.items() if holds is not False}


def test_conditions_that_are_asked_together_stay_apart() -> None:
    """One without a value takes none from the others; a comment at a condition's end ends with it."""
    texts = ("activity.amount > 1", "1 / activity.amount > 0 // never", "activity.amount == 0", "")

    for amount, expected in ((0, [False, None, True, True]), (2, [True, False, False, True])):
        facts = Facts(PURCHASE, {"activity.amount": amount}, texts)

        assert [facts.holds(text) for text in texts] == expected


def test_too_many_conditions_for_one_list_are_asked_alone() -> None:
    """Conditions at the limit of depth have their results though no list of them can be evaluated."""
    deep = tuple("(" * 28 + f"activity.amount == {number}" + ")" * 28 for number in range(3))

    facts = Facts(PURCHASE, {"activity.amount": 1}, deep)

    assert [facts.holds(text) for text in deep] == [False, True, False]


def test_a_condition_saw_what_it_names() -> None:
    """A name that another one begins with is no name of it."""
    facts = Facts(DEPOSIT, {"activity.day": 15, "activity.days": 30}, ())

    assert facts.inputs_of("activity.days > 1") == {"activity.days": 30}
    assert facts.inputs_of("activity.days>activity.day") == {"activity.day": 15, "activity.days": 30}
