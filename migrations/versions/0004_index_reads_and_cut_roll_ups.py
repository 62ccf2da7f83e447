"""Index the history of holds, and keep the cuts that roll-ups were made at."""

from pathlib import Path

from alembic import context, op

from migrations.script import run_script

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Run the script of the same name."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql"), context.config.attributes["book_schema"])
