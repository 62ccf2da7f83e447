"""Settings: defaults, values, and refusals that name everything at once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.retention import RetentionClass, RetentionPolicy
from graphql_api.setting_refusals import Need
from graphql_api.setting_values import Environment, LogFormat
from graphql_api.settings import SettingsError, read_settings

PRODUCTION = {
    "SCRIP_ENV": "production",
    "SCRIP_DATABASE_URL": "postgres://scrip@db/scrip",
    "SCRIP_ROOT_KEY_FILE": "/run/secrets/root.key",
    "SCRIP_JWT_JWKS_URL": "https://id.bank.example/keys",
    "SCRIP_JWT_ISSUER": "https://id.bank.example",
    "SCRIP_LOG_ORIGIN": "bank.example/scrip",
}


def problems_of(environ: dict[str, str]) -> tuple[str, ...]:
    """Return what reading `environ` complains about."""
    with pytest.raises(SettingsError) as caught:
        read_settings(environ)
    return caught.value.problems


def test_a_misspelt_setting_is_not_passed_over() -> None:
    """What protects must not be lost by a letter; what a container platform adds is none of ours."""
    platform = {
        "SCRIP_SERVICE_PORT": "8000",
        "SCRIP_PORT_8000_TCP": "tcp://10.0.0.1:8000",
        "SCRIP_SERVICE_HOST": "10.0.0.1",
    }

    assert read_settings(platform) == read_settings({})
    with pytest.raises(SettingsError) as refused:
        read_settings({"SCRIP_LOG_KNOWN_CHECKPONT": "x", "SCRIP_PROT": "1"})
    assert refused.value.problems == (
        "SCRIP_LOG_KNOWN_CHECKPONT is no setting; is SCRIP_LOG_KNOWN_CHECKPOINT meant?",
        "SCRIP_PROT is no setting; is SCRIP_PORT meant?",
    )


def test_an_empty_environment_is_development() -> None:
    """Nothing has to be set to begin."""
    settings = read_settings({})

    assert settings.environment is Environment.DEVELOPMENT
    assert settings.database_url is None
    assert settings.var == Path("var")
    assert (settings.graphiql, settings.sandbox, settings.port) == (True, True, 8000)


def test_production_needs_only_what_has_no_safe_default() -> None:
    """Insecure conveniences are off by themselves."""
    settings = read_settings(PRODUCTION)

    assert settings.database_url == "postgresql://scrip@db/scrip"
    assert (settings.graphiql, settings.sandbox, settings.adhoc_documents) == (False, False, False)
    assert settings.log_format is LogFormat.JSON


@pytest.mark.parametrize("padded", ["production\r", " production "])
def test_blanks_around_it_make_production_no_less_strict(padded: str) -> None:
    """As in a file of variables with Windows line ends: values are read without them, and so is this one."""
    assert read_settings({**PRODUCTION, "SCRIP_ENV": padded}) == read_settings(PRODUCTION)
    assert problems_of({"SCRIP_ENV": padded}) == problems_of({"SCRIP_ENV": "production"})


def test_production_names_every_insecure_choice_at_once() -> None:
    """An operator fixes the environment in one go."""
    problems = problems_of({"SCRIP_ENV": "production", "SCRIP_SANDBOX": "on", "SCRIP_GRAPHIQL": "1"})

    named = [problem.split(" ", 1)[0] for problem in problems]
    assert named == [
        "SCRIP_DATABASE_URL",
        "SCRIP_ROOT_KEY_FILE",
        "SCRIP_JWT_JWKS_URL",
        "SCRIP_LOG_ORIGIN",
        "SCRIP_SANDBOX",
        "SCRIP_GRAPHIQL",
    ]


def test_a_process_is_asked_for_no_secret_that_it_never_uses() -> None:
    """Migrating and checking open nothing; a worker knows no callers."""
    environ = {"SCRIP_ENV": "production", "SCRIP_DATABASE_URL": "postgres://scrip@db/scrip"}

    assert read_settings(environ, needs=()).root_key_file is None
    with pytest.raises(SettingsError) as refused:
        read_settings(environ, needs=(Need.SEALING,))
    assert [problem.split(" ", 1)[0] for problem in refused.value.problems] == [
        "SCRIP_ROOT_KEY_FILE",
        "SCRIP_LOG_ORIGIN",
    ]


def test_production_takes_keys_only_over_https() -> None:
    """Whoever can change the keys on the way can sign tokens."""
    problems = problems_of({**PRODUCTION, "SCRIP_JWT_JWKS_URL": "http://id.bank.example/keys"})

    assert problems == ("SCRIP_JWT_JWKS_URL must be https:// in production.",)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("SCRIP_ENV", "prod", "SCRIP_ENV must be one of development, production."),
        ("SCRIP_PORT", "0", "SCRIP_PORT must be a whole number from 1 to 65535."),
        ("SCRIP_PORT", "8_000", "SCRIP_PORT must be a whole number from 1 to 65535."),
        ("SCRIP_PORT", "٨٠٠٠", "SCRIP_PORT must be a whole number from 1 to 65535."),
        ("SCRIP_GRAPHIQL", "maybe", "SCRIP_GRAPHIQL must be true or false."),
        ("SCRIP_BOOK_SCHEMA", "audit", "SCRIP_BOOK_SCHEMA must not be audit, which is a schema of its own."),
        ("SCRIP_ROOT_KEY", "ab", "SCRIP_ROOT_KEY must be 64 hexadecimal digits; `scrip key new` makes one."),
        (
            "SCRIP_DATABASE_URL",
            "postgresql+asyncpg://db/scrip",
            "SCRIP_DATABASE_URL must start with postgresql:// and name no driver.",
        ),
    ],
)
def test_a_bad_value_is_one_sentence(name: str, value: str, problem: str) -> None:
    """It says which variable, and what it must be."""
    assert problems_of({name: value}) == (problem,)


@pytest.mark.parametrize("hosts", ["db", "u:p@db:5432", "a.b.example.,c:1", "[::1]:5432", "%2Fvar%2Frun", "", "é"])
def test_a_database_may_be_anywhere_that_the_driver_knows(hosts: str) -> None:
    """Several hosts, addresses of either kind, and sockets; what follows them is the driver's."""
    url = f"postgresql://{hosts}/scrip?sslmode=verify-full"

    assert read_settings({"SCRIP_DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize("hosts", ["[::1", "db:x", "db:", "a..b", "a" * 64, "u@[::1]:9,db:123456"])
def test_a_database_that_can_be_nowhere_is_refused(hosts: str) -> None:
    """Before the driver meets it."""
    problem = "SCRIP_DATABASE_URL must name a host and a port as in postgresql://user:password@host:5432/database."

    assert problems_of({"SCRIP_DATABASE_URL": f"postgresql://{hosts}/scrip"}) == (problem,)


@pytest.mark.parametrize(
    "span", ["1827..999999999", "0..36526", "5..4", "1 .. 2", "+1..+2", "1_0..2_0", "٨..٩", "-1..2", "..2", "1..", "7"]
)
def test_a_span_is_two_plain_numbers_of_days(span: str) -> None:
    """Within a hundred years: what no calendar holds would fail in the worker, round after round."""
    problem = "SCRIP_RETENTION_VALUE must be least..most in days, such as 1827..3653, and 36525 at most."

    assert problems_of({"SCRIP_RETENTION_VALUE": span}) == (problem,)


def test_a_span_may_be_a_hundred_years() -> None:
    """The longest that is taken has an end in the calendar."""
    span = read_settings({"SCRIP_RETENTION_VALUE": "0..36525"}).retention_value
    policy = RetentionPolicy(spans={RetentionClass.VALUE: span})

    assert policy.expires_at("value/2026-11") == datetime(2126, 12, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1/k",
        "http://a:b:c/k",
        "https://a:99999/k",
        "https://a:0/",
        "https://:1/k",
        "ftp://a/k",
        "https://a/ k",
    ],
)
def test_a_provider_that_can_be_nowhere_is_refused(url: str) -> None:
    """Before the first token comes."""
    problem = "SCRIP_JWT_JWKS_URL must be an http:// or https:// URL, such as https://id.bank.example:8443/keys."

    assert problems_of({"SCRIP_JWT_JWKS_URL": url, "SCRIP_JWT_ISSUER": "x"}) == (problem,)


@pytest.mark.parametrize("url", ["https://id.bank.example", "http://[::1]:8080/k?a=b", "https://a:65535/k"])
def test_a_provider_may_be_anywhere(url: str) -> None:
    """A name or an address, with a port or without."""
    assert read_settings({"SCRIP_JWT_JWKS_URL": url, "SCRIP_JWT_ISSUER": "x"}).jwt_jwks_url == url


def test_the_folder_of_development_is_no_file(tmp_path: Path) -> None:
    """Said before anything is made in it; production keeps nothing there."""
    path = tmp_path / "var"
    path.touch()

    assert problems_of({"SCRIP_VAR": str(path)}) == (f"SCRIP_VAR must be a folder, and {path} is a file.",)
    assert problems_of({"SCRIP_VAR": f"{path}/a/b"}) == (f"SCRIP_VAR must be a folder, and {path} is a file.",)
    assert read_settings({**PRODUCTION, "SCRIP_VAR": str(path)}).var == path
    assert read_settings({"SCRIP_VAR": str(tmp_path)}).var == tmp_path


def test_the_folder_of_the_log_is_no_file(tmp_path: Path) -> None:
    """A worker would only find out when it publishes, round after round."""
    path = tmp_path / "log"
    path.touch()

    for folder in (path, path / "below"):
        problem = f"SCRIP_LOG_FOLDER must be a folder, and {path} is a file."
        assert problems_of({**PRODUCTION, "SCRIP_LOG_FOLDER": str(folder)}) == (problem,)


def test_an_empty_variable_counts_as_unset() -> None:
    """Compose files and unit files set empty ones."""
    assert read_settings({"SCRIP_PORT": " "}).port == 8000


def test_secrets_are_not_shown() -> None:
    """Neither the key nor the database's password gets into a log by printing the settings."""
    settings = read_settings({"SCRIP_ROOT_KEY": "ab" * 32, "SCRIP_DATABASE_URL": "postgresql://u:hidden@db/x"})

    assert "hidden" not in repr(settings)
    assert "\\xab" not in repr(settings)


def test_trusted_proxies_are_networks() -> None:
    """A comma-separated list, IPv4 inside IPv6 as IPv4; what is none is refused by the variable's name."""
    read = read_settings({"SCRIP_TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8::/32,192.0.2.7,::ffff:172.16.0.0/108"})

    assert [str(network) for network in read.trusted_proxies] == [
        "10.0.0.0/8",
        "2001:db8::/32",
        "192.0.2.7/32",
        "172.16.0.0/12",
    ]
    assert problems_of({"SCRIP_TRUSTED_PROXIES": "10.0.0.1/8"}) == (
        "SCRIP_TRUSTED_PROXIES must be networks such as 10.0.0.0/8, separated by commas.",
    )
