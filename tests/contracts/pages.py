"""The reference pages that are written from the code: settings, command line, refusals, roles, metrics."""

from collections.abc import Iterator
from dataclasses import MISSING, fields
from enum import Enum

from prometheus_client import CollectorRegistry

from graphql_api.http.metrics import HttpMetrics
from graphql_api.permissions import ROLE_SCOPES, Role, Scope
from graphql_api.processes.engine_metrics import EngineMetrics, PoolMetrics
from graphql_api.processes.worker_metrics import LogMetrics, RoundMetrics
from graphql_api.settings import Settings
from ledger.book.refusal import REFUSALS

WRITTEN = "<!-- Written by `make schema`; a test compares it. -->"


def settings_page() -> str:
    """Return docs/reference/settings.md."""
    rows = ["| variable | default | in production | meaning |", "|---|---|---|---|"]
    for each in fields(Settings):
        production = each.metadata["production"]
        instead = "" if production is MISSING else _shown(production)
        rows.append(f"| `{each.metadata['name']}` | {_shown(each.default)} | {instead} | {each.metadata['about']} |")
    preface = (
        "Settings are environment variables, read once when a process starts. "
        "A process that cannot use them says everything that is wrong and exits with code 2."
    )
    return "\n".join(["# Settings", WRITTEN, "", preface, "", *rows, ""])


def commands_page() -> str:
    """Return docs/reference/cli.md: the help of every command, as a terminal of 100 columns shows it."""
    parts = ["# Command line", WRITTEN, "", _exit_codes(), ""]
    for words in _commands():
        parts += [f"## {' '.join(('scrip', *words))}", "", "```text", _help(words), "```", ""]
    return "\n".join(parts)


def refusals_page() -> str:
    """Return docs/reference/refusals.md, in the order of precedence."""
    rows = ["| code | retry | meaning |", "|---|---|---|"]
    rows += [f"| `{rule.code}` | {rule.retry} | {rule.message} |" for rule in REFUSALS.values()]
    preface = (
        "Where several codes would fit the same input and state, the one that stands first is given. "
        "`SAME_KEY`: nothing was decided, or that is not known; send exactly the same again. `NEW_KEY`: refused for good "
        "under this key; once the cause is gone, send the intent again under a new one. `NEVER`: it will not be accepted. "
        "[Integrating](../integrating.md#send-it-once-have-it-done-once) has the rest."
    )
    return "\n".join(["# Refusals", WRITTEN, "", preface, "", *rows, ""])


def roles_page() -> str:
    """Return docs/reference/roles.md: what each role may do by default, in the order in which scopes are declared."""
    rows = ["| role | scopes |", "|---|---|"]
    for role in Role:
        names = ", ".join(f"`{scope}`" for scope in Scope if scope in ROLE_SCOPES[role])
        rows.append(f"| `{role}` | {names} |")
    preface = (
        "What a token may do that names no scopes of its own; one that names some has only those, and a role that a "
        "field is not for is refused all the same. The schema names each field's scope. "
        "An API key is a `merchant`."
    )
    return "\n".join(["# Roles", WRITTEN, "", preface, "", *rows, ""])


def _shown(value: object) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"`{value.value if isinstance(value, Enum) else value}`"


def metrics_page() -> str:
    """Return docs/reference/metrics.md: what the API and the worker each show."""
    preface = (
        "For Prometheus: the API's at `/metrics`, the worker's on `SCRIP_WORKER_PORT`. Labels are codes, routes and rounds, "
        "never what a caller chose. Counters end in `_total`, histograms in `_bucket`, `_sum` and `_count`. "
        "[The runbook](../runbook/README.md) says on which of them to raise an alarm."
    )
    shown = {"API": (HttpMetrics, EngineMetrics, PoolMetrics), "Worker": (RoundMetrics, LogMetrics, EngineMetrics)}
    parts = ["# Metrics", WRITTEN, "", preface, ""]
    for process, groups in shown.items():
        registry = CollectorRegistry()
        for group in groups:
            group(registry)
        parts += [f"## {process}", "", "| metric | kind | labels | meaning |", "|---|---|---|---|"]
        parts += [*_metrics_of(registry), ""]
    return "\n".join(parts)


def _metrics_of(registry: CollectorRegistry) -> Iterator[str]:
    for collector in registry._collector_to_names:  # what is not counted yet shows no labels
        labels = ", ".join(f"`{name}`" for name in getattr(collector, "_labelnames", ()))
        for metric in collector.collect():
            yield f"| `{metric.name}` | {metric.type} | {labels} | {metric.documentation} |"


def _exit_codes() -> str:
    return "Exit codes: 0 done, 1 differences found or refused, 2 wrong usage or configuration, 3 an error in Scrip itself, 130 ended by Ctrl-C or SIGTERM before it was done; `run`, `serve` and `worker` are done when they are stopped."


def _commands() -> Iterator[tuple[str, ...]]:
    from typer.main import get_command

    from graphql_api.processes.cli.commands import app

    yield ()
    for name, command in sorted(getattr(get_command(app), "commands", {}).items()):
        yield (name,)
        for inner in sorted(getattr(command, "commands", {})):
            yield (name, inner)


def _help(words: tuple[str, ...]) -> str:
    from typer.testing import CliRunner

    from graphql_api.processes.cli.commands import app

    plain = {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
    shown = CliRunner().invoke(app, [*words, "--help"], env=plain, prog_name="scrip", catch_exceptions=False).stdout
    return "\n".join(line.rstrip() for line in shown.strip("\n").splitlines())
