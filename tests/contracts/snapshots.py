"""Every committed file that is written from the code; `make schema` writes them, test_snapshots compares them."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from graphql_api.processes.embedded import own_server
from graphql_api.processes.schema_text import schema_text
from migrations.apply import migrate
from migrations.dump import dump_schema
from tests.contracts import pages
from tests.databases import FAST, ROOT


def database_shape() -> str:
    """Return the dump of a freshly migrated embedded database; always PostgreSQL 18, so that it is comparable."""
    with (
        tempfile.TemporaryDirectory(prefix="scrip-") as folder,
        own_server(Path(folder), settings=FAST) as server,
    ):
        migrate(server.url, book_schema="book")
        return dump_schema(server.url, pg_dump=server.binaries / "pg_dump")


SNAPSHOTS: Mapping[str, Callable[[], str]] = {
    "docs/reference/settings.md": pages.settings_page,
    "docs/reference/cli.md": pages.commands_page,
    "docs/reference/refusals.md": pages.refusals_page,
    "docs/reference/roles.md": pages.roles_page,
    "docs/reference/metrics.md": pages.metrics_page,
    "migrations/schema.sql": database_shape,
    "graphql_api/schema.graphql": schema_text,
}


def main() -> None:
    """Write every snapshot."""
    for name, render in SNAPSHOTS.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(), encoding="utf-8")
        print(f"wrote {name}")  # noqa: T201


if __name__ == "__main__":
    main()
