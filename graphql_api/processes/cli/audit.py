"""`scrip audit`: what auditors do with the log. Verifying needs neither settings nor a database."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from audit.drill import Outcome
    from audit.progress import Progress
    from audit.reconcile import Reconciliation
    from graphql_api.audit_log.bundle_making import Exported

app = typer.Typer(name="audit", help="Verify, export and practise on the audit log.", no_args_is_help=True)


@app.command()
def verify(
    bundle: Annotated[Path, typer.Argument(help="The bundle.")],
    policy: Annotated[Path, typer.Option(help="The log's pinned key, and how old its word may be.")],
    seen: Annotated[list[Path] | None, typer.Option(help="A checkpoint kept from before; repeat it.")] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, max=64, help="How many read a bundle; one per processor where it is large.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Verify a bundle, offline; exit 1 where anything fails, 2 where it cannot be read.

    Examples:
        scrip audit verify march.bundle --policy pinned.txt --seen february.checkpoint

        scrip audit verify march.bundle --policy pinned.txt --json | jq .questions
    """
    from datetime import UTC, datetime

    from audit.verifier import Request, answer

    asked = Request(bundle=bundle, policy=policy, seen=seen or (), processes=processes, as_json=as_json)
    raise typer.Exit(answer(asked, datetime.now(UTC)))


@app.command()
def verifier(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where it is written.")] = Path(
        "scrip-audit-verify.pyz"
    ),
) -> None:
    """Write the verifier as one file that any Python from 3.11 on runs, with nothing installed.

    Example:
        scrip audit verifier -o scrip-audit-verify.pyz && python3 scrip-audit-verify.pyz --help
    """
    import os
    from hashlib import sha256

    from audit.verifier_file import build_verifier
    from graphql_api.processes.cli.output import print_line
    from graphql_api.processes.named_file import open_named, remove_file

    made = build_verifier()
    file = open_named(output, os.O_TRUNC, 0o666)
    try:
        with file:
            file.write(made)
    except OSError:
        # A half of it would look like the verifier.
        remove_file(output)
        raise
    print_line(f"{sha256(made).hexdigest()}  {output}")


@app.command()
def drill(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a forgery.")] = False,
) -> None:
    """Forge a made-up log in every known way and show which check fires; exit 1 where one does not.

    Example:
        scrip audit drill
    """
    from audit.drill import run_drill
    from graphql_api.processes.cli.failure import REFUSED

    outcomes = run_drill()
    if as_json:
        _print_drill_json(outcomes)
    else:
        _print_drill(outcomes)
    if not all(outcome.is_caught for outcome in outcomes):
        raise typer.Exit(REFUSED)


