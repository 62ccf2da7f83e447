"""${message}."""

from pathlib import Path

from alembic import context, op

from migrations.script import run_script

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Run the script of the same name."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql"), context.config.attributes["book_schema"])
