"""Putting a file of members on a list that campaigns may be for: chunk by chunk, in bounded memory, safe to run again."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from graphql_api.bootstrap import Application, open_application
from graphql_api.processes.bulk import Progress
from graphql_api.processes.importing.names import find_members, find_programme
from graphql_api.processes.importing.tally import Tally
from graphql_api.processes.voucher_files.columns import Row, read_rows
from graphql_api.settings import Settings
from ledger.book.refusal import Refusal, RefusalCode
from ledger.campaigns.member_list import CHUNK_MAX, extend_list
from ledger.engine.command import Actor

LISTED: Final = "listed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWanted:
    """What the command line asks for; `code` is the list's."""

    path: Path
    programme: str | None
    code: str
    operator: str
    refused: Path


async def load_list(settings: Settings, url: str, wanted: ListWanted, progress: Progress) -> Tally:
    """Puts each line's member on the list; whoever is on it already counts as known.

    Raises UnusableFile where the file has no such form, INVALID_INPUT where the list's code is none.
    """
    async with open_application(settings, url=url) as application:
        programme_id = await find_programme(application.reader, wanted.programme)
        actor = Actor(kind="operator", id=wanted.operator, programme_id=programme_id)
        tally = Tally(path=wanted.refused)
        tally.begin()
        try:
            reading = read_rows(wanted.path, "member")
            while rows := list(islice(reading, CHUNK_MAX)):
                await _load(application, actor, wanted.code, rows, tally)
                progress(tally.told(), sum(row.raw.size for row in rows))
        finally:
            tally.close()
    return tally


async def _load(application: Application, actor: Actor, code: str, rows: Sequence[Row], tally: Tally) -> None:
    names = {row.cells["member"] for row in rows if row.fault is None}
    members = await find_members(application.reader, actor.programme_id, names)
    extended = await extend_list(application.units, actor, code=code, members=list(members.values()))
    for row in rows:
        if row.cells.get("member") in members:
            tally.accept(LISTED)
        else:
            tally.refuse(row.line(), row.fault or Refusal(RefusalCode.MEMBER_NOT_FOUND))
    tally.known += sum(row.cells.get("member") in members for row in rows) - extended.added
