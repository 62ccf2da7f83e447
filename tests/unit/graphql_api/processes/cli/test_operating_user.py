"""Who runs a command is named in the audit log whatever the machine knows of them."""

import os

import pytest

from graphql_api.processes.cli.operating_user import operating_user

NAMES = ("LOGNAME", "USER", "LNAME", "USERNAME")


def test_a_user_without_a_name_is_told_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that is given a number of its own; also where the name could stand in no audit record."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)

    nameless = operating_user()
    monkeypatch.setenv("LOGNAME", "x" * 256)
    too_long = operating_user()
    monkeypatch.setenv("LOGNAME", "ada")

    assert (nameless, too_long, operating_user()) == ("uid-4000000000", "uid-4000000000", "ada")
