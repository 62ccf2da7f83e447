"""How what came of an activity is told: in its receipt, which its request keeps, and in the audit log."""

from ledger.campaigns.offer import Skip
from ledger.campaigns.receipt import AwardLine, SkippedLine
from ledger.campaigns.rows import Award


def award_line(award: Award) -> AwardLine:
    """A line of the receipt."""
    return AwardLine(
        award_id=award.id,
        campaign_id=award.campaign_id,
        version_id=award.version_id,
        rule=award.rule,
        asset_id=award.asset_id,
        amount=award.amount,
        kind=award.kind,
        target=award.target,
        voucher_id=award.voucher_id,
    )


def skipped_line(skip: Skip) -> SkippedLine:
    """A line of the receipt; with the phase and the variant where a rule was looked at, for the campaign's figures."""
    return SkippedLine(
        campaign=skip.of.campaign.code,
        version_id=skip.of.version.id,
        rule=skip.rule,
        reason=skip.reason,
        phase=skip.phase,
        variant=skip.variant,
    )
