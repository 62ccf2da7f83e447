"""The little language of `points.txt`: a case is a title and lines; a line is a command and what it comes to.

    terms expiry="6 months" shortfall=NEGATIVE      terms of POINTS (any column of `assets`); `terms STARS …` adds an asset
    zone Europe/Berlin · at 2024-01-31T10:00+01:00  the programme's zone; the instant of what follows
    rate 1 100                                      so many points are worth so many minor units from now on
    ann earns 100 good=2024-02-01 as e1 -> ok posted=100 lots=100
    bank captures h1 30 -> HOLD_LAPSED              a refusal: its code, facts after it

After `->` stand the receipt's fields (`lots` as amounts in order, `left` = remaining_due_minor, `next` = next_expiry_at)
or the refusal's facts. `ann has …` reads the wallet as a write would find it, and writes nothing.
"""

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from ledger.book.account import Role, account_id
from ledger.book.lot import spend_order
from ledger.book.units import ProgrammeId
from ledger.control.decide_request import RejectRequest, WithdrawRequest
from ledger.engine import tables
from ledger.engine.command import Actor, Command
from ledger.engine.outcome import Outcome
from ledger.members.freeze import FreezeMember, UnfreezeMember
from ledger.partners.rows import MERCHANTS
from ledger.points.adjust import AdjustPoints
from ledger.points.capture import CaptureHold, ReleaseHold
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.pending import CancelPending, ConfirmPending
from ledger.points.receipt import Receipt
from ledger.points.refund import RefundEarn
from ledger.points.reverse import ReverseEntry
from ledger.points.rows import PAYMENT_CODES, PaymentCode
from ledger.points.spend import SpendPoints
from ledger.points.sweeps import PostDue
from ledger.points.transfer import TransferPoints
from ledger.programme.rows import ADJUSTMENT_LIMITS, ASSETS, PROGRAMMES, RATES, Rate, asset_id
from ledger.vouchers.close import CloseMember
from tests.property.invariants import verify
from tests.property.memory_book import MemoryBook
from tests.property.world import MONEY, PROGRAMME, member_id, merchant_id, named, terms, world

AnyCommand = Command[Any]
MEMBER_VERBS: dict[str, tuple[type[AnyCommand], tuple[str, ...]]] = {
    "earns": (EarnPoints, ("amount",)),
    "spends": (SpendPoints, ("amount",)),
    "holds": (HoldPoints, ("amount",)),
    "transfers": (TransferPoints, ("amount", "to_member_id")),
    "is-adjusted": (AdjustPoints, ("amount",)),
    "is-frozen": (FreezeMember, ()),
    "is-unfrozen": (UnfreezeMember, ()),
    "is-closed": (CloseMember, ()),
}
ACTOR_VERBS: dict[str, tuple[type[AnyCommand], tuple[str, ...]]] = {
    "captures": (CaptureHold, ("hold_id", "amount")),
    "releases": (ReleaseHold, ("hold_id",)),
    "reverses": (ReverseEntry, ("entry_id", "amount")),
    "refunds": (RefundEarn, ("entry_id", "sale_minor")),
    "confirms": (ConfirmPending, ("entry_id",)),
    "cancels": (CancelPending, ("entry_id",)),
    "charges": (SpendPoints, ("code_id", "amount")),
    "rejects": (RejectRequest, ("approval_id",)),
    "withdraws": (WithdrawRequest, ("approval_id",)),
}
OPTIONS = {
    "good": "expires_on",
    "at": "effective_at",
    "until": "pending_until",
    "shop": "merchant_id",
    "due": "due_minor",
    "max": "points_max",
    "sale": "sale_minor",
    "for": "ttl_seconds",
    "ref": "reference",
    "reason": "reason_code",
}
SHORT = {"left": "remaining_due_minor", "next": "next_expiry_at", "money": "money_minor"}


@dataclass(frozen=True)
class Case:
    """A title and its lines, with the number of the first one."""

    title: str
    number: int
    lines: tuple[str, ...]


def cases(path: Path) -> Iterator[Case]:
    """The cases of a file; `#` begins a comment, an unindented line a case."""
    title, number, lines = "", 0, list[str]()
    for count, text in enumerate(path.read_text().splitlines(), 1):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        if text.startswith(" "):
            lines.append(text.strip())
            continue
        if lines:
            yield Case(title, number, tuple(lines))
        title, number, lines = text.strip(), count, []
    yield Case(title, number, tuple(lines))


