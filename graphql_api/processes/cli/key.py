"""`scrip key`: the root key that seals and blinds, and the key that signs the audit log."""

import os
from typing import Annotated

import typer

app = typer.Typer(name="key", help="Make and inspect the root key and the log's signing key.", no_args_is_help=True)


@app.command()
def new() -> None:
    """Print a new root key, to be kept in a file that only Scrip can read.

    Example:
        (umask 077 && scrip key new > root.key) && SCRIP_ROOT_KEY_FILE=root.key scrip serve
    """
    from graphql_api.audit_log.root_key import new_root_key
    from graphql_api.processes.cli.output import print_line

    print_line(new_root_key().hex())


@app.command()
def fingerprint(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a key.")] = False,
) -> None:
    """Print a fingerprint of each root key at hand, oldest first, to compare machines without showing a key.

    Example:
        SCRIP_ROOT_KEY_FILE=root.key scrip key fingerprint
    """
    import asyncio

    from graphql_api.audit_log.root_key import key_provider
    from graphql_api.processes.cli.output import print_json, print_line
    from graphql_api.setting_refusals import Need
    from graphql_api.settings import read_settings

    for reference in asyncio.run(key_provider(read_settings(os.environ, needs=(Need.SEALING,))).references()):
        if as_json:
            print_json({"fingerprint": reference})
        else:
            print_line(reference)


@app.command()
def new_signing() -> None:
    """Print a new key for the audit log of SCRIP_LOG_ORIGIN, to be kept in a file that only workers can read.

    Example:
        (umask 077 && SCRIP_LOG_ORIGIN=bank.example/scrip scrip key new-signing > log.key)
    """
    from audit.note import NoteRefused
    from graphql_api.audit_log.log_key import new_log_key
    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.output import print_line
    from graphql_api.setting_refusals import Need
    from graphql_api.settings import read_settings

    named = os.environ.get("SCRIP_LOG_ORIGIN")
    # Nothing else is asked of the settings: keys are made before there are any, in an image of production too.
    settings = read_settings(os.environ if not named else {"SCRIP_LOG_ORIGIN": named}, needs=(Need.SEALING,))
    try:
        print_line(new_log_key(settings.log_origin).encode())
    except NoteRefused as error:
        raise CommandError(f"SCRIP_LOG_ORIGIN: {error}.") from None


@app.command()
def verifier() -> None:
    """Print the public half of the log's signing key, which auditors pin.

    Example:
        SCRIP_LOG_SIGNING_KEY_FILE=log.key scrip key verifier
    """
    from graphql_api.audit_log.log_key import load_log_key
    from graphql_api.processes.cli.output import print_line
    from graphql_api.setting_refusals import Need
    from graphql_api.settings import read_settings

    print_line(str(load_log_key(read_settings(os.environ, needs=(Need.SEALING,))).verifier))
