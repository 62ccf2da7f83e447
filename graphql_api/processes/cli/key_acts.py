"""`scrip key turn-over` and `scrip key certificate`: what the key administrator does. Each use is in the audit log."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from graphql_api.processes.cli.opened import opened

if TYPE_CHECKING:
    from audit.certificate import Certificate


def turn_over() -> None:
    """Replace the root key by a new one, wrap every key anew, and destroy the old root.

    Nothing is encrypted again. Afterwards a backup of the keys from before opens nothing. Where it is interrupted, run
    it again.

    Example:
        SCRIP_ROOT_KEY_FILE=root.key scrip key turn-over
    """
    import asyncio

    from graphql_api.processes.cli.output import print_line

    print_line(asyncio.run(_turn_over()))


def certificate(
    subject: Annotated[UUID, typer.Argument(help="The erased member's id.")],
) -> None:
    """Print the certificate of a member's erasure: its proof, and until when a backup could revive the keys.

    Example:
        scrip key certificate 01a201d8-e5c4-7001-8879-2b3a28acefec > erased.json
    """
    import asyncio

    from graphql_api.processes.cli.output import print_line

    print_line(asyncio.run(_certificate(subject)).encode().decode())


async def _turn_over() -> str:
    from audit.key_provider import RootUnavailable
    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.operating_user import actor_name

    async with opened() as application:
        try:
            done = await application.audit.turnover.run(actor=actor_name())
        except RootUnavailable as error:
            raise CommandError(f"{error}.") from None
    return f"{done.old} is destroyed, {done.new} is in use; {done.subjects} people's keys were wrapped anew."


async def _certificate(subject: UUID) -> "Certificate":
    from audit.certificate import certify
    from graphql_api.audit_log.desk import AUDITOR_ROLE
    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.operating_user import actor_name
    from ledger.engine.connecting import connect

    async with opened() as application:
        async with application.audit.acts.begin(actor_name()) as doing:
            doing.record("audit_read", subject_id=subject, facts={"certificate": str(subject)})
        connection = await connect(application.database.url, server_settings={"role": AUDITOR_ROLE})
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                found = await certify(connection, subject, turnover=application.audit.turnover_every)
        finally:
            await connection.close()
    if found is None:
        raise CommandError(f"{subject} was not erased, or a worker has not come to it yet.")
    return found
