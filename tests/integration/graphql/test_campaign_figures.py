"""A campaign's figures as operators ask for them."""

from dataclasses import replace

from graphql_api.permissions import Role, Scope
from tests.bank import Bank
from tests.campaign_desk import CampaignDesk
from tests.integration.graphql.desk import Desk

FIGURES = """
query F($by: FigureSide!, $from: Date, $until: Date, $first: Int!, $after: String) {
  campaignFigures(code: "base", by: $by, fromOn: $from, untilOn: $until, first: $first, after: $after) {
    nodes {
      key reached participants participationRateBasisPoints converted conversionRateBasisPoints activities awarded valueMinor
      assets { asset awards issued returned redeemed redemptionRateBasisPoints cost returnPerHundred }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""


async def test_operators_read_figures_by_page(desk: Desk, bank: Bank) -> None:
    """The total, then channels one by one; a malformed cursor and days the wrong way round are refused."""
    campaigns = CampaignDesk(bank=bank)
    await campaigns.run("base", budget=1000)
    for number, (amount, channel) in enumerate([(300, "app"), (5, "app"), (40, "till")]):
        member = await bank.enrol(f"m-{number}")
        sale = replace(campaigns.reporting(member, amount=amount), channel=channel)
        (await campaigns.report(sale)).unwrap()
    olga = desk.caller(Role.OPERATOR, "olga")

    total = (await desk.ask(olga, FIGURES, by="TOTAL", first=1))["campaignFigures"]
    first = (await desk.ask(olga, FIGURES, by="CHANNEL", first=1))["campaignFigures"]
    cursor = first["pageInfo"]["endCursor"]
    second = (await desk.ask(olga, FIGURES, by="CHANNEL", first=1, after=cursor))["campaignFigures"]
    nothing = await desk.ask(olga, FIGURES, by="TOTAL", first=1, until="2000-01-01")
    wrong_cursor = await desk.refusal(olga, FIGURES, by="CHANNEL", first=1, after="bGluZTox")
    wrong_days = await desk.refusal(olga, FIGURES, by="DAY", first=1, **{"from": "2026-01-02", "until": "2026-01-01"})

    points = {"asset": "POINTS", "awards": 2, "issued": "34", "returned": "0", "redeemed": "0"}
    rest = {"redemptionRateBasisPoints": 0, "cost": "34", "returnPerHundred": "1000"}
    assert total["nodes"] == [
        {
            "key": None,
            "reached": 3,
            "participants": 2,
            "participationRateBasisPoints": 6666,
            "converted": 0,
            "conversionRateBasisPoints": 0,
            "activities": 3,
            "awarded": 2,
            "valueMinor": "340",
            "assets": [{**points, **rest}],
        }
    ]
    assert [(line["key"], line["reached"]) for page in (first, second) for line in page["nodes"]] == [
        ("app", 2),
        ("till", 1),
    ]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    assert nothing["campaignFigures"]["nodes"] == []
    assert (wrong_cursor, wrong_days) == ("INVALID_INPUT", "INVALID_INPUT")


async def test_figures_need_their_scope(desk: Desk) -> None:
    """Who may only read campaigns for members gets none."""
    reader = desk.caller(Role.SERVICE, "core", Scope.CAMPAIGN_READ)

    assert await desk.refusal(reader, FIGURES, by="TOTAL", first=1) == "FORBIDDEN"
