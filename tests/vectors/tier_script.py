"""The little language of `tiers.txt`: a case is a title and lines; a line is what happens and where the member stands then.

    ladder SPEND window=ROLLING/30 levels=base:0,silver:100,gold:500 promotion=NOW demotion=ONE_STEP grace=5
    change levels=base:0,silver:200,gold:500      the next version of it, from the instant of the line before on
    zone Europe/Berlin                            the programme's zone
    2024-01-05T10:00 brings 120 -> silver earned=silver counts=120 falls=2024-02-09
    2024-01-05T10:00 brings 120 on=2024-01-03 -> …      late: of another local day
    2024-01-05T10:00 takes 20 on=2024-01-03 -> …        a refund
    2024-01-05T10:00 shows 700 taken=2024-01-04T10:00   a snapshot, taken then
    2024-01-05T10:00 grants gold until=2024-03-31 -> …
    2024-01-05T10:00 stands -> …                  only time has passed

Instants are local ones of the zone. After `->` stand the level that is held and any of: earned, counts (of the window), falls
(the day on which it falls, `-` if none), due (the local instant at which time changes something next), since, steps (their
levels), next and missing (of progress: the next level and what is missing), keep and by (to stay: how much, until the end of
which day).
"""

import shlex
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from ledger.book.units import NEVER, ProgrammeId
from ledger.programme.activity_type import SHIPPED
from ledger.programme.calendar import local_date, zone
from ledger.tiers.evaluation import Brought, Change, Terms, credit, due, grant, new_standing
from ledger.tiers.ladder_body import (
    Demotion,
    LadderBody,
    Level,
    Metric,
    MetricKind,
    Promotion,
    Window,
    WindowKind,
)
from ledger.tiers.ladder_rules import require_body, require_successor
from ledger.tiers.ladder_text import body_text
from ledger.tiers.move import terms_at
from ledger.tiers.progress import progress_of
from ledger.tiers.rows import LadderVersion, Standing
from tests.vectors.script import Case

_ID = UUID(int=1)


@dataclass
class TierScript:
    """Runs the lines of one case on one member's standing."""

    time_zone: str = "UTC"
    now: datetime = NEVER
    versions: list[LadderVersion] = field(default_factory=list)
    body: LadderBody | None = None
    standing: Standing | None = None
    steps: list[str] = field(default_factory=list)

    def run(self, case: Case) -> None:
        """Every line; AssertionError names the one that came out otherwise."""
        for line in case.lines:
            happened, _, expected = line.partition("->")
            words = shlex.split(happened)
            if words[0] in {"ladder", "change", "zone"}:
                getattr(self, f"set_{words[0]}")(*words[1:])
                continue
            self.now = self.instant(words[0])
            self.happen(words[1], words[2:])
            wanted = shlex.split(expected)
            told = self.told()
            got = [told["level"], *(f"{name}={told[name]}" for name in (w.partition("=")[0] for w in wanted[1:]))]
            assert got == wanted, f"{case.title}: {line}\n   got {' '.join(got)}"

    def instant(self, text: str) -> datetime:
        """A local instant of the zone."""
        return datetime.fromisoformat(text).replace(tzinfo=zone(self.time_zone))

    # -- setting the scene -------------------------------------------------------------------------------------------

    def set_zone(self, name: str) -> None:
        """The programme's zone."""
        self.time_zone = name

    def set_ladder(self, metric: str, *words: str) -> None:
        """The first version."""
        kind = MetricKind(metric)
        seen = Metric(
            kind=kind,
            activities=("purchase",),
            asset="POINTS" if kind == MetricKind.POINTS else None,
            field="amount" if kind == MetricKind.SNAPSHOT else None,
        )
        window = Window(kind=WindowKind.YEAR)
        self.body = self._changed(LadderBody(metric=seen, window=window, levels=()), words)
        require_body(self.body, SHIPPED.get)
        self._add(NEVER)

    def set_change(self, *words: str) -> None:
        """The next version."""
        assert self.body is not None
        before, self.body = self.body, self._changed(self.body, words)
        require_body(self.body, SHIPPED.get)
        require_successor(self.body, before)
        self._add(self.now)

    def _changed(self, body: LadderBody, words: tuple[str, ...]) -> LadderBody:
        given = dict(word.split("=", 1) for word in words)
        if "window" in given:
            kind, _, days = given["window"].partition("/")
            body = replace(body, window=Window(kind=WindowKind(kind), days=int(days) if days else None))
        if "levels" in given:
            parts = [part.split(":") for part in given["levels"].split(",")]
            body = replace(body, levels=tuple(Level(code=code, threshold=int(least)) for code, least in parts))
        return replace(
            body,
            promotion=Promotion(given.get("promotion", body.promotion)),
            demotion=Demotion(given.get("demotion", body.demotion)),
            grace_days=int(given.get("grace", body.grace_days)),
        )

    def _add(self, since: datetime) -> None:
        assert self.body is not None
        number = len(self.versions) + 1
        self.versions.append(LadderVersion(_ID, _ID, ProgrammeId(_ID), number, body_text(self.body), since))

    # -- what happens ------------------------------------------------------------------------------------------------

    def happen(self, verb: str, words: list[str]) -> None:
        """What time has brought by now, then what the line says."""
        terms = terms_at(self.versions, self.time_zone, self.now)
        if self.standing is None:
            first = terms.body.levels[0].code
            self.standing = new_standing(ProgrammeId(_ID), _ID, _ID, first, self.now)
        while self.standing.next_due_at <= self.now:
            self.take(due(self.standing, terms_at(self.versions, self.time_zone, self.standing.next_due_at)))
        given = dict(word.split("=", 1) for word in words if "=" in word)
        if verb in {"brings", "takes", "shows"}:
            self.take(credit(self.standing, terms, self._brought(verb, words[0], given), self.now))
        if verb == "grants":
            self.take(grant(self.standing, terms, words[0], date.fromisoformat(given["until"]), self.now))

    def _brought(self, verb: str, amount: str, given: dict[str, str]) -> Brought:
        taken = self.instant(given["taken"]) if "taken" in given else self.now
        day = date.fromisoformat(given["on"]) if "on" in given else local_date(taken, self.time_zone)
        return Brought(day, taken, int(amount) * (-1 if verb == "takes" else 1))

    def take(self, change: Change) -> None:
        """The standing as it is now, with its steps."""
        self.standing = change.standing
        if change.cause is not None:
            self.steps.append(f"{change.standing.level}:{change.cause}")

    def told(self) -> dict[str, str]:
        """Where the member stands."""
        assert self.standing is not None
        terms: Terms = terms_at(self.versions, self.time_zone, self.now)
        progress = progress_of(self.standing, terms, local_date(self.now, self.time_zone))
        return {
            "level": self.standing.level,
            "earned": self.standing.earned,
            "counts": str(progress.counted),
            "falls": str(self.standing.falls_on or "-"),
            "due": self._local(self.standing.next_due_at),
            "since": self._local(self.standing.since),
            "steps": ",".join(self.steps) or "-",
            "next": progress.next_level or "-",
            "missing": str(progress.missing),
            "keep": "-" if progress.keep is None else str(progress.keep.missing),
            "by": "-" if progress.keep is None else str(progress.keep.by),
        }

    def _local(self, instant: datetime) -> str:
        return "never" if instant == NEVER else instant.astimezone(zone(self.time_zone)).strftime("%Y-%m-%dT%H:%M")
