"""Random campaigns as the model knows them, and the same as the product's."""

from dataclasses import replace

from hypothesis import strategies as st

from ledger.campaigns.campaign_body import (
    AWARDS,
    Action,
    CampaignBody,
    Cap,
    CapMode,
    Donation,
    Period,
    Phase,
    PointsAward,
    ProgressCounter,
    ProgressStep,
    Rule,
    Streak,
    VoucherAward,
)
from tests.property.campaign_model import CONDITIONS, SEGMENTS, ModelCampaign, ModelCap, ModelRule
from tests.property.world import START, merchant_id

RULES = st.builds(
    ModelRule,
    when=st.sampled_from(sorted(CONDITIONS)),
    rate=st.integers(1, 3),
    per=st.integers(1, 20),
    percent=st.sampled_from([50, 100, 175]),
    gives=st.sampled_from(["voucher", "gift", "points"]),
    progress=st.sampled_from([0, 0, 2]),
    streak=st.sampled_from([0, 0, 2]),
)
CAPS = st.builds(
    ModelCap,
    of_awards=st.booleans(),
    period=st.sampled_from(list(Period)),
    limit=st.integers(1, 60),
    refuses=st.booleans(),
)
CAMPAIGNS = st.lists(
    st.builds(
        ModelCampaign,
        code=st.sampled_from("abcd"),
        rules=st.lists(RULES, min_size=1, max_size=3).map(
            lambda rules: (*rules[1:], replace(rules[0], gives="points"))
        ),
        caps=st.lists(CAPS, max_size=3, unique=True).map(tuple),
        budget=st.integers(1, 150) | st.integers(150, 400) | st.none(),
        group=st.sampled_from([None, "g"]),
        priority=st.integers(0, 1),
        counts=st.sampled_from(sorted(CONDITIONS)),
        segment=st.sampled_from(sorted(SEGMENTS)),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda campaign: campaign.code,
)


def action_of(campaign: ModelCampaign, rule: ModelRule) -> Action:
    """What the model's rule gives as the product's action; the gift's multiplier is in its rate."""
    if rule.gives == "voucher":
        return VoucherAward(template="latte")
    if rule.gives == "gift" and campaign.budget is not None:
        rate, per = rule.rate * rule.percent, rule.per * 100
        return Donation(asset="POINTS", merchant=merchant_id("shop"), field="amount", rate=rate, per=per)
    return PointsAward(asset="POINTS", field="amount", rate=rule.rate, per=rule.per, multiplier=rule.percent)


def rule_of(campaign: ModelCampaign, number: int, rule: ModelRule) -> Rule:
    """The model's rule as the product's."""
    conditions = [f"({rule.when})"] if rule.when else []
    conditions += [f"progress.n >= {rule.progress}"] if rule.progress else []
    return Rule(
        code=f"r{number}",
        activity="purchase",
        when=" && ".join(conditions),
        action=action_of(campaign, rule),
        streak=Streak(counter="n", length=rule.streak) if rule.streak else None,
    )


def body_of(campaign: ModelCampaign) -> CampaignBody:
    """The model's campaign as the product's."""
    step = Rule(code="step", activity="purchase", when=campaign.counts, action=ProgressStep(counter="n", amount=1))
    rules = (step, *(rule_of(campaign, number, rule) for number, rule in enumerate(campaign.rules)))
    caps = tuple(
        Cap(
            counter=AWARDS if cap.of_awards else "POINTS",
            period=Period(cap.period),
            limit=cap.limit,
            mode=CapMode.REFUSE if cap.refuses else CapMode.TRUNCATE,
        )
        for cap in campaign.caps
    )
    far = START.date()
    phase = Phase(code="all", from_on=far.replace(year=2000), until_on=far.replace(year=2100), rules=rules)
    return CampaignBody(
        phases=(phase,),
        caps=caps,
        counters=(ProgressCounter(code="n", period=Period.DAY),),
        budgets=() if campaign.budget is None else ("POINTS",),
        group=campaign.group,
        priority=campaign.priority,
        segment=campaign.segment,
    )
