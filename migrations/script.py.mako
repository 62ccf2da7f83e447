"""${message}.

Migrations are hand-written SQL; the book's schema has the name that `{book}` stands for.
"""

from migrations.statements import run_sql

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    run_sql(
        """
        -- SQL, several statements at once; write {book}.table for a table of the book
        """
    )
