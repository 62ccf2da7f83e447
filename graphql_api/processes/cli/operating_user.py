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
