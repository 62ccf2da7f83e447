"""Who runs a command, as the audit log names them."""

import getpass
import os

from graphql_api.caller import is_subject


def operating_user() -> str:
    """The login name of whoever runs this process; their number where they have none, as in a container that is given
    a number of its own.
    """
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = ""
    return name if is_subject(name) else f"uid-{os.getuid()}"


def operator_id() -> str:
    """The operator that they act as."""
    return f"{operating_user()}@command-line"


def actor_name() -> str:
    """The same with the kind, as an entry of the log has it."""
    return f"operator:{operator_id()}"
