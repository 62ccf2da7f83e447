"""Keep what died for inactivity dead when its account lives on."""

from pathlib import Path

from alembic import context, op

from migrations.script import run_script

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Run the script of the same name."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql"), context.config.attributes["book_schema"])
