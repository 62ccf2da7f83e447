"""The URL of the database: what the driver would stumble over, or pass over, is refused by the setting's name."""

from pathlib import Path

import pytest

from graphql_api.settings import SettingsError, read_settings

SERVER = "postgresql://u:p@db:5432/scrip"


def refusal_of(url: str) -> tuple[str, ...]:
    """What a process says of the URL."""
    with pytest.raises(SettingsError) as refused:
        read_settings({"SCRIP_DATABASE_URL": url})
    return refused.value.problems


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ("sslmode=full", "must have for sslmode one of disable, allow, prefer, require, verify-ca, verify-full."),
        (
            "target_session_attrs=primry",
            "must have for target_session_attrs one of any, primary, standby, read-write, read-only, prefer-standby.",
        ),
        ("host=a,b&port=1,x", "must have for port a number from 1 to 65535."),
        ("host=a&port=65536", "must have for port a number from 1 to 65535."),
        ("sslmode", "must have its parameters as in ?sslmode=verify-full&sslrootcert=/path."),
    ],
)
def test_a_parameter_is_one_that_the_driver_takes(parameters: str, problem: str) -> None:
    """With what it may be; the driver says less, and some of it only when a primary is gone."""
    assert refusal_of(f"{SERVER}?{parameters}") == (f"SCRIP_DATABASE_URL {problem}",)


@pytest.mark.parametrize("port", ["0", "99999"])
def test_a_port_is_one(port: str) -> None:
    """The kernel would take the number without its higher bits, which is another server."""
    problem = "SCRIP_DATABASE_URL must name a host and a port as in postgresql://user:password@host:5432/database."

    assert refusal_of(f"postgresql://db:{port}/scrip") == (problem,)


def test_files_of_the_url_are_there(tmp_path: Path) -> None:
    """All that are not are named with their parameter; the driver names neither."""
    there = tmp_path / "ca.pem"
    there.touch()
    lost = tmp_path / "lost.pem"
    whole = f"{SERVER}?sslmode=verify-full&sslrootcert={there}"

    assert read_settings({"SCRIP_DATABASE_URL": whole}).database_url == whole
    assert refusal_of(f"{whole}&sslcert={lost}&sslkey={lost}") == (
        f"SCRIP_DATABASE_URL names sslcert={lost}, which is no file that can be read.",
        f"SCRIP_DATABASE_URL names sslkey={lost}, which is no file that can be read.",
    )


@pytest.mark.parametrize(
    "parameters", ["target_session_attrs=read-write", "host=/run/postgresql", "application_name=a%20b", "host=a&port="]
)
def test_other_parameters_are_the_drivers(parameters: str) -> None:
    """They are handed on as they stand."""
    assert read_settings({"SCRIP_DATABASE_URL": f"{SERVER}?{parameters}"}).database_url == f"{SERVER}?{parameters}"
