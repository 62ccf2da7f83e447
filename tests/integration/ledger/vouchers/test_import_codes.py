"""Imported codes: a partner's own, dealt in the order of import, each once (semantics 5.2)."""

import asyncio
from collections.abc import Iterable

from ledger.vouchers.code import read_code
from ledger.vouchers.import_codes import ChunkImported, import_codes
from ledger.vouchers.template_body import Stock, StoredValue
from tests.bank import Bank, code_of
from tests.voucher_desk import COFFEE, VoucherDesk


async def _import(bank: Bank, template: str, codes: Iterable[str], import_id: str = "file-1") -> list[ChunkImported]:
    operator = bank.actor("operator", "olga")
    running = bank.application
    chunks = import_codes(running.engine, running.sealer, operator, template=template, codes=codes, import_id=import_id)
    return [chunk async for chunk in chunks]


async def test_codes_are_dealt_in_the_order_of_import(bank: Bank, desk: VoucherDesk) -> None:
    """The owner is shown the code as the partner wrote it; what is typed finds it whatever the case."""
    members, template = [await bank.enrol(f"m-{n}") for n in range(3)], await desk.live("OWN", stock=Stock.IMPORTED)
    await _import(bank, template, ["Cafe-One-1", "Cafe-Two-2"])

    outcomes = await bank.application.engine.execute_list([desk.issuing(member, template) for member in members])

    assert [code_of(outcome) for outcome in outcomes] == ["", "", "OUT_OF_STOCK"]
    vouchers = [outcome.unwrap().voucher_id for outcome in outcomes[:2]]
    assert [await desk.text_of(voucher) for voucher in vouchers] == ["Cafe-One-1", "Cafe-Two-2"]
    typed = read_code("cafe one 1", bank.application.sealer, bank.programme_id)
    assert typed is not None
    assert typed.hash == (await desk.voucher(vouchers[0]))["code_hash"]


async def test_duplicates_and_malformed_lines_are_reported(bank: Bank, desk: VoucherDesk) -> None:
    """By their line: in the file, across chunks, across templates, and against codes that were dealt; nothing is taken
    twice.
    """
    member = await bank.enrol("m-1")
    template, other = await desk.live("OWN", stock=Stock.IMPORTED), await desk.live("OTHER", stock=Stock.IMPORTED)
    dealt = await desk.text_of((await desk.issue(member, await desk.live("COFFEE"))).voucher_id)
    await _import(bank, other, ["ELSEWHERE-1"], "file-0")

    lines = [
        "CODE-01",
        "code 01",
        "C0DE-01",
        "???",
        "short",
        "ELSEWHERE-1",
        dealt,
        *(f"BULK-{n:05}" for n in range(1995)),
        "CODE-01",
    ]
    chunks = await _import(bank, template, lines)

    assert [chunk.imported for chunk in chunks] == [994, 1000, 2]
    assert [chunk.duplicates for chunk in chunks] == [(2, 3, 6, 7), (), (2003,)]
    assert [chunk.malformed for chunk in chunks] == [(4, 5), (), ()]
    assert await desk.balance(template, "stock") == 1996


async def test_an_import_may_be_started_again(bank: Bank, desk: VoucherDesk) -> None:
    """The same lines under the same name change nothing; under another name every one is a duplicate."""
    template = await desk.live("OWN", stock=Stock.IMPORTED)
    lines = [f"BULK-{n:05}" for n in range(1200)]
    first = await _import(bank, template, lines[:1000])

    again = await _import(bank, template, lines)
    under_another = await _import(bank, template, lines, "file-2")

    assert first[0] == again[0]
    assert [chunk.imported for chunk in again] == [1000, 200]
    assert [chunk.imported for chunk in under_another] == [0, 0]
    assert await desk.balance(template, "stock") == 1200


async def test_two_imports_of_the_same_codes_race(bank: Bank, desk: VoucherDesk) -> None:
    """Each code is taken by one of them."""
    one, other = await desk.live("ONE", stock=Stock.IMPORTED), await desk.live("OTHER", stock=Stock.IMPORTED)
    lines = [f"BULK-{n:05}" for n in range(600)]

    results = await asyncio.gather(_import(bank, one, lines, "a"), _import(bank, other, lines, "b"))

    assert sum(chunk.imported for chunks in results for chunk in chunks) == 600
    assert await bank.count("book.imported_codes") == 600


async def test_an_imported_card_brings_its_value_into_stock(bank: Bank, desk: VoucherDesk) -> None:
    """Units of stored value; a template that deals its own codes takes none."""
    member = await bank.enrol("m-1")
    card = await desk.live("CARD", COFFEE, stock=Stock.IMPORTED, gives=StoredValue(value_minor=2500))
    await _import(bank, card, ["GIFTCARD-1", "GIFTCARD-2"])

    issued = await desk.issue(member, card)
    refused = await bank.application.engine.execute(desk.issuing(member, "NONE"))

    assert issued.units == 2500
    assert await desk.balance(card, "stock") == 2500
    assert code_of(refused) == "TEMPLATE_NOT_FOUND"
    assert code_of(await desk.top_up(card, 1)) == "INVALID_INPUT"
