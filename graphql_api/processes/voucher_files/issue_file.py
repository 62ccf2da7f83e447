"""Issuing vouchers to a file of members: in the order of the file, each line under its own key, in bounded memory."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID

from graphql_api.bootstrap import Application, open_application
from graphql_api.processes.bulk import Progress
from graphql_api.processes.importing.faults import LineFault
from graphql_api.processes.importing.fields import read_own_key
from graphql_api.processes.importing.names import find_members, find_source
from graphql_api.processes.importing.parse import derived_key
from graphql_api.processes.importing.tally import Tally
from graphql_api.processes.submitting import submit_list
from graphql_api.processes.voucher_files.columns import Row, read_rows
from graphql_api.settings import Settings
from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.command import Actor
from ledger.vouchers.code import deal_code
from ledger.vouchers.issue import IssueVoucher

ISSUED: Final = "issued"
_CHUNK: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueWanted:
    """What the command line asks for.

    template: of lines that name none
    batch:    names this issue: the same lines under the same name are issued once
    """

    path: Path
    programme: str | None
    template: str | None
    batch: str
    refused: Path


async def run_issue(settings: Settings, url: str, wanted: IssueWanted, progress: Progress) -> Tally:
    """Issues a voucher for each line; a line that was decided by an earlier run is not decided again.

    Raises UnusableFile where the file has no such form, and the refusal where the engine takes nothing any more.
    """
    async with open_application(settings, url=url) as application:
        actor = await find_source(application.reader, wanted.programme, f"voucher-issue:{wanted.batch}")
        tally = Tally(path=wanted.refused)
        tally.begin()
        try:
            reading = read_rows(wanted.path, "member", others=("template", "reference"))
            while rows := list(islice(reading, _CHUNK)):
                await _issue(application, actor, wanted, [_with_reference(row) for row in rows], tally)
                progress(tally.told(), sum(row.raw.size for row in rows))
        finally:
            tally.close()
    return tally


async def _issue(
    application: Application, actor: Actor, wanted: IssueWanted, rows: Sequence[Row], tally: Tally
) -> None:
    names = {row.cells["member"] for row in rows if row.fault is None}
    members = await find_members(application.reader, actor.programme_id, names)
    lines = [row.line(_key_of(row, wanted)) for row in rows]
    commands = {
        line.number: _command(application, actor, wanted, row, line.key, members[row.cells["member"]])
        for row, line in zip(rows, lines, strict=True)
        if row.cells.get("member") in members
    }
    outcomes = dict(zip(commands, await submit_list(application.engine, list(commands.values())), strict=True))
    for line in lines:
        outcome = outcomes.get(line.number)
        if outcome is None:
            # Asked of nobody and kept nowhere, so that the same line is accepted once the member is enrolled.
            tally.refuse(line, line.fault or Refusal(RefusalCode.MEMBER_NOT_FOUND))
        elif outcome.refusal is not None:
            tally.refuse(line, outcome.refusal)
        else:
            tally.accept(ISSUED, replayed=outcome.replayed)


def _with_reference(row: Row) -> Row:
    """The row, or its fault where it names a reference that can be none."""
    try:
        if "reference" in row.cells:
            read_own_key("reference", row.cells["reference"])
    except LineFault as fault:
        return replace(row, cells={}, fault=fault)
    return row


def _key_of(row: Row, wanted: IssueWanted) -> str:
    return derived_key(row.raw.number, row.raw.data + b"\n" + (wanted.template or "").encode())


def _command(
    application: Application, actor: Actor, wanted: IssueWanted, row: Row, key: str, member_id: UUID
) -> IssueVoucher:
    return IssueVoucher(
        actor=actor,
        key=key,
        reference=row.cells.get("reference"),
        member_id=member_id,
        template=row.cells.get("template") or wanted.template or "",
        deal=partial(deal_code, secrets.token_bytes, application.sealer, actor.programme_id),
    )
