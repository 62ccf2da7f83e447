"""What a template promises: every kind and requirement of semantics 5.1 as frozen values. Pure.

How they are validated stands in `template_rules.py`, how they are kept as text in `template_text.py`.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    """What a voucher gives."""

    FIXED_DISCOUNT = "FIXED_DISCOUNT"
    PERCENTAGE = "PERCENTAGE"
    SPEND_SAVE = "SPEND_SAVE"
    STORED_VALUE = "STORED_VALUE"
    EXCHANGE = "EXCHANGE"
    BENEFIT = "BENEFIT"
    MULTIPLIER = "MULTIPLIER"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedDiscount:
    """So many minor units off the basket, at most the basket."""

    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentage:
    """So many basis points (1/10,000) of the basket off, rounded down, at most `cap_minor`."""

    basis_points: int
    cap_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendSave:
    """Spend `threshold_minor` or more, save `amount_minor`."""

    threshold_minor: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredValue:
    """Money to spend in parts; the voucher's units are its minor units."""

    value_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Goods or a service, by the merchant's own name of the item."""

    item: str


class BenefitKind(StrEnum):
    """What a benefit changes at the bank."""

    RATE = "RATE"
    FEE = "FEE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """A better rate (so many basis points more) or a lower fee (so many basis points of it less) of a bank's product."""

    changes: BenefitKind
    product: str
    basis_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplier:
    """Points are earned at `percent` percent, 101 to 10,000."""

    percent: int


Gives = FixedDiscount | Percentage | SpendSave | StoredValue | Exchange | Benefit | Multiplier

KINDS: dict[Kind, type[Gives]] = {
    Kind.FIXED_DISCOUNT: FixedDiscount,
    Kind.PERCENTAGE: Percentage,
    Kind.SPEND_SAVE: SpendSave,
    Kind.STORED_VALUE: StoredValue,
    Kind.EXCHANGE: Exchange,
    Kind.BENEFIT: Benefit,
    Kind.MULTIPLIER: Multiplier,
}
_KIND_OF = {gives: kind for kind, gives in KINDS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """From when to when a voucher is good.

    expiry:    a policy's text (`programme/expiry.py`), counted from the local day on which the voucher's validity begins:
               `30 days`, `6 months to month`, `on 2027-12-31` …
    starts_on: good from the first instant of this local day, where that is later than the issue
    """

    expiry: str
    starts_on: date | None = None


class Stock(StrEnum):
    """Where vouchers come from: made as needed, from a stock that is topped up, or from imported codes."""

    UNLIMITED = "UNLIMITED"
    LIMITED = "LIMITED"
    IMPORTED = "IMPORTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most per member in total and per local day, week (from Monday) and month; None = no limit."""

    total: int | None = None
    day: int | None = None
    week: int | None = None
    month: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a claim costs the member."""

    asset: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """Who pays for the discount, in basis points that sum to 10,000 (semantics 8.1)."""

    bank: int = 10_000
    partner: int = 0
    merchant: int = 0


class StackMode(StrEnum):
    """What a voucher may be combined with on one basket."""

    EXCLUSIVE = "EXCLUSIVE"
    PER_CATEGORY = "PER_CATEGORY"
    ALL = "ALL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stacking:
    """How a voucher stacks (semantics 5.8). Those of two moneys never lie on one basket, which is paid in one.

    mode:       alone; with one voucher of each other category; with every other that stacks
    category:   its category
    order:      lower is applied first
    basket_max: at most so many of this template on one basket; None = no limit
    """

    mode: StackMode = StackMode.EXCLUSIVE
    category: str = ""
    order: int = 0
    basket_max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateBody:
    """One version of a template. An empty list of merchants, partners or scenes accepts all; of tiers or segments,
    everybody.

    uses:                how often one voucher can be used; 1 for stored value, whose units are money
    money_asset:         the money in which its minor units are counted; None where it has none
    issue_limits:        how many a member may receive, by issue or claim
    use_limits:          how many uses a member may make of all its vouchers of this template
    minimum_spend_minor: the least basket
    price:               what a claim costs; None = nothing
    is_claimable:        whether members may claim it themselves
    is_giftable:         whether a member may give it to another
    needs_dynamic_code:  whether a till must present the 30-second suffix
    """

    gives: Gives
    validity: Validity
    uses: int = 1
    money_asset: str | None = None
    stock: Stock = Stock.UNLIMITED
    issue_limits: Limits = field(default_factory=Limits)
    use_limits: Limits = field(default_factory=Limits)
    merchants: tuple[UUID, ...] = ()
    partners: tuple[UUID, ...] = ()
    scenes: tuple[str, ...] = ()
    minimum_spend_minor: int | None = None
    tiers: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    price: Price | None = None
    is_claimable: bool = False
    is_giftable: bool = False
    needs_dynamic_code: bool = False
    funding: Funding = field(default_factory=Funding)
    stacking: Stacking = field(default_factory=Stacking)

    @property
    def kind(self) -> Kind:
        """The kind of what it gives."""
        return _KIND_OF[type(self.gives)]

    @property
    def units(self) -> int:
        """The units of one voucher: its value in minor units, or its uses."""
        return self.gives.value_minor if isinstance(self.gives, StoredValue) else self.uses
