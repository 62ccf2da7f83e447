"""How what came of an activity is told: in its receipt, which its request keeps, and in the audit log."""

from collections.abc import Iterable

from ledger.campaigns.receipt import AwardLine, Unawarded
from ledger.campaigns.rows import Award
from ledger.campaigns.skip import Heading, Skip


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


def unawarded(skips: Iterable[Skip]) -> tuple[Unawarded, ...]:
    """The skips by what is said of them alike, in the order in which that came first."""
    looks: dict[Heading, list[str]] = {}
    for _, _, heading, look in skips:
        under = looks.get(heading)
        if under is None:
            under = looks[heading] = []
        under.append(look)
    return tuple(
        [
            Unawarded(reason=reason, phase=phase, variant=variant, looks=tuple(under))
            for (reason, phase, variant), under in looks.items()
        ]
    )
