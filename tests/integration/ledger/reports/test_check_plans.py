"""How PostgreSQL comes to a rule's answer: each table is read a few times, however many rows the book has."""

import json
import re
from collections.abc import Iterator
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from audit import reconcile
from graphql_api.audit_log import log_reconciling
from graphql_api.audit_log.log_reconciling import auditing
from ledger.engine.check_rule import Rule
from ledger.reports.check import _SETTINGS, RULES

Plan = dict[str, Any]

READS_ALL = ("Hash Join", "Merge Join", "Seq Scan")


async def test_no_rule_reads_whole_tables_for_each_row(database_url: str) -> None:
    """What is done again for each row reaches its rows by an index: joining there reads whole tables each time."""
    plans = await _plans(database_url)

    again = {name: [node["Node Type"] for node in _read_again(plan)] for name, plan in plans.items()}
    assert {name: kinds for name, kinds in again.items() if kinds} == {}


async def test_no_rule_pairs_rows_by_a_part_of_what_they_share(database_url: str) -> None:
    """Merging two indexes by the template, and comparing ids of each pair, is a loop within a loop by another name."""
    plans = await _plans(database_url)

    pairing = {
        name: [node["Join Filter"] for node in _nodes(plan) if _merges_in_part(node)] for name, plan in plans.items()
    }
    assert {name: filters for name, filters in pairing.items() if filters} == {}


async def test_no_answer_is_read_for_each_campaign(database_url: str) -> None:
    """What an activity met is taken from its answer once, also where there seem to be no campaigns."""
    await _take_for_empty(database_url, "registry.campaigns")

    plans = await _plans(database_url)

    again = {
        name: [
            read["Function Call"]
            for node in _nodes(plan)
            if node["Node Type"] == "Nested Loop"
            for read in _reading(node)
        ]
        for name, plan in plans.items()
    }
    assert {name: calls for name, calls in again.items() if calls} == {}


async def test_the_few_rows_of_configuration_are_hashed_and_not_the_events(database_url: str) -> None:
    """Records of every event would go through temporary files."""
    plan = (await _plans(database_url))["registry_row_matches_events"]

    hashed = [node for node in _nodes(plan) if node["Node Type"] == "Hash"]
    assert [node for node in hashed if "events" in {each.get("Relation Name") for each in _nodes(node)}] == []


async def test_the_log_is_not_read_for_each_entry(database_url: str) -> None:
    """Records are reached by their ids, also where the log seems to be empty; what lacks its place is hashed."""
    await _take_for_empty(database_url, "audit.leaves, audit.events, audit.pending")

    async with auditing(database_url, book_schema="book") as connection:
        await connection.execute(log_reconciling._SETTINGS)
        records = [await _explained(connection, query) for query in (reconcile._LOGGED, reconcile._WAITING)]
        lost = await _explained(connection, reconcile._LOST)

    assert [node["Node Type"] for plan in records for node in _nodes(plan) if node["Node Type"].endswith(" Join")] == []
    assert [node["Join Filter"] for node in _nodes(lost) if node["Node Type"] == "Nested Loop"] == []


async def _take_for_empty(url: str, tables: str) -> None:
    """Has statistics made of tables that have no rows yet."""
    owner = await asyncpg.connect(url)
    await owner.execute(f"ANALYZE {tables}")
    await owner.close()


async def _plans(url: str) -> dict[str, Plan]:
    """Each rule's plan as the checker has it made, where no table has rows or statistics."""
    async with auditing(url, book_schema="book") as connection:
        await connection.execute(_SETTINGS.compiled("book").text)
        # An empty table is always scanned, unless that is not allowed.
        await connection.execute("SET LOCAL enable_seqscan = off")
        return {rule.name: await _plan(connection, rule) for rule in RULES}


async def _plan(connection: "PoolConnectionProxy[asyncpg.Record]", rule: Rule) -> Plan:
    return await _explained(connection, re.sub(r"\$\d+\b", "1", rule.query.compiled("book").text))


async def _explained(connection: "PoolConnectionProxy[asyncpg.Record]", query: str) -> Plan:
    plan: Plan = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON, VERBOSE) {query}"))[0]["Plan"]
    return plan


def _nodes(node: Plan) -> Iterator[Plan]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _merges_in_part(node: Plan) -> bool:
    return node["Node Type"] == "Merge Join" and "Join Filter" in node


def _reading(loop: Plan) -> Iterator[Plan]:
    """What takes an answer apart, where campaigns are joined already."""
    sides = {child["Parent Relationship"]: child for child in loop["Plans"]}
    joined = {each.get("Relation Name") for each in _nodes(sides["Outer"])}
    if "outcome" in sides["Inner"].get("Function Call", "") and "campaigns" in joined:
        yield sides["Inner"]


def _read_again(plan: Plan) -> Iterator[Plan]:
    """The nodes that read whole tables of what happened once more for each row of another."""
    text = json.dumps(plan)
    return (node for node in _done_again(plan, text) if node["Node Type"] in READS_ALL and _grows(node))


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
