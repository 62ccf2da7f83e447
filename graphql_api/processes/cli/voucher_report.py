"""`scrip voucher report`: what became of the vouchers of each template, and the same tables after `scrip demo`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from graphql_api.processes.cli.opened import opened_programme
from graphql_api.processes.cli.options import AsJson, ProgrammeCode

if TYPE_CHECKING:
    from ledger.reports.voucher_totals import TemplateTotals, VoucherCounts


def report(
    programme: ProgrammeCode = None,
    as_json: AsJson = False,
) -> None:
    """Show how many vouchers of each template were issued, redeemed and expired, and the share that was redeemed.

    The sums are by the category under which vouchers stack. A voucher is redeemed once it was used.
    It expires where something was left of it at the end of its validity.

    Examples:
        scrip voucher report

        scrip voucher report --json | jq '.templates[] | select(.redemptionRateBasisPoints > 1000)'
    """
    import asyncio

    from graphql_api.processes.cli.output import print_json

    totals = asyncio.run(_read(programme))
    if as_json:
        print_json(plain_totals(totals))
    else:
        print_totals(totals)


async def _read(programme: str | None) -> "Sequence[TemplateTotals]":
    from ledger.reports.voucher_totals import voucher_totals

    async with opened_programme(programme) as (application, actor):
        return await voucher_totals(application.reader, actor.programme_id)


def plain_totals(totals: "Sequence[TemplateTotals]") -> dict[str, object]:
    """The report as JSON has it: the templates, and the sums by category."""
    from ledger.reports.voucher_totals import totals_by_category

    return {
        "templates": [
            {"template": each.code, "category": each.category, **_plain_counts(each.counts)} for each in totals
        ],
        "categories": {category: _plain_counts(counts) for category, counts in totals_by_category(totals).items()},
    }


def _plain_counts(counts: "VoucherCounts") -> dict[str, int]:
    return {**asdict(counts), "redemptionRateBasisPoints": counts.redemption_rate}


def print_totals(totals: "Sequence[TemplateTotals]") -> None:
    """The report as a table of the templates that issued something, with a line for each category below."""
    from graphql_api.processes.cli.output import print_line
    from graphql_api.processes.cli.plain_table import percent, print_plain_table
    from ledger.reports.voucher_totals import totals_by_category

    if not totals:
        print_line("There are no voucher templates.")
    sums = [("all", category, counts) for category, counts in totals_by_category(totals).items()]
    issued = [(each.code, each.category, each.counts) for each in totals if each.counts.issued]
    print_plain_table(
        "Vouchers",
        texts=("template", "category"),
        numbers=("issued", "redeemed", "uses", "expired", "voided", "good", "rate"),
        rows=[
            (code, category, *asdict(counts).values(), percent(counts.redemption_rate))
            for code, category, counts in (*issued, *sums)
        ],
    )