@dataclass
class Script:
    """Runs the lines of one case on a book in memory."""

    book: MemoryBook = field(default_factory=world)
    names: dict[str, UUID] = field(default_factory=dict)
    keys: int = 0

    def run(self, case: Case) -> None:
        """Every line; AssertionError names the one that came out otherwise."""
        for line in case.lines:
            command, _, expected = line.partition("->")
            words = shlex.split(command)
            if words[0] in {"terms", "zone", "at", "code", "merchant", "limit", "open-from", "rate"}:
                getattr(self, f"set_{words[0].replace('-', '_')}")(*words[1:])
                continue
            told = self.read(words[0], *words[2:]) if words[1] == "has" else self.execute(words)
            wanted = shlex.split(expected)
            seen = {name: told.get(name, "nothing") for name in (w.partition("=")[0] for w in wanted[1:])}
            got = [str(told["code"]), *(f"{name}={value}" for name, value in seen.items())]
            assert got == wanted, f"{case.title}: {line}\n   got {' '.join(got)}"
            verify(self.book)

    # -- setting the scene -------------------------------------------------------------------------------------------

    def set_terms(self, *words: str) -> None:
        """Changes POINTS, or adds an asset."""
        code = "POINTS" if "=" in words[0] else words[0]
        found = [asset for asset in self.book.rows(ASSETS.table) if asset.code == code]
        asset = (found or [terms(code)])[0]
        changes = dict(word.split("=", 1) for word in words if "=" in word)
        types = {"transfers_allowed": lambda text: text == "True", "expiry": str, "shortfall": str}
        asset = asset._replace(**{name: types.get(name, int)(text) for name, text in changes.items()})  # type: ignore[operator]
        if found:
            self.book.change(ASSETS, asset)
        else:
            self.book.add(ASSETS, asset)

    def set_zone(self, name: str) -> None:
        """The programme's zone."""
        self.book.change(PROGRAMMES, self.book.rows(PROGRAMMES.table)[0]._replace(time_zone=name))

    def set_open_from(self, text: str) -> None:
        """What lies before is closed."""
        programme = self.book.rows(PROGRAMMES.table)[0]
        self.book.change(PROGRAMMES, programme._replace(open_from=datetime.fromisoformat(text)))

    def set_at(self, text: str) -> None:
        """The instant of what follows."""
        self.book.store.now = datetime.fromisoformat(text)

    def set_code(self, name: str, whose: str, until: str, limit: str | None = None) -> None:
        """A payment code that the member's app shows."""
        code = PaymentCode(
            self.id_of(name),
            member_id(whose),
            asset_id(PROGRAMME, "POINTS"),
            None if limit is None else int(limit),
            datetime.fromisoformat(until),
            None,
        )
        self.book.add(PAYMENT_CODES, code)

    def set_merchant(self, name: str, state: str) -> None:
        """Opens or closes a merchant."""
        shop = self.book.rows(MERCHANTS.table, "id", merchant_id(name))[0]
        self.book.change(MERCHANTS, shop._replace(state=state))

    def set_limit(self, amount: str) -> None:
        """What the bank's service may adjust alone."""
        for limit in self.book.rows(ADJUSTMENT_LIMITS.table):
            self.book.change(ADJUSTMENT_LIMITS, limit._replace(amount=int(amount)))

    def set_rate(self, points: str, minor: str) -> None:
        """So many POINTS are worth so many minor units from now on."""
        now, asset = self.book.store.now, asset_id(PROGRAMME, "POINTS")
        self.book.add(RATES, Rate(named("rate", now.isoformat()), asset, MONEY, int(points), int(minor), now))

    # -- commands ----------------------------------------------------------------------------------------------------

    def id_of(self, name: str) -> UUID:
        """What an earlier line made `as` that name; an unknown id otherwise."""
        return self.names.get(name) or named("unknown", name)

    def execute(self, words: list[str]) -> dict[str, object]:
        """Runs one command; what it came to, by name."""
        name = words.pop() if words[-2:-1] == ["as"] else None
        words = words[:-1] if name else words
        outcome = self.book.execute(self.command(words))
        if outcome.refusal is not None:
            return {"code": outcome.refusal.code, **{k: _text(v) for k, v in outcome.refusal.facts.items()}}
        if name is not None:
            reply = outcome.unwrap()
            self.names[name] = getattr(reply, "hold_id", None) or reply.entry_id or reply.approval_id
            self.names[f"{name}.entry"] = reply.entry_id
        return _told(outcome)

    def command(self, words: list[str]) -> AnyCommand:
        """The command that the words say."""
        who, verb, *rest = words
        kind, positions = (MEMBER_VERBS | ACTOR_VERBS)[verb]
        known = {each.name: each for each in fields(kind)}
        given = dict(zip(positions, [word for word in rest if "=" not in word and word != "to"], strict=False))
        given |= {OPTIONS.get(n, n): v for n, _, v in (word.partition("=") for word in rest if "=" in word)}
        by = given.pop("by", "service:bank")
        actor_kind, _, actor_id = (by if ":" in by else f"member:{member_id(by)}").partition(":")
        if verb in ACTOR_VERBS and who != "bank":
            actor_kind, actor_id = "merchant", str(merchant_id(who))
        self.keys += 1
        actor = Actor(kind=actor_kind, id=actor_id, programme_id=ProgrammeId(PROGRAMME))
        values: dict[str, Any] = {"actor": actor, "key": given.pop("key", f"key {self.keys}")}
        if kind is AdjustPoints:
            given.setdefault("reason_code", "TEST")
        if verb in MEMBER_VERBS:
            values["member_id"] = _holder_id(who)
        values |= {key: self._value(key, text, str(known[key].type)) for key, text in given.items()}
        return kind(**values)

    def _value(self, name: str, text: str, kind: str) -> object:
        if name == "merchant_id":
            return merchant_id(text)
        if name == "to_member_id":
            return _holder_id(text)
        if name.endswith("_id"):
            return self.id_of(text)
        readers: dict[str, Callable[[str], object]] = {
            "bool": lambda word: word == "yes",
            "int": int,
            "datetime": datetime.fromisoformat,
            "date": date.fromisoformat,
        }
        found = [read for key, read in readers.items() if key in kind.replace("<class '", "").split()[0].split(".")[-1]]
        return found[0](text) if found else text

    def read(self, who: str, asset: str = "POINTS") -> dict[str, object]:
        """The wallet as a write would find it; nothing is written."""
        twin, points = self.book.copy(), asset_id(PROGRAMME, asset)
        bank = Actor(kind="service", id="bank", programme_id=PROGRAMME)
        twin.execute(PostDue(actor=bank, key=None, member_id=member_id(who), asset_id=points))
        ids = {role: account_id(member_id(who), points, role) for role in (Role.WALLET, Role.PENDING, Role.OWED)}
        found = {role: twin.rows(tables.ACCOUNTS, "id", id_) for role, id_ in ids.items()}
        posted = {role: rows[0].posted if rows else 0 for role, rows in found.items()}
        held = found[Role.WALLET][0].held if found[Role.WALLET] else 0
        lots = twin.rows(tables.LOTS, "account_id", ids[Role.WALLET])
        return {
            "code": "ok",
            "posted": posted[Role.WALLET],
            "held": held,
            "pending": posted[Role.PENDING],
            "owed": -posted[Role.OWED],
            "lots": ",".join(str(lot.remaining) for lot in sorted(lots, key=spend_order) if lot.remaining),
            "die": ",".join(str(_text(lot.expires_at)) for lot in sorted(lots, key=spend_order) if lot.remaining),
        }


def _holder_id(name: str) -> UUID:
    """A member; `shop-itself` is a merchant where a member should be."""
    return merchant_id(name.removesuffix("-itself")) if name.endswith("-itself") else member_id(name)


def _told(outcome: Outcome[Any]) -> dict[str, object]:
    reply = outcome.unwrap()
    told: dict[str, object] = {"code": "ok", "replayed": outcome.replayed}
    for each in fields(reply):
        told[each.name] = _text(getattr(reply, each.name))
    if isinstance(reply, Receipt):
        told["lots"] = ",".join(str(use.amount) for use in reply.lots)
    return told | {short: told[name] for short, name in SHORT.items() if name in told}


def _text(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z").replace(":00Z", "Z")
        case tuple():
            return ",".join(map(str, value))
        case _:
            return value
