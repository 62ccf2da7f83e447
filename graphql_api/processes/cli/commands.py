"""The list of commands; what each does is imported when it runs, so that `scrip --help` stays quick."""

from typing import Annotated

import typer

from graphql_api.processes.cli import (
    activities,
    audit,
    campaign,
    check,
    demo,
    import_file,
    key,
    key_acts,
    legal_hold,
    log_key_acts,
    member_reads,
    migrate,
    processes,
    programme,
    schema,
    tier,
    token,
    voucher,
)
from graphql_api.processes.cli.failure import Commands
from graphql_api.processes.cli.output import print_line

app = typer.Typer(
    name="scrip",
    cls=Commands,
    epilog="Settings come from the environment; docs/reference/settings.md lists them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print_line(f"scrip {version('scrip')}")
        raise typer.Exit


@app.callback()
def scrip(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """A durable ledger for points and vouchers."""


app.command("run")(processes.run)
app.command("serve")(processes.serve)
app.command("worker")(processes.worker)
app.command("migrate")(migrate.migrate)
app.command("check")(check.check)
app.command("demo")(demo.demo)
app.command("wallet")(member_reads.wallet)
app.command("statement")(member_reads.statement)
app.command("activities")(activities.activities)
app.command("import")(import_file.import_file)
app.command("schema")(schema.schema)
app.command("token")(token.token)
key.app.command("turn-over")(key_acts.turn_over)
key.app.command("certificate")(key_acts.certificate)
audit.app.command("rotate-key")(log_key_acts.rotate_key)
audit.app.command("retire-key")(log_key_acts.retire_key)
app.add_typer(programme.app)
app.add_typer(key.app)
app.add_typer(legal_hold.app)
app.add_typer(voucher.app)
app.add_typer(campaign.app)
app.add_typer(tier.app)
app.add_typer(audit.app)
