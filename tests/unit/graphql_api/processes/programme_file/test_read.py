"""A programme file is read strictly: what is wrong is told with its place, before anything is applied."""

import re
from dataclasses import fields
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from graphql_api.global_ids import encode_id
from graphql_api.processes.programme_file.parts import ActivityTypePart
from graphql_api.processes.programme_file.read import BYTES_MAX, read_file, read_text
from graphql_api.processes.programme_file.strict import FileFault
from ledger.campaigns.campaign_body import (
    ActionKind,
    CampaignBody,
    Cap,
    Combination,
    Donation,
    Phase,
    PointsAward,
    ProgressCounter,
    Rule,
    Streak,
    Variant,
)
from ledger.campaigns.campaign_body import Period as CapPeriod
from ledger.programme.input_rules import AssetTerms
from ledger.tiers.ladder_body import LadderBody, Level
from ledger.vouchers.template_body import Funding, Kind, Limits, Percentage, Stacking, TemplateBody, Validity
from tests.databases import ROOT

FILE = """
[programme]
code = "shop"
name = "The Shop"
time_zone = "Asia/Shanghai"

[assets.POINTS]
expiry = "6 months to month"
transfer_day_max = 1_000

[activity_types.walked]
required = ["steps"]
amount_field = "steps"
properties = { steps = { type = "integer", minimum = 0 } }

[member_attributes.risk]
type = "INTEGER"

[member_attributes.vip]
type = "BOOLEAN"

[templates.tenth]
gives = { kind = "PERCENTAGE", basis_points = 1_000 }
validity = { expiry = "30 days" }
money_asset = "CNY"

[ladders.legs]
metric = { kind = "COUNT", activities = ["walked"] }
window = { kind = "ROLLING", days = 30 }
levels = [{ code = "slow", threshold = 0 }, { code = "fast", threshold = 10, multiplier = 150 }]

[campaigns.steps]
budgets = ["POINTS"]
granted = { POINTS = 500 }
caps = [{ counter = "POINTS", period = "DAY", limit = 10 }]

[[campaigns.steps.phases]]
code = "all"
from_on = 2024-01-01
until_on = 2024-12-31

[[campaigns.steps.phases.rules]]
code = "each"
activity = "walked"
when = "activity.steps > 99 && attribute.risk < 5"
action = { kind = "POINTS", asset = "POINTS", field = "steps", rate = 1, per = 100 }
"""
RULE = "campaigns.steps.phases.0.rules.0"
FAULTS = {
    ("[programme]", "[programme"): "no TOML: Expected ']' at the end of a table declaration (at line 2, column 11)",
    ("[campaigns.steps]", "[campaign.steps]"): (
        "campaign: is unknown; a programme file has programme, assets, activity_types, member_attributes, templates, ladders,"
        " campaigns"
    ),
    ('code = "shop"', ""): "programme.code: is missing",
    ("Asia/Shanghai", "Moon/Sea"): "programme.time_zone: is out of its range, or does not fit the rest",
    ("= 1_000\n\n", "= true\n\n"): "assets.POINTS.transfer_day_max: is a whole number",
    ("6 months to month", "6 moons"): "assets.POINTS.expiry: is out of its range, or does not fit the rest",
    ("[assets.POINTS]", '[assets.POINTS]\nkind = "gold"'): "assets.POINTS.kind: is points or money",
    ("[assets.POINTS]", '[assets."P S"]'): "assets.P S.code: is out of its range, or does not fit the rest",
    ("activity_types.walked", "activity_types.login"): "activity_types.login: is a type that every programme has",
    ('"integer", minimum', '"number", minimum'): (
        "activity_types.walked.properties.steps: is out of its range, or does not fit the rest"
    ),
    ("minimum = 0", "minimum = 18446744073709551616"): (
        "activity_types.walked.properties: is no JSON: a number is too large"
    ),
    ("rate = 1,", f"rate = {'9' * 5000},"): "a number has too many digits, or arrays are nested too deeply",
    ("levels = [", f"levels = {'[' * 2000}"): "a number has too many digits, or arrays are nested too deeply",
    ('"PERCENTAGE"', '"GIFT"'): (
        "templates.tenth.gives.kind: is one of BENEFIT, EXCHANGE, FIXED_DISCOUNT, MULTIPLIER, PERCENTAGE, SPEND_SAVE,"
        " STORED_VALUE"
    ),
    ("30 days", "soon"): "templates.tenth.validity.expiry: is out of its range, or does not fit the rest",
    ("ladders.legs", "ladders.my-legs"): "ladders.my-legs.code: is out of its range, or does not fit the rest",
    ("campaigns.steps]", f"campaigns.{'s' * 33}]"): f"campaigns.{'s' * 33}.code: is out of its range, or does not fit",
    ("threshold = 10", "threshold = 0"): "ladders.legs.levels.1.threshold: is out of its range",
    ('["walked"]', '["purchase", "run"]'): "ladders.legs.metric.activities.1: is out of its range, or does not fit",
    ('"COUNT", activities', '"SNAPSHOT", field = "pace", activities'): "ladders.legs.metric.field: is out of its range",
    ("POINTS = 500", "STARS = 500"): (
        "campaigns.steps.granted.STARS: is a whole number above 0, for one of the campaign's budgets"
    ),
    ("[campaigns.steps]", '[campaigns.steps]\nterms = "\\u0007"'): "campaigns.steps.terms: is out of its range",
    ('period = "DAY"', 'period = "HOUR"'): "campaigns.steps.caps.0.period: is one of DAY, WEEK, MONTH, ",
    ("2024-12-31", '"2024-12-31"'): "campaigns.steps.phases.0.until_on: is a date",
    ("2024-12-31", "2023-12-31"): ("campaigns.steps.phases.0.from_on: is out of its range, or does not fit the rest"),
    ("activity.steps >", "activity.step >"): (
        f"{RULE}.when: line 1, column 9: undeclared reference to 'activity.step'"
    ),
    ('type = "INTEGER"', 'type = "NUMBER"'): "member_attributes.risk.type: is one of TEXT, INTEGER, BOOLEAN",
    ('type = "INTEGER"', 'type = "TEXT"'): (
        f"{RULE}.when: line 1, column 39: found no matching overload for '_<_' applied to '(string, int)'"
    ),
    ("[member_attributes.risk]", '[member_attributes."low.risk"]'): (
        "member_attributes.low.risk.code: is out of its range, or does not fit the rest"
    ),
    ("attribute.risk", "attribute.rizk"): f"{RULE}.when: line 1, column 33: undeclared reference to 'attribute.rizk'",
    ('kind = "POINTS", asset', "asset"): f"{RULE}.action.kind: is one of ",
    ("rate = 1,", "rat = 1,"): (f"{RULE}.action.rat: is unknown here; known are "),
    ("rate = 1,", 'ladder = "arms",'): (f"{RULE}.action.ladder: is out of its range, or does not fit the rest"),
    ('activity = "walked"', 'activity = "ran"'): (f"{RULE}.activity: is out of its range, or does not fit the rest"),
}


