"""`scrip schema`."""

from importlib.resources import files

from graphql_api.processes.cli.failure import CommandError


def schema() -> None:
    """Print the GraphQL schema of this release, in schema definition language.

    Example:
        scrip schema > schema.graphql
    """
    from graphql_api.processes.cli.output import print_line

    source = files("graphql_api") / "schema.graphql"
    if not source.is_file():
        raise CommandError("this installation holds no schema.graphql; `make schema` writes it.")
    print_line(source.read_text(encoding="utf-8").rstrip())
