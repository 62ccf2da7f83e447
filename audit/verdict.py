"""What a verification came to: one answer for each thing that can be wrong, never a single word for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

SHOWN_MAX: Final = 20
"""Findings of one question that are spelled out; all are counted."""


class Question(StrEnum):
    """What is asked of a bundle, in the order of the report."""

    AUTHENTICITY = "authenticity"
    INTEGRITY = "integrity"
    COMPLETENESS = "completeness"
    HISTORY = "history"
    ORDER = "order"
    FRESHNESS = "freshness"
    PARTS = "parts"
    WITNESSES = "witnesses"
    TIMESTAMP = "timestamp"


class Answer(StrEnum):
    """Whether it holds. What nobody asked for, or what cannot be shown by this bundle, is said and fails nothing."""

    HOLDS = "holds"
    FAILS = "fails"
    NOT_SHOWN = "not shown"


class Finding(NamedTuple):
    """One thing that is not as it should be, and where."""

    where: str
    what: str


def harmless(text: str) -> str:
    """The text for a terminal: what is not ASCII or would move the cursor is written as an escape.

    Findings quote a bundle that may be forged, and must not be able to write over what the verifier says.
    """
    return text.encode("unicode_escape").decode("ascii")


@dataclass(slots=True, kw_only=True)
class Result:
    """The answer to one question. `facts` are what was counted or read; `findings` the first of `count`."""

    question: Question
    summary: str = ""
    is_shown: bool = True
    facts: dict[str, str | int | None] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    count: int = 0

    def find(self, where: str, what: str) -> None:
        """Notes what is wrong."""
        self.count += 1
        if self.count <= SHOWN_MAX:
            self.findings.append(Finding(where, what))

    @property
    def answer(self) -> Answer:
        """FAILS where anything was found."""
        if self.count:
            return Answer.FAILS
        return Answer.HOLDS if self.is_shown else Answer.NOT_SHOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All the answers. `manifest` is what the bundle says of itself, true only as far as its signature is."""

    results: Mapping[Question, Result]
    manifest: Mapping[str, object]

    @property
    def is_clean(self) -> bool:
        """Whether nothing fails."""
        return not any(result.count for result in self.results.values())

    @property
    def failing(self) -> frozenset[Question]:
        """The questions that fail."""
        return frozenset(question for question, result in self.results.items() if result.count)

    def as_json(self) -> Mapping[str, object]:
        """For machines: `clean`, and by question the answer, the facts, and the findings."""
        return {
            "clean": self.is_clean,
            "questions": {
                question.value: {
                    "answer": result.answer.value,
                    "summary": result.summary,
                    "facts": result.facts,
                    "count": result.count,
                    "findings": [finding._asdict() for finding in result.findings],
                }
                for question, result in self.results.items()
            },
            "manifest": self.manifest,
        }

    def as_text(self) -> str:
        """For people: a line for each question, and under it what was found."""
        lines: list[str] = []
        for question, result in self.results.items():
            lines.append(f"{question.value:<13} {result.answer.value:<10} {result.summary}".rstrip())
            lines.extend(f"  - {harmless(f'{finding.where}: {finding.what}')}" for finding in result.findings)
            if result.count > len(result.findings):
                lines.append(f"  - and {result.count - len(result.findings)} more")
        return "\n".join(lines) + "\n"
