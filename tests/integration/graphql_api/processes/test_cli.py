"""The command line as a user meets it: its version, what production refuses, tokens, wrong usage."""

import json
from importlib.metadata import version
from pathlib import Path
from uuid import UUID

import jwt

from graphql_api.processes.demo.cast_file import DemoCast, remember_cast
from tests.command_line import run_scrip
from tests.integration.graphql_api.processes.whole_process import scrip


def test_the_version_is_that_of_the_installed_package() -> None:
    """One line, from the package's own description; it needs no database and no setting."""
    told = scrip("--version", SCRIP_DATABASE_URL="nonsense")

    assert (told.returncode, told.stdout, told.stderr) == (0, f"scrip {version('scrip')}\n", "")


def test_production_refusals_are_one_line_each() -> None:
    """Each starts with the variable that is wrong."""
    ended = scrip("serve", SCRIP_ENV="production")

    assert ended.returncode == 2
    assert [line.split()[1] for line in ended.stderr.splitlines()] == [
        "SCRIP_DATABASE_URL",
        "SCRIP_ROOT_KEY_FILE",
        "SCRIP_JWT_JWKS_URL",
        "SCRIP_LOG_ORIGIN",
    ]


def test_development_tokens_are_refused_in_production(tmp_path: Path) -> None:
    """Whoever can run a command on a server must not be able to make itself an approver."""
    ended = run_scrip(
        "token",
        "--role",
        "approver",
        SCRIP_ENV="production",
        SCRIP_DATABASE_URL="postgresql://scrip@db/scrip",
        SCRIP_ROOT_KEY="ab" * 32,
        SCRIP_JWT_JWKS_URL="https://id.bank.example/keys",
        SCRIP_JWT_ISSUER="https://id.bank.example",
        SCRIP_LOG_ORIGIN="bank.example/scrip",
        SCRIP_VAR=str(tmp_path),
    )

    assert (ended.returncode, ended.stdout) == (2, "")
    assert list(tmp_path.iterdir()) == []


def test_a_token_names_its_role(tmp_path: Path) -> None:
    """And the machine-readable form says how long it lasts."""
    ended = scrip("token", "--role", "member", "--ttl", "60", "--json", SCRIP_VAR=str(tmp_path))

    printed = json.loads(ended.stdout)
    assert (printed["role"], printed["expiresInSeconds"]) == ("member", 60)
    assert printed["token"].count(".") == 2


def test_a_token_stands_for_the_demos_cast(tmp_path: Path) -> None:
    """What is pasted works: an unnamed member is the demo's, of the demo's programme."""
    cast = DemoCast(programme_id=UUID(int=5), member_external_id="1609", merchant_id=UUID(int=6))
    remember_cast(tmp_path, "postgresql://db", cast)

    ended = run_scrip("token", "--role", "member", SCRIP_VAR=str(tmp_path))

    claims = jwt.decode(ended.stdout.strip(), options={"verify_signature": False})
    assert (claims["sub"], claims["scrip_member"]) == ("1609", "1609")
    assert claims["scrip_programme"] == str(cast.programme_id)


def test_wrong_usage_ends_with_code_2() -> None:
    """As every Unix tool does."""
    assert run_scrip("token", "--role", "king").returncode == 2
    assert run_scrip("conquer").returncode == 2
