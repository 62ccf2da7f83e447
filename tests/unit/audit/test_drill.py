"""The drill: the honest log passes, and each forgery is caught by the check that must catch it."""

import pytest

from audit.drill import FORGERIES, Forgery, honest_case, run_drill
from audit.drill_log import sample_log
from audit.verdict import Answer, Question


def test_the_honest_log_passes() -> None:
    """Nothing fails, and an erased part counts as erased, not as missing."""
    verdict = honest_case(sample_log()).verdict()

    assert verdict.as_text()
    assert verdict.failing == frozenset()
    assert verdict.results[Question.PARTS].facts == {"present": 29, "erased": 14, "missing": 0}
    assert verdict.results[Question.HISTORY].answer is Answer.HOLDS
    assert verdict.results[Question.WITNESSES].answer is Answer.NOT_SHOWN


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)
def test_the_forgery_is_caught(forgery: Forgery) -> None:
    """The check that must notice it does, with a finding that says where."""
    verdict = forgery.forge(sample_log()).verdict()

    assert forgery.caught_by in verdict.failing
    assert verdict.results[forgery.caught_by].findings


@pytest.mark.parametrize("forgery", [each for each in FORGERIES if each.by == "insider"], ids=lambda each: each.name)
def test_an_insider_is_caught_by_nothing_but_that(forgery: Forgery) -> None:
    """Whoever has the key makes signatures and roots that hold; one check stands between him and success."""
    assert forgery.forge(sample_log()).verdict().failing == {forgery.caught_by}


def test_the_drill_reports_every_forgery() -> None:
    """At least ten ways, all caught."""
    outcomes = run_drill()

    assert len(outcomes) == len(FORGERIES) >= 10
    assert all(outcome.is_caught for outcome in outcomes)
