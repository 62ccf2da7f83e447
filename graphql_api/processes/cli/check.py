"""`scrip check`: is the book as its entries say?"""

import os
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from audit.reconcile import Reconciliation
    from graphql_api.settings import Settings
    from ledger.reports.check import CheckReport

SHOWN_PER_RULE = 10


def check(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Recompute every balance, lot, hold and statement from the entries, and compare the audit log with them; exit 1 on any
    difference. Safe on a live system.

    Examples:
        scrip check

        scrip check --json | jq .differences
    """
    import asyncio

    from graphql_api.processes.cli.failure import REFUSED
    from graphql_api.processes.cli.output import print_line
    from graphql_api.processes.database import usable_database
    from graphql_api.settings import read_settings

    settings = read_settings(os.environ, needs=())
    with usable_database(settings) as url:
        report, log = asyncio.run(_check(settings, url, quiet=as_json))
    if as_json:
        _print_json(report, log)
    else:
        _print_table(report)
        print_line(log.as_text())
        if not (report.is_clean and log.is_clean):
            print_line("What to do: docs/runbook/suspected-tampering.md; after a restore, docs/backup-and-restore.md.")
    if not (report.is_clean and log.is_clean):
        raise typer.Exit(REFUSED)


async def _check(settings: "Settings", url: str, *, quiet: bool) -> "tuple[CheckReport, Reconciliation]":
    from rich.console import Console
    from rich.progress import Progress

    from graphql_api.audit_log.log_reconciling import auditing, reconcile_log
    from ledger.reports.check import check_book
    from migrations.shape import require_schema, require_shape

    schema = settings.book_schema
    async with auditing(url, book_schema=schema) as connection:
        await require_shape(connection)
        await require_schema(connection, schema)
    # Progress goes to standard error and only to a terminal, so that the report can be piped.
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=quiet or not console.is_terminal) as progress:
        task = progress.add_task("check", total=None)

        def show(name: str, done: int, total: int) -> None:
            progress.update(task, description=name, completed=done, total=total)

        report = await check_book(url, book_schema=schema, book_number=settings.book_number, on_rule=show)

        def show_log(more: int, size: int) -> None:
            progress.update(task, advance=more, total=size)

        progress.reset(task, description="audit log", total=None)
        return report, await reconcile_log(url, book_schema=schema, on_progress=show_log)


def _print_json(report: "CheckReport", log: "Reconciliation") -> None:
    from graphql_api.processes.cli.output import print_json

    print_json(
        {
            "clean": report.is_clean and log.is_clean,
            "log": log.as_json(),
            "entries": report.entries,
            "postings": report.postings,
            "accounts": report.accounts,
            "lots": report.lots,
            "rules": {result.rule.name: result.count for result in report.rules},
            "differences": [
                {"rule": difference.rule, "subject": difference.subject, "facts": dict(difference.facts)}
                for result in report.rules
                for difference in result.differences
            ],
        }
    )


def _print_table(report: "CheckReport") -> None:
    from rich.console import Console
    from rich.table import Table

    from graphql_api.processes.cli.plain_table import print_whole

    console = Console()
    read = (
        f"{report.entries:,} entries, {report.postings:,} postings, {report.accounts:,} accounts, {report.lots:,} lots"
    )
    if report.is_clean:
        console.print(f"[green]Clean[/green]: {len(report.rules)} rules hold for {read}.", soft_wrap=True)
        return
    console.print(f"[red]{report.count:,} differences[/red] in {read}.", soft_wrap=True)
    for result in report.rules:
        if not result.count:
            continue
        table = Table(title=f"{result.rule.name}: {result.count:,}", caption=result.rule.proves, title_justify="left")
        table.add_column("of", no_wrap=True)
        table.add_column("values that disagree")
        for difference in result.differences[:SHOWN_PER_RULE]:
            facts = ", ".join(f"{name} {'—' if value is None else value}" for name, value in difference.facts.items())
            table.add_row(difference.subject, facts)
        print_whole(table)
