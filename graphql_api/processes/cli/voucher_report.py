"""`scrip voucher report`: what became of the vouchers of each template, and the same tables after `scrip demo`."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ledger.reports.voucher_totals import TemplateTotals, VoucherCounts


def report(
    programme: Annotated[str | None, typer.Option(help="The programme's code; needed where there are several.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show how many vouchers of each template were issued, redeemed and expired, and the share that was redeemed.

    The sums are by the category under which vouchers stack. A voucher is redeemed once it was used.
    It expires where something was left of it at the end of its validity.

    Examples:
        scrip voucher report

        scrip voucher report --json | jq '.templates[] | select(.redemptionRateBasisPoints > 1000)'
    """
    import asyncio

    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.output import print_json
    from graphql_api.processes.importing.cells import UnusableFile

    try:
        totals = asyncio.run(_read(programme))
    except UnusableFile as unknown:
        raise CommandError(str(unknown)) from None
    if as_json:
        print_json(plain_totals(totals))
    else:
        print_totals(totals)


async def _read(programme: str | None) -> "Sequence[TemplateTotals]":
    from graphql_api.bootstrap import open_application
    from graphql_api.processes.database import usable_database
    from graphql_api.processes.importing.names import find_programme
    from graphql_api.settings import read_settings
    from ledger.reports.voucher_totals import voucher_totals

    settings = read_settings(os.environ)
    with usable_database(settings) as url:
        async with open_application(settings, url=url) as application:
            programme_id = await find_programme(application.reader, programme)
            return await voucher_totals(application.reader, programme_id)


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
    from rich.console import Console
    from rich.table import Table

    from ledger.reports.voucher_totals import totals_by_category

    # Without lines between its nine columns it fits a terminal of 80.
    table = Table(title="Vouchers", title_justify="left", box=None, pad_edge=False)
    for heading in ("template", "category"):
        table.add_column(heading)
    for heading in ("issued", "redeemed", "uses", "expired", "voided", "good", "rate"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in totals:
        if each.counts.issued:
            table.add_row(each.code, each.category, *_cells(each.counts))
    table.add_row()
    for category, counts in totals_by_category(totals).items():
        table.add_row("all", category, *_cells(counts))
    Console().print(table)


def _cells(counts: "VoucherCounts") -> list[str]:
    percent = f"{counts.redemption_rate // 100}.{counts.redemption_rate % 100:02}%"
    return [*(f"{figure:,}" for figure in asdict(counts).values()), percent]
