"""`scrip key`: the root key that seals and blinds."""

import os
from typing import Annotated

import typer

app = typer.Typer(name="key", help="Make and inspect the root key.", no_args_is_help=True)


@app.command()
def new() -> None:
    """Print a new root key, to be kept in a file that only Scrip can read.

    Example:
        (umask 077 && scrip key new > root.key) && SCRIP_ROOT_KEY_FILE=root.key scrip serve
    """
    from graphql_api.processes.cli.output import print_line
    from graphql_api.processes.root_key import new_root_key

    print_line(new_root_key().hex())


@app.command()
def fingerprint(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print a fingerprint of the root key in use, to compare machines without showing the key.

    Example:
        SCRIP_ROOT_KEY_FILE=root.key scrip key fingerprint
    """
    from graphql_api.processes.cli.output import print_json, print_line
    from graphql_api.processes.root_key import fingerprint_of, load_root_key
    from graphql_api.settings import read_settings

    printed = fingerprint_of(load_root_key(read_settings(os.environ)))
    if as_json:
        print_json({"fingerprint": printed})
    else:
        print_line(printed)