def _print_drill(outcomes: "list[Outcome]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("forgery", "by", "caught by", "finding")
    for outcome in outcomes:
        asked = outcome.forgery.caught_by
        findings = outcome.verdict.results[asked].findings
        shown = f"{findings[0].where}: {findings[0].what}" if findings else "[red]NOT CAUGHT[/red]"
        table.add_row(outcome.forgery.name, outcome.forgery.by, str(asked), shown)
    Console().print(table)


def _print_drill_json(outcomes: "list[Outcome]") -> None:
    from graphql_api.processes.cli.output import print_json

    for outcome in outcomes:
        print_json(
            {
                "forgery": outcome.forgery.name,
                "by": outcome.forgery.by,
                "caughtBy": outcome.forgery.caught_by.value,
                "caught": outcome.is_caught,
                "fails": sorted(question.value for question in outcome.verdict.failing),
            }
        )


@app.command("auditor-key")
def auditor_key(
    output: Annotated[Path, typer.Argument(help="Where the private key is written, for its owner only.")],
) -> None:
    """Make an auditor's key; the public half, which is printed, goes into requests for exports.

    Example:
        scrip audit auditor-key auditor.key
    """
    import secrets
    from base64 import b64encode

    from audit.sealed_bundle import KEY_BYTES, public_half
    from graphql_api.processes.cli.output import print_line
    from graphql_api.processes.cli.private_file import new_private_file

    private = secrets.token_bytes(KEY_BYTES)
    with new_private_file(output) as file:
        file.write(b64encode(private) + b"\n")
    print_line(public_half(private))


@app.command("open")
def open_sealed(
    sealed: Annotated[Path, typer.Argument(help="The sealed bundle.")],
    key: Annotated[Path, typer.Option(help="The auditor's private key.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the bundle is written, for its owner only.")],
) -> None:
    """Open a bundle that was sealed to the auditor's key; then verify it.

    Example:
        scrip audit open march.sealed --key auditor.key -o march.bundle
    """
    from audit.bundle import UNPACKED_BYTES_MAX
    from audit.sealed_bundle import SealRefused, open_bundle, read_key
    from audit.verifier import TEXT_BYTES_MAX, read_bounded
    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.private_file import new_private_file

    read = key
    try:
        private = read_key(read_bounded(key, TEXT_BYTES_MAX).decode("ascii", errors="replace"))
        read = sealed
        archive = open_bundle(read_bounded(sealed, UNPACKED_BYTES_MAX), private)
    except SealRefused as error:
        raise CommandError(f"{read}: {error}.") from None
    with new_private_file(output) as file:
        file.write(archive)


@app.command()
def export(
    approval: Annotated[str, typer.Argument(help="The id of the approved request.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the sealed bundle is written.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make the bundle of an approved request, sealed to the auditor's key; recorded before it is written.

    Example:
        scrip audit export QXBwcm92YWw6... -o march.sealed
    """
    import asyncio

    from graphql_api.processes.cli.output import print_json, print_line
    from graphql_api.processes.cli.private_file import new_private_file
    from graphql_api.processes.cli.progress import shown_progress

    none = f"Nothing is left in {output}."
    with new_private_file(output) as file, shown_progress(total=None, quiet=as_json, when_stopped=none) as show:
        made = asyncio.run(_export(approval, lambda more, _of: show("entries", more)))
        file.write(made.sealed)
    if as_json:
        print_json({"entries": made.entries, "bytes": len(made.sealed), "output": str(output)})
    else:
        print_line(f"{made.entries} entries, sealed, in {output}.")


async def _export(approval: str, on_progress: "Progress") -> "Exported":
    import os

    from audit.export import ExportRefused
    from graphql_api.audit_log.exporting import ExportNotApproved, export_approved
    from graphql_api.audit_log.log_key import load_log_key
    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.opened import opened
    from graphql_api.processes.cli.operating_user import actor_name
    from graphql_api.schema.kinds import APPROVAL, uuid_of
    from graphql_api.setting_refusals import Need
    from graphql_api.settings import read_settings

    key = load_log_key(read_settings(os.environ, needs=(Need.SEALING,)))
    async with opened() as application:
        try:
            approval_id = uuid_of(APPROVAL, approval)
            return await export_approved(application, approval_id, actor=actor_name(), key=key, on_progress=on_progress)
        except (ExportNotApproved, ExportRefused) as error:
            raise CommandError(f"{error}.") from None


@app.command()
def reconcile(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Read the whole log, compare it with the ledger, and record the result; exit 1 on any difference.

    Example:
        scrip audit reconcile
    """
    import asyncio

    from graphql_api.processes.cli.failure import REFUSED
    from graphql_api.processes.cli.output import print_json, print_line
    from graphql_api.processes.cli.progress import shown_progress

    with shown_progress(total=None, quiet=as_json, when_stopped="Nothing is recorded of it.") as show:
        result = asyncio.run(_reconcile(lambda more, _of: show("events", more)))
    if as_json:
        print_json(result.as_json())
    else:
        print_line(result.as_text())
    if not result.is_clean:
        raise typer.Exit(REFUSED)


async def _reconcile(on_progress: "Progress") -> "Reconciliation":
    from audit.reconcile import record_reconciliation
    from graphql_api.audit_log.log_reconciling import reconcile_log
    from graphql_api.processes.cli.opened import opened

    async with opened() as application:
        schema = application.settings.book_schema
        result = await reconcile_log(application.database.url, book_schema=schema, on_progress=on_progress)
        await record_reconciliation(application.audit.acts, result)
        return result
