"""Importing a partner's own codes: they wait in stock, in the order in which they came, until members receive them.

A file is read in chunks, each one command under its own key, so that an import that was interrupted is started again
and takes nothing twice. A code that is known already is reported and left alone.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import ClassVar, Final
from uuid import UUID

from ledger.book.refusal import refuse_input
from ledger.engine.command import Actor, command_class
from ledger.engine.engine import Engine
from ledger.engine.journal import post
from ledger.engine.ports import Sealer
from ledger.engine.reply import reply
from ledger.engine.shelf import Key
from ledger.engine.state import State
from ledger.points.command import require_room
from ledger.vouchers.code import SealedCode, seal_code
from ledger.vouchers.rows import (
    IMPORTED_BY_CODE,
    IMPORTED_CODES,
    VOUCHER_STOCKS,
    VOUCHERS_BY_CODE,
    ImportedCode,
    Template,
    VoucherStock,
)
from ledger.vouchers.stock import imported_code_id, locked_stock, stock_draft, units_of_piece
from ledger.vouchers.stock_command import StockCommand
from ledger.vouchers.template_body import Stock

CHUNK_MAX: Final = 1000


@reply
class ImportReceipt:
    """What one chunk came to. `duplicates` are the places, from 0, of codes that were known already."""

    entry_id: UUID | None
    template_id: UUID
    imported: int
    duplicates: tuple[int, ...]
    posted_at: datetime


@command_class
class ImportCodes(StockCommand[ImportReceipt]):
    """Puts up to 1,000 codes into the stock of a template that deals imported codes."""

    kind: ClassVar[str] = "voucher_import"
    reply: ClassVar[type] = ImportReceipt

    codes: tuple[SealedCode, ...] = field(repr=False)

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named; of the codes a digest of their keyed hashes."""
        digest = sha256(b"".join(code.hash for code in self.codes)).hexdigest()
        return {"template": self.template, "codes": digest, "reference": self.reference}

    def require_input(self) -> None:
        """INVALID_INPUT where there is no code or there are more than 1,000."""
        if not 1 <= len(self.codes) <= CHUNK_MAX:
            refuse_input("codes")

    def footprint(self) -> Sequence[Key]:
        """The stock account, locked, with its count; whoever has one of the codes already."""
        known = [shelf.key(code.hash) for code in self.codes for shelf in (IMPORTED_BY_CODE, VOUCHERS_BY_CODE)]
        return [self.stock_key(), VOUCHER_STOCKS.key(self.template_id), *known]

    def decide(self, state: State, now: datetime) -> ImportReceipt:
        """Refused with INVALID_INPUT where the template deals no imported codes, TEMPLATE_NOT_FOUND,
        BALANCE_LIMIT_EXCEEDED.
        """
        template = self.require_template(state, Stock.IMPORTED)
        fresh = self._fresh(state)
        duplicates = tuple(place for place in range(len(self.codes)) if place not in fresh)
        entry_id = self._import(state, template, [self.codes[place] for place in fresh], now) if fresh else None
        return ImportReceipt(
            entry_id=entry_id, template_id=template.id, imported=len(fresh), duplicates=duplicates, posted_at=now
        )

    def _fresh(self, state: State) -> dict[int, None]:
        """The places of the codes that nobody has, each code once, in their order."""
        places = {code.hash: place for place, code in reversed(list(enumerate(self.codes)))}
        return dict.fromkeys(sorted(place for digest, place in places.items() if not _is_known(state, digest)))

    def _import(self, state: State, template: Template, codes: Sequence[SealedCode], now: datetime) -> UUID:
        units = units_of_piece(state, template) * len(codes)
        require_room(locked_stock(state, template), units)
        draft = stock_draft(self, state, template, units, now)
        stock = state.find(VOUCHER_STOCKS, template.id)
        first = 1 if stock is None else stock.imported + 1
        for position, code in enumerate(codes, first):
            row = ImportedCode(
                id=imported_code_id(template.id, position),
                programme_id=template.programme_id,
                template_id=template.id,
                position=position,
                code_hash=code.hash,
                code_sealed=code.sealed,
                entry_id=draft.entry.id,
                voucher_id=None,
            )
            state.add(IMPORTED_CODES, row)
            state.mirror(IMPORTED_BY_CODE, row)
        if stock is None:
            state.add(VOUCHER_STOCKS, VoucherStock(template.id, len(codes), 0))
        else:
            state.put(VOUCHER_STOCKS, stock._replace(imported=stock.imported + len(codes)))
        post(state, draft, self.actor)
        return draft.entry.id


def _is_known(state: State, digest: bytes) -> bool:
    return bool(state.rows(IMPORTED_BY_CODE, digest) or state.rows(VOUCHERS_BY_CODE, digest))


# -- a whole file ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkImported:
    """One chunk of a file: lines are numbered from 1.

    duplicates: lines whose codes were known already, in the file or in the book
    malformed:  lines that can be no codes
    """

    imported: int
    duplicates: tuple[int, ...]
    malformed: tuple[int, ...]
    through: int


async def import_codes(
    engine: Engine, sealer: Sealer, actor: Actor, *, template: str, codes: Iterable[str], import_id: str
) -> AsyncIterator[ChunkImported]:
    """Imports codes, a line each, 1,000 at a time; raises the refusal of the chunk that is refused.

    import_id: names this import. The same lines under the same name are replayed, not taken twice
    """
    for chunk in _chunks(codes, sealer, actor.programme_id):
        if not chunk.codes:
            yield ChunkImported(imported=0, duplicates=(), malformed=chunk.malformed, through=chunk.through)
            continue
        key = f"{import_id}:{chunk.through}"
        command = ImportCodes(actor=actor, key=key, template=template, codes=chunk.codes)
        receipt = (await engine.execute(command)).unwrap()
        yield ChunkImported(
            imported=receipt.imported,
            duplicates=tuple(chunk.lines[place] for place in receipt.duplicates),
            malformed=chunk.malformed,
            through=chunk.through,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    codes: tuple[SealedCode, ...]
    lines: tuple[int, ...]
    malformed: tuple[int, ...]
    through: int


def _chunks(texts: Iterable[str], sealer: Sealer, programme_id: UUID) -> Iterator[_Chunk]:
    numbering = enumerate(texts, 1)
    while numbered := list(islice(numbering, CHUNK_MAX)):
        codes, lines, malformed = [], [], []
        for line, text in numbered:
            try:
                codes.append(seal_code(text.strip(), sealer, programme_id))
                lines.append(line)
            except ValueError:
                malformed.append(line)
        yield _Chunk(codes=tuple(codes), lines=tuple(lines), malformed=tuple(malformed), through=numbered[-1][0])