def test_every_part_is_read_as_the_ledger_knows_it() -> None:
    """What the file leaves out has the ledger's own defaults."""
    file = read_text(FILE)

    campaign, phase = file.campaigns["steps"], file.campaigns["steps"].body.phases[0]
    assert (file.programme.code, file.assets["POINTS"].kind) == ("shop", "points")
    assert (file.assets["POINTS"].terms.transfer_day_max, file.assets["POINTS"].terms.priority) == (1_000, 0)
    assert [level.multiplier for level in file.ladders["legs"].levels] == [100, 150]
    assert file.templates["tenth"].body.gives == Percentage(basis_points=1_000)
    assert campaign.body.caps == (Cap(counter="POINTS", period=CapPeriod.DAY, limit=10),)
    assert (campaign.granted, campaign.terms, campaign.body.late_hours) == ({"POINTS": 500}, "", 72)
    assert (phase.from_on, phase.rules[0].when) == (date(2024, 1, 1), "activity.steps > 99 && attribute.risk < 5")
    assert phase.rules[0].action == PointsAward(asset="POINTS", field="steps", rate=1, per=100)


@pytest.mark.parametrize(("change", "message"), FAULTS.items(), ids=[message[:60] for message in FAULTS.values()])
def test_a_fault_names_its_place(change: tuple[str, str], message: str) -> None:
    """Every fault is one line that begins with where it stands, in the file's own words."""
    assert FILE.count(change[0]) >= 1

    with pytest.raises(FileFault) as raised:
        read_text(FILE.replace(change[0], change[1], 1))

    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path: Path) -> None:
    """Before anybody tries to understand it."""
    (tmp_path / "binary").write_bytes(b"\xff")
    (tmp_path / "large").write_bytes(b"#" * (BYTES_MAX + 1))

    for name, message in (("binary", "byte 1 is no UTF-8"), ("large", "a programme file has at most 2,000,000 bytes")):
        with pytest.raises(FileFault, match=message):
            read_file(tmp_path / name)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    """As editors on Windows put it there."""
    (tmp_path / "marked").write_text(FILE, encoding="utf-8-sig")

    assert read_file(tmp_path / "marked") == read_text(FILE)


def test_the_example_is_good() -> None:
    """The file that the docs name can be read."""
    assert read_file(ROOT / "examples" / "journey.toml").programme.code == "journey"


def test_the_other_example_has_every_term() -> None:
    """By its name at least, so that nobody has to look for it elsewhere."""
    text = (ROOT / "examples" / "bank.toml").read_text(encoding="utf-8")
    points = (AssetTerms, ActivityTypePart, LadderBody, Level)
    vouchers = (TemplateBody, Validity, Limits, Funding, Stacking)
    campaigns = (CampaignBody, Phase, Rule, Cap, Variant, ProgressCounter, Streak, Combination, PointsAward, Donation)
    names = {field.name for body in (*points, *vouchers, *campaigns) for field in fields(body)}

    assert sorted(name for name in {*names, *ActionKind, *Kind} if not re.search(rf"\b{name}\b", text)) == []


def test_a_shop_is_named_by_the_id_that_the_api_shows() -> None:
    """Or by the plain one; anything else is a fault at its place."""
    plain, named = UUID(int=7), '[templates.tenth]\nmerchants = ["{}"]'

    for text in (str(plain), encode_id("Merchant", plain)):
        file = read_text(FILE.replace("[templates.tenth]", named.format(text)))
        assert file.templates["tenth"].body.merchants == (plain,)
    with pytest.raises(FileFault, match=r"templates\.tenth\.merchants\.0: is no id of a merchant"):
        read_text(FILE.replace("[templates.tenth]", named.format(encode_id("Voucher", plain))))
