"""`scrip audit rotate-key` and `scrip audit retire-key`: replacing the key that signs the log. Each is in the log."""

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from audit.act import Acts
    from audit.policy import FormerKey
    from audit.signing import SigningKey


def rotate_key() -> None:
    """Make a new key that signs the log beside the old one, and put it into the file of the old one.

    Restart the workers afterwards; their checkpoints then carry both signatures. Give auditors the key that is printed,
    and retire the old one once they pin it.

    Example:
        SCRIP_LOG_SIGNING_KEY_FILE=log.key scrip audit rotate-key
    """
    import asyncio

    from graphql_api.processes.cli.output import print_line

    made = asyncio.run(_rotate())
    print_line(f"log {made.verifier}")


def retire_key() -> None:
    """Take the old key out of the file, once all who verify pin the new one; prints what auditors then pin.

    Restart the workers afterwards. What the old key signed before stays verifiable by its line, up to the size that is
    printed.

    Example:
        SCRIP_LOG_SIGNING_KEY_FILE=log.key scrip audit retire-key
    """
    import asyncio

    from graphql_api.processes.cli.output import print_line

    key, former = asyncio.run(_retire())
    print_line(f"log {key.verifier}")
    print_line(f"former-log {former.key} {former.size_max}")


async def _rotate() -> "SigningKey":
    from graphql_api.audit_log.log_key import new_log_key
    from graphql_api.audit_log.log_key_rotation import rotate_log_key
    from graphql_api.processes.cli.operating_user import actor_name

    async with _at_the_key() as (acts, path, key):
        return await rotate_log_key(acts, path, key, new_log_key(key.name), actor=actor_name())


async def _retire() -> "tuple[SigningKey, FormerKey]":
    from graphql_api.audit_log.log_key_rotation import retire_log_key
    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.operating_user import actor_name
    from graphql_api.processes.known_checkpoint import checkpoints_of
    from graphql_api.setting_refusals import Need
    from graphql_api.settings import read_settings

    try:
        known = await checkpoints_of(read_settings(os.environ, needs=(Need.SEALING,)))
    except OSError as error:
        raise CommandError(f"the kept checkpoint cannot be read ({error}).") from None
    async with _at_the_key() as (acts, path, key):
        return key, await retire_log_key(acts, path, key, known, actor=actor_name())


@asynccontextmanager
async def _at_the_key() -> "AsyncIterator[tuple[Acts, Path, SigningKey]]":
    """Where acts are recorded, and the key with its file; what stands in the way is told in one sentence."""
    from graphql_api.audit_log.log_key import load_log_key, log_key_path
    from graphql_api.audit_log.log_key_rotation import RotationRefused
    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.opened import opened
    from graphql_api.setting_refusals import Need
    from graphql_api.settings import read_settings

    settings = read_settings(os.environ, needs=(Need.SEALING,))
    key, path = load_log_key(settings), log_key_path(settings)
    async with opened() as application:
        try:
            yield application.audit.acts, path, key
        except RotationRefused as error:
            raise CommandError(f"{error}.") from None
        except OSError as error:
            raise CommandError(f"{path} cannot be written ({error.strerror}).") from None
