"""The options of `campaigns.txt`, as `campaign_script` tells them: what they make of campaigns, ladders and templates."""

from datetime import date
from typing import Any

from ledger.campaigns.campaign_body import (
    Action,
    CampaignBody,
    Cap,
    CapMode,
    Combination,
    Counting,
    Donation,
    Period,
    Phase,
    PointsAward,
    ProgressCounter,
    ProgressStep,
    Rule,
    Streak,
    Variant,
    VoucherAward,
)
from ledger.members.rows import (
    AttributeType,
)
from ledger.tiers.ladder_body import LadderBody, Level, Metric, MetricKind, Window, WindowKind
from ledger.vouchers.template_body import Exchange, Limits, Multiplier, Stock, TemplateBody, Validity
from tests.property.world import merchant_id


def read_rule(name: str, options: dict[str, str]) -> Rule:
    """A rule of that name."""
    variants = tuple(options["variants"].split(",")) if "variants" in options else ()
    return Rule(
        code=name,
        activity=options.get("on", "purchase"),
        action=_action(options),
        when=options.get("when", ""),
        variants=variants,
        streak=_streak(options["streak"]) if "streak" in options else None,
        combination=_combination(options["combined"]) if "combined" in options else None,
    )


def _action(options: dict[str, str]) -> Action:
    if "voucher" in options:
        return VoucherAward(template=options["voucher"])
    if "gift" in options:
        return Donation(asset="POINTS", merchant=merchant_id(options["gift"]), **_measure(options))
    if "count" in options:
        return ProgressStep(counter=options["count"], **(_measure(options) if "rate" in options else {"amount": 1}))
    return PointsAward(
        asset=options.get("asset", "POINTS"),
        multiplier=int(options.get("x", 100)),
        cards=tuple(options["cards"].split(",")) if "cards" in options else (),
        ladder=options.get("tier"),
        **_measure(options),
    )


def _measure(options: dict[str, str]) -> Any:
    rate, _, per = options.get("rate", "1/1").partition("/")
    amount = int(options["amount"]) if "amount" in options else None
    return {"amount": amount, "field": None if amount else "amount", "rate": int(rate), "per": int(per or 1)}


def _streak(text: str) -> Streak:
    counter, length, *least = text.split("/")
    return Streak(counter=counter, length=int(length), least=int(least[0]) if least else 1)


def _combination(text: str) -> Combination:
    counters, days = text.split("/")
    return Combination(counters=tuple(counters.split(",")), days=int(days))


def _counter(text: str) -> ProgressCounter:
    code, period = text.split("/")
    return ProgressCounter(code=code, period=Period(period))


def read_template(options: dict[str, str]) -> TemplateBody:
    """An exchange of one use, or a multiplier card."""
    return TemplateBody(
        gives=Multiplier(percent=int(options["gives"])) if "gives" in options else Exchange(item="coffee"),
        validity=Validity(expiry=options.get("expiry", "30 days")),
        uses=int(options.get("uses", 1)),
        stock=Stock.LIMITED if "stock" in options else Stock.UNLIMITED,
        issue_limits=Limits(total=int(options["limit"])) if "limit" in options else Limits(),
        use_limits=Limits(day=int(options["daily"])) if "daily" in options else Limits(),
        tiers=tuple(options["tiers"].split(",")) if "tiers" in options else (),
    )


def _cap(text: str) -> Cap:
    counter, period, limit, *mode = text.split("/")
    return Cap(counter=counter, period=Period(period), limit=int(limit), mode=CapMode(mode[0] if mode else "TRUNCATE"))


def read_phase(name: str, options: dict[str, str]) -> Phase:
    """A phase with one rule."""
    first, last = (
        date.fromisoformat(text) for text in (options.get("from", "2000-01-01"), options.get("until", "2100-01-01"))
    )
    return Phase(code=name, from_on=first, until_on=last, rules=(read_rule("rule", options),))


def read_value(type_: str, text: str) -> object:
    """What the bank says of a member, as a value of the type."""
    match AttributeType(type_):
        case AttributeType.INTEGER:
            return int(text)
        case AttributeType.BOOLEAN:
            return text == "true"
        case AttributeType.TEXT:
            return text


def read_ladder(metric: str, window: str, levels: str = "") -> LadderBody:
    """A ladder that counts the metric over the window."""
    above = [level.split(":") for level in levels.split(",") if level]
    kind, activity = metric.split("/")
    field_ = "amount" if kind == MetricKind.SNAPSHOT else None
    of, _, days = window.partition("/")
    return LadderBody(
        metric=Metric(kind=MetricKind(kind), activities=(activity,), field=field_),
        window=Window(kind=WindowKind(of), days=int(days) if days else None),
        levels=(
            Level(code="base", threshold=0),
            *(Level(code=code, threshold=int(at), multiplier=int(percent)) for code, at, percent in above),
        ),
        late_hours=744,
    )


def _asset_of(action: Action) -> str:
    return "POINTS" if isinstance(action, Counting) else action.asset


def read_body(options: dict[str, str]) -> tuple[CampaignBody, int]:
    """The body of a `campaign` line and what goes into its budget."""
    phase = read_phase("all", options)
    listed: Any = {name: tuple(options[name].split(",")) for name in ("channels", "branches") if name in options}
    arms = [arm.split(":") for arm in options.get("arms", "").split(",") if arm]
    body = CampaignBody(
        phases=(phase,),
        caps=tuple(_cap(text) for text in options.get("cap", "").split(",") if text),
        budgets=(_asset_of(phase.rules[0].action),) if "budget" in options else (),
        counters=tuple(_counter(text) for text in options.get("counters", "").split(",") if text),
        segment=options.get("segment", ""),
        member_list=options.get("list"),
        variants=tuple(Variant(code=code, weight=int(weight)) for code, weight in arms),
        priority=int(options.get("priority", 0)),
        group=options.get("group"),
        late_hours=int(options.get("late", 72)),
        **listed,
    )
    return body, int(options.get("budget", 0))
