"""How PostgreSQL comes to a rule's answer: each table is read a few times, however many rows the book has."""

import json
import re
from collections.abc import Iterator
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from graphql_api.audit_log.log_reconciling import auditing
from ledger.engine.check_rule import Rule
from ledger.reports.check import _SETTINGS, RULES

Plan = dict[str, Any]

READS_ALL = ("Hash Join", "Merge Join", "Seq Scan")


async def test_no_rule_reads_whole_tables_for_each_row(database_url: str) -> None:
    """What is done again for each row reaches its rows by an index: joining there reads whole tables each time."""
    async with auditing(database_url, book_schema="book") as connection:
        await connection.execute(_SETTINGS.compiled("book").text)
        # An empty table is always scanned, unless that is not allowed.
        await connection.execute("SET LOCAL enable_seqscan = off")
        again = {rule.name: set(_read_again(await _plan(connection, rule))) for rule in RULES}

    assert {name: kinds for name, kinds in again.items() if kinds} == {}


async def _plan(connection: "PoolConnectionProxy[asyncpg.Record]", rule: Rule) -> Plan:
    text = re.sub(r"\$\d+\b", "1", rule.query.compiled("book").text)
    explained: Plan = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON, VERBOSE) {text}"))[0]["Plan"]
    return explained


def _read_again(plan: Plan) -> Iterator[str]:
    """The kinds of nodes that read whole tables of what happened once more for each row of another."""
    text = json.dumps(plan)
    return (node["Node Type"] for node in _done_again(plan, text) if node["Node Type"] in READS_ALL and _grows(node))


def _done_again(node: Plan, text: str, *, is_again: bool = False) -> Iterator[Plan]:
    """Every node that runs once more for each row of another; what is kept after the first time is none."""
    if is_again:
        yield node
    for place, child in enumerate(node.get("Plans", ())):
        yield from _done_again(child, text, is_again=_is_done_again(node, child, place, text, is_again=is_again))


def _is_done_again(node: Plan, child: Plan, place: int, text: str, *, is_again: bool) -> bool:
    if child["Parent Relationship"] == "InitPlan" or node["Node Type"] == "Materialize":
        return False
    if child["Parent Relationship"] == "SubPlan":
        return f"hashed {child['Subplan Name']}" not in text
    return is_again or (node["Node Type"] == "Nested Loop" and place == 1)


def _grows(node: Plan) -> bool:
    """Whether it reads what every entry adds to; configuration is small."""
    return node.get("Schema") in ("book", "audit") or any(map(_grows, node.get("Plans", ())))
