"""Making a sealed bundle of the log, in this process or in one of its own; who may have it was decided before."""

import asyncio
import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

from audit.bundle import CHECKPOINT, INDEXES, BundleTooLarge, pack
from audit.export import ENTRIES_MAX, ExportRefused, Wanted, export
from audit.progress import Progress, unwatched
from audit.sealed_bundle import SealRefused, read_key, seal_bundle
from audit.search import EventFilter
from audit.signing import SigningKey
from graphql_api.audit_log.desk import AUDITOR_ROLE, within_tenancy
from ledger.engine.connecting import connect

_SETTINGS = {"role": AUDITOR_ROLE, "application_name": "scrip audit", "timezone": "UTC"}
_FILTER = "filter."


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A sealed bundle, its number of entries, and the checkpoint in it, which the auditor keeps for the next time."""

    sealed: bytes
    entries: int
    checkpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What making a bundle takes, apart from a database's answer: it can be given to another process.

    terms: what was asked for and agreed to; about: what the manifest says of it
    """

    url: str
    terms: Mapping[str, str | int | None]
    about: Mapping[str, object]
    key: SigningKey
    entries_max: int = ENTRIES_MAX


async def make_bundle(order: Order, on_progress: Progress = unwatched) -> Exported:
    """The bundle, sealed; nothing is recorded yet. ExportRefused where the log does not have what was asked."""
    files = await _files(order, on_progress)
    try:
        sealed = seal_bundle(pack(files), read_key(str(order.terms["auditorKey"])))
    except SealRefused as refused:
        raise ExportRefused(str(refused)) from None
    except BundleTooLarge as refused:
        raise ExportRefused(f"{refused}; ask for fewer entries at a time") from None
    return Exported(sealed=sealed, entries=files[INDEXES].count(b"\n"), checkpoint=files[CHECKPOINT].decode())


def make_here(order: Order) -> Exported:
    """The same on an event loop of its own."""
    return asyncio.run(make_bundle(order))


def make_in_child(order: Order) -> Exported:
    """The same in a process of its own: neither its work nor its memory is this one's. BrokenProcessPool where that
    process is killed.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(make_here, order).result()


async def _files(order: Order, on_progress: Progress) -> Mapping[str, bytes]:
    terms = order.terms
    described = {name.removeprefix(_FILTER): str(text) for name, text in terms.items() if name.startswith(_FILTER)}
    until = terms["untilIndex"]
    wanted = Wanted(
        filter=EventFilter.parse(described),
        first=int(terms["fromIndex"] or 0),
        stop=None if until is None else int(until),
        since=[int(size) for size in str(terms["sinceSizes"]).split()],
        entries_max=order.entries_max,
    )
    connection = await connect(order.url, server_settings=_SETTINGS)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            mine = replace(wanted, filter=await within_tenancy(connection, wanted.filter))
            return await export(connection, mine, about=order.about, key=order.key, on_progress=on_progress)
    finally:
        await connection.close()
