"""The report on vouchers: what became of those of each template."""

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.callers import BANK
from graphql_api.schema.connection import PAGE_MAX, Connection, connect, page_size, rows_for, text_after, text_cursor
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import object_type
from graphql_api.schema.query import query
from ledger.reports.voucher_totals import TemplateTotals, voucher_totals


@object_type
class VoucherTotals:
    """What became of a template's vouchers, as of now. A gift is the same voucher in other hands.

    template: the template's code
    category: the category under which they stack; null for none
    issued:   those that members were given, by issue, claim or campaign
    redeemed: those that were used at least once, by a redemption that was not wholly reversed, or as a multiplier card
    uses:     such redemptions, and awards that cards multiplied
    expired:  those of which something was left at the end of their validity, used before or not
    voided:   those that were voided
    good:     those of which something is left, and whose validity has not ended
    redemption_rate_basis_points: redeemed ÷ issued, rounded down
    """

    template: str
    category: str | None
    issued: int
    redeemed: int
    uses: int
    expired: int
    voided: int
    good: int
    redemption_rate_basis_points: int


def totals_of(totals: TemplateTotals) -> VoucherTotals:
    """The ledger's line as its GraphQL type."""
    counts = totals.counts
    return VoucherTotals(
        template=totals.code,
        category=totals.category or None,
        issued=counts.issued,
        redeemed=counts.redeemed,
        uses=counts.uses,
        expired=counts.expired,
        voided=counts.voided,
        good=counts.good,
        redemption_rate_basis_points=counts.redemption_rate,
    )


async def voucher_report(info: Info, first: int = 20, after: str | None = None) -> Connection[VoucherTotals]:
    """What became of the vouchers of each template, in the order of the codes. It counts every one of them: ask for few
    templates at a time where there are millions.

    first: how many templates, 1 to 100
    after: the cursor after which the page begins
    """
    context, size = info.context, page_size(first)
    lines = await context.read(voucher_totals, limit=rows_for(size), after=None if after is None else text_after(after))
    return connect(lines, size, node=totals_of, cursor=lambda line: text_cursor(line.code), is_first=after is None)


VOUCHER_REPORT = query(voucher_report, requires(Scope.VOUCHER_READ_ANY, cost=50, page_max=PAGE_MAX), callers=BANK)
