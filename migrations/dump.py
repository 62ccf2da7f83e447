"""The shape of a migrated database as text, for `migrations/schema.sql` and the test that compares it."""

import re
import subprocess
from pathlib import Path

SNAPSHOT = Path(__file__).parent / "schema.sql"
SCHEMAS = ("registry", "book", "audit", "keys")


def dump_schema(url: str, *, pg_dump: Path) -> str:
    """Return what pg_dump says of Scrip's schemas, without what differs from run to run or version to version."""
    schemas = [f"--schema={schema}" for schema in SCHEMAS]
    command = [str(pg_dump), "--schema-only", "--no-owner", *schemas, url]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return normalise(result.stdout)


def normalise(dump: str) -> str:
    """Drop comments, session settings, the random restrict lines of psql and repeated blank lines."""
    noise = re.compile(r"(--.*|\\(un)?restrict\b.*|SET [a-z_]+ = .*;|SELECT pg_catalog\.set_config.*)?")
    statements = (line for line in dump.splitlines() if not noise.fullmatch(line) or line == "")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(statements)).strip() + "\n"
