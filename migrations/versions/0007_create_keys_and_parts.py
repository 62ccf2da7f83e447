"""Create the key store and the sealed parts of audit events."""

from pathlib import Path

from alembic import context, op

from migrations.script import run_script

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Run the script of the same name."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql"), context.config.attributes["book_schema"])
