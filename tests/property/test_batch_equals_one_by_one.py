"""Batch ≡ one by one: what is decided together comes out as if each unit had had a batch of its own."""

import re
from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from ledger.engine import tables
from ledger.engine.outcome import Outcome
from ledger.engine.unit import Unit
from ledger.points.adjust import AdjustPoints
from ledger.points.capture import CaptureHold, ReleaseHold
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.pending import CancelPending, ConfirmPending
from ledger.points.refund import RefundEarn
from ledger.points.reverse import ReverseEntry
from ledger.points.spend import SpendPoints
from ledger.points.transfer import TransferPoints
from tests.property.memory_book import AnyCommand, MemoryBook
from tests.property.world import BANK, MEMBERS, SHOPS, START, member_id, merchant_id, named, terms, world

UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
ASSETS = (
    terms("POINTS", expiry="30 days", shortfall="NEGATIVE"),
    terms("STARS", expiry="inactive 30 days", transfer_day_max=200, reversal_grace_days=3),
)
CODES = tuple(asset.code for asset in ASSETS)
ABOUT = {
    "capture": "hold",
    "release": "hold",
    "reverse": "spend",
    "refund": "earn",
    "confirm": "earn",
    "cancel": "earn",
}
"""The kind of the entry that a command is mostly about."""


class Sketch(NamedTuple):
    """A command before it is known which entry it is about."""

    verb: str
    key: int
    reference: int
    member: str
    other: str
    asset: str
    amount: int
    target: int


SKETCHES = st.builds(
    Sketch,
    verb=st.sampled_from(
        [
            "earn",
            "earn",
            "pending",
            "spend",
            "spend",
            "pay",
            "hold",
            "capture",
            "release",
            "reverse",
            "refund",
            "transfer",
            "adjust",
            "confirm",
            "cancel",
        ]
    ),
    key=st.integers(1, 60),
    reference=st.integers(0, 12),
    member=st.sampled_from((*MEMBERS, "nobody")),
    other=st.sampled_from((*MEMBERS, "nobody")),
    asset=st.sampled_from(CODES),
    amount=st.integers(0, 120),
    target=st.integers(0, 30),
)
LISTS = st.tuples(st.sampled_from(("independent", "atomic")), st.lists(SKETCHES, min_size=1, max_size=5))


def command_of(sketch: Sketch, targets: Sequence[Any], salt: str) -> AnyCommand:
    """The command; those about an earlier entry choose among `targets`."""
    fitting = [each for each in targets if each.kind == ABOUT.get(sketch.verb) and sketch.target % 7]
    among = fitting or targets
    entry = among[sketch.target % len(among)].id if among else named("entry", "none")
    common: dict[str, Any] = {
        "actor": BANK,
        "key": f"{salt}{sketch.key}",
        "reference": f"{salt}r{sketch.reference}" if sketch.reference > 6 else None,
    }
    whose: dict[str, Any] = {"member_id": member_id(sketch.member), "asset": sketch.asset}
    amount = sketch.amount
    match sketch.verb:
        case "earn":
            return EarnPoints(**common, **whose, amount=amount, sale_minor=700)
        case "pending":
            until = START.date() + timedelta(days=5) if amount % 2 else None
            return EarnPoints(**common, **whose, amount=amount, pending=True, pending_until=until, sale_minor=500)
        case "spend":
            return SpendPoints(**common, **whose, amount=amount)
        case "pay":
            return SpendPoints(**common, **whose, due_minor=amount, merchant_id=merchant_id(SHOPS[amount % 2]))
        case "hold":
            return HoldPoints(**common, **whose, amount=amount, ttl_seconds=86_400 * (1 + amount % 20))
        case "transfer":
            return TransferPoints(**common, **whose, to_member_id=member_id(sketch.other), amount=amount)
        case "adjust":
            return AdjustPoints(**common, **whose, amount=amount - 60, reason_code="x")
        case "capture":
            return CaptureHold(**common, hold_id=entry, amount=amount % 40 or None)
        case "release":
            return ReleaseHold(**common, hold_id=entry)
        case "reverse":
            return ReverseEntry(**common, entry_id=entry, amount=amount % 12 or None)
        case "refund":
            return RefundEarn(**common, entry_id=entry, sale_minor=amount)
        case "confirm":
            return ConfirmPending(**common, entry_id=entry)
        case _:
            return CancelPending(**common, entry_id=entry)


def opened() -> MemoryBook:
    """A world in which everybody has points, some of them held, spent or pending."""
    book = world(ASSETS)
    verbs = {"earn": 100, "hold": 35, "spend": 10, "pending": 30, "adjust": 90}
    for number, (verb, member, asset) in enumerate(product(verbs, MEMBERS, CODES)):
        sketch = Sketch(verb, number, 0, member, member, asset, verbs[verb], 0)
        book.execute(command_of(sketch, (), "opened/")).unwrap()
    return book


OPENED = opened()


def outcomes_text(outcomes: Sequence[Outcome[Any]]) -> list[str]:
    """What callers were told."""
    return [
        repr(o.reply) if o.refusal is None else f"{o.refusal.code} {sorted(o.refusal.facts.items())}" for o in outcomes
    ]


def told(book: MemoryBook, outcomes: Sequence[Sequence[Outcome[Any]]]) -> list[str]:
    """Everything in the book and every outcome, with ids numbered in the order in which they appear."""
    lines = [text for unit in outcomes for text in outcomes_text(unit)]
    lines += [f"{o.replayed}" for unit in outcomes for o in unit]
    for table in (tables.ENTRIES, tables.POSTINGS, tables.DRAWS, tables.STATEMENT_LINES, tables.LOTS, tables.HOLDS):
        lines += [repr(tuple(row)) for row in book.rows(table)]
    lines += sorted(repr(tuple(row)) for row in book.rows(tables.ACCOUNTS))
    lines += [repr(tuple(row)) for row in book.rows(tables.REQUESTS)]
    numbers: dict[str, str] = {}
    return [UUID_TEXT.sub(lambda m: numbers.setdefault(m[0], f"#{len(numbers)}"), line) for line in lines]


@given(
    before=st.lists(SKETCHES, max_size=12),
    days=st.sampled_from((0, 1, 5, 6, 29, 31, 45)),
    together=st.lists(LISTS, min_size=2, max_size=8),
)
def test_a_batch_is_as_good_as_one_by_one(
    before: list[Sketch], days: int, together: list[tuple[str, list[Sketch]]]
) -> None:
    """Same outcomes, balances, versions, lots, draws, requests, however the units are divided into batches."""
    book = OPENED.copy()
    for number, sketch in enumerate(before):
        book.execute(command_of(sketch, book.rows(tables.ENTRIES), f"{number}/"))
    book.store.now += timedelta(days=days)
    targets = book.rows(tables.ENTRIES)
    other = book.copy()
    same = book.copy()

    def units(of: MemoryBook) -> list[Unit]:
        made: list[Unit] = []
        for form, sketches in together:
            commands = [command_of(sketch, targets, "") for sketch in sketches]
            if form == "atomic":
                made.append(of.unit(commands, f"group {sketches[0].key}"))
            else:
                made += [of.unit([command]) for command in commands]
        return made

    at_once = same.run(units(same))
    apart = [other.run([unit])[0] for unit in units(other)]

    assert told(same, at_once) == told(other, apart)
