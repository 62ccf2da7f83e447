"""Evaluating conditions: compiled once, asked together of each activity.

A variable of an activation costs as much as an evaluation, and an evaluation as much as sixteen conditions in a list. The
plainest conditions (`plain_condition.py`) need neither.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import compress
from typing import Final, NamedTuple

from cel_expr_python import cel

from ledger.campaigns.expression import Value, Variables, compile_text, defaults, environment_of, names_in, variables_of
from ledger.campaigns.plain_condition import Truths, compile_plain, is_plain
from ledger.programme.activity_type import FieldType

TOGETHER: Final = 25
"""As many conditions are evaluated as one list; the steps of an evaluation are bounded."""


class Asked(NamedTuple):
    """Conditions that are asked of one activity.

    plain:  those of the plainest form, and what evaluates them
    named:  the variables that the others name
    parts:  the others as one list in parts; None for a part of one, or one that goes too deep as a list
    """

    plain: tuple[str, ...]
    truths: Truths
    named: tuple[str, ...]
    parts: tuple[tuple[tuple[str, ...], cel.Expression | None], ...]


class Vocabulary:
    """Variables with what was worked out of them: as much as campaigns have ever held in this process."""

    __slots__ = ("_asked", "_extended", "_named", "_programs", "defaults", "environment", "variables")

    def __init__(self, variables: Variables) -> None:
        self.variables = variables
        self.defaults: Mapping[str, Value] = defaults(variables)
        self.environment = environment_of(variables)
        self._programs: dict[str, cel.Expression] = {}
        self._named: dict[str, tuple[str, ...]] = {}
        self._asked: dict[tuple[str, ...], Asked] = {}
        self._extended: dict[Variables, Vocabulary] = {}

    def extended(self, more: Variables) -> "Vocabulary":
        """With these variables besides."""
        if not more:
            return self
        found = self._extended.get(more)
        if found is None:
            found = self._extended[more] = vocabulary_of((*self.variables, *more))
        return found

    def program(self, text: str) -> cel.Expression:
        """The compiled condition."""
        found = self._programs.get(text)
        if found is None:
            found = self._programs[text] = compile_text(text, self.variables)
        return found

    def named_in(self, text: str) -> tuple[str, ...]:
        """The variables that a condition may name."""
        found = self._named.get(text)
        if found is None:
            names = names_in(text)
            found = self._named[text] = tuple(name for name, _ in self.variables if name in names)
        return found

    def asked(self, conditions: tuple[str, ...]) -> Asked:
        """The conditions as they are evaluated together."""
        found = self._asked.get(conditions)
        if found is None:
            found = self._asked[conditions] = self._ask(tuple(dict.fromkeys(text for text in conditions if text)))
        return found

    def _ask(self, texts: tuple[str, ...]) -> Asked:
        plain = tuple([text for text in texts if is_plain(text, self.variables)])
        others = tuple([text for text in texts if text not in plain])
        named = dict.fromkeys(name for text in others for name in self.named_in(text))
        parts = [others[start : start + TOGETHER] for start in range(0, len(others), TOGETHER)]
        return Asked(
            plain,
            compile_plain(plain, self.variables) if plain else _nothing,
            tuple(named),
            tuple([(part, self._together(part)) for part in parts]),
        )

    def _together(self, texts: tuple[str, ...]) -> cel.Expression | None:
        """All of them as one list. A condition may end in a comment, up to its line."""
        if len(texts) == 1:
            return None
        try:
            return compile_text("[" + ", ".join(f"({text}\n)" for text in texts) + "]", self.variables)
        except RuntimeError:
            return None


@lru_cache(maxsize=256)
def vocabulary_of(variables: Variables) -> Vocabulary:
    """The vocabulary of these variables."""
    return Vocabulary(variables)


@lru_cache(maxsize=1024)
def payload_vocabulary(payload: tuple[FieldType, ...]) -> Vocabulary:
    """What conditions on activities with this payload may name."""
    return vocabulary_of(variables_of(payload))


class Facts:
    """The variables' values for one activity; `conditions` over them share one activation of what they name and are
    evaluated together. Where one of them has no value, which takes it from the others of its list, each is evaluated
    alone.
    """

    __slots__ = ("_alone", "_conditions", "_not_false", "values", "vocabulary")

    def __init__(self, vocabulary: Vocabulary, values: Mapping[str, Value], conditions: tuple[str, ...]) -> None:
        self.vocabulary = vocabulary
        self.values = {**vocabulary.defaults, **values}
        self._conditions = conditions
        self._not_false: list[str] | None = None
        self._alone: dict[str, bool | None] = {}

    def inputs_of(self, text: str) -> dict[str, object]:
        """What a condition saw."""
        values = self.values
        return {name: values[name] for name in self.vocabulary.named_in(text)}

    def holds(self, text: str) -> bool | None:
        """Whether the condition, one of `conditions`, is true; None where it has no value (a division by zero, an
        overflow).
        """
        if not text:
            return True
        is_not_false = text in self.not_false()
        return self._alone.get(text, is_not_false)

    def not_false(self) -> list[str]:
        """Those of the conditions that are true or have no value."""
        if self._not_false is None:
            self._not_false = self._evaluate() if self._conditions else []
        return self._not_false

    def _evaluate(self) -> list[str]:
        vocabulary, values = self.vocabulary, self.values
        asked = vocabulary.asked(self._conditions)
        found = list(compress(asked.plain, asked.truths(values)))
        if not asked.parts:
            return found
        activation = vocabulary.environment.Activation({name: values[name] for name in asked.named})
        for texts, program in asked.parts:
            results = None if program is None else _list_of(program, activation)
            if results is None:
                self._alone |= {text: _truth_of(vocabulary, text, activation) for text in texts}
                results = [self._alone[text] is not False for text in texts]
            found += compress(texts, results)
        return found


def _nothing(values: Mapping[str, Value]) -> Sequence[bool]:
    del values
    return ()


def _list_of(program: cel.Expression, activation: cel.Activation) -> list[bool] | None:
    """The values of a list of conditions; None where one of them has none."""
    try:
        values = program.eval(activation).plain_value()
    except RuntimeError:
        return None
    return values if isinstance(values, list) else None


def _truth_of(vocabulary: Vocabulary, text: str, activation: cel.Activation) -> bool | None:
    try:
        value = vocabulary.program(text).eval(activation).value()
    except RuntimeError:
        return None
    return value if isinstance(value, bool) else None
