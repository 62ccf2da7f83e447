"""Create the roles and the registry: programmes, assets, rates, partners, merchants, keys, approvals."""

from pathlib import Path

from alembic import context, op

from migrations.script import run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the script of the same name."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql"), context.config.attributes["book_schema"])
