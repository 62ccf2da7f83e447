"""Create the roll-ups of campaigns' figures."""

from pathlib import Path

from alembic import context, op

from migrations.script import run_script

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Run the script of the same name."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql"), context.config.attributes["book_schema"])
