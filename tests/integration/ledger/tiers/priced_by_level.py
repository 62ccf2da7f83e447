"""A rule of a campaign that the level on the ladder multiplies."""

from ledger.campaigns.campaign_body import PointsAward, Rule

POINTS = PointsAward(asset="POINTS", field="amount", rate=1, per=10, ladder="spend")
TENTH = Rule(code="tenth", activity="purchase", action=POINTS)
