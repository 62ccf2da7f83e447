"""`scrip voucher`: a file of members, and a partner's codes; every line once, however often it is run."""

import asyncio
import json
import time
import tracemalloc
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from pathlib import Path

import pytest

from graphql_api.processes.importing.faults import UnusableFile
from graphql_api.processes.importing.tally import Tally
from graphql_api.processes.voucher_files.code_file import CodesWanted, CodeTally, run_code_import
from graphql_api.processes.voucher_files.issue_file import IssueWanted, run_issue
from ledger.vouchers.template import create_template, publish_template
from ledger.vouchers.template_body import Exchange, FixedDiscount, Limits, Stock, TemplateBody, Validity
from tests.bank import Bank
from tests.command_line import run_scrip
from tests.databases import ROOT
from tests.fixtures_application import ROOT_KEY
from tests.shell import SCRIP, environment

FIVE_OFF = TemplateBody(
    gives=FixedDiscount(amount_minor=500),
    validity=Validity(expiry="30 days"),
    money_asset="CNY",
    issue_limits=Limits(total=2),
)
CINEMA = TemplateBody(gives=Exchange(item="ticket"), validity=Validity(expiry="30 days"), stock=Stock.IMPORTED)


async def make_template(bank: Bank, code: str, body: TemplateBody) -> None:
    """A live template."""
    units, olga = bank.application.units, bank.actor("operator", "olga")
    await create_template(units, olga, code=code, body=body)
    await publish_template(units, olga, code=code)


async def issue(bank: Bank, path: Path, *, template: str | None = "T1", batch: str = "b1") -> Tally:
    """A run over a file of members."""
    wanted = IssueWanted(
        path=path, programme=None, template=template, batch=batch, refused=path.with_suffix(".refused.jsonl")
    )
    return await run_issue(bank.application.settings, bank.url, wanted, lambda _step, _more: None)


async def import_file(bank: Bank, path: Path, *, template: str = "CINEMA", batch: str = "b1") -> CodeTally:
    """A run over a file of codes."""
    wanted = CodesWanted(path=path, programme=None, template=template, batch=batch)
    return await run_code_import(bank.application.settings, bank.url, wanted, lambda _step, _more: None)


async def test_each_member_of_a_file_receives_a_voucher_once(bank: Bank, tmp_path: Path) -> None:
    """A second run of the batch finds all of it done; another batch issues again."""
    await make_template(bank, "T1", FIVE_OFF)
    for name in ("ines", "otto"):
        await bank.enrol(name)
    path = tmp_path / "members.txt"
    path.write_text("ines\n\n otto \r\n")

    first, again, another = await issue(bank, path), await issue(bank, path), await issue(bank, path, batch="b2")

    assert [(tally.lines, tally.done["issued"], tally.known) for tally in (first, again, another)] == [
        (2, 2, 0),
        (2, 2, 2),
        (2, 2, 0),
    ]
    assert await bank.count("book.vouchers") == 4


async def test_lines_that_cannot_be_are_refused_by_name_and_the_rest_goes_on(bank: Bank, tmp_path: Path) -> None:
    """An unknown member is accepted as soon as it is enrolled, under the same batch."""
    await make_template(bank, "T1", FIVE_OFF)
    await bank.enrol("ines")
    path = tmp_path / "members.csv"
    path.write_bytes(
        b"member,template,reference\n"
        b"ines,,R1\nnobody,,\nines,NONE,\n\xff,,\nines\n,,\nines,T1,R1\nines,T1,R2\nines,T1,R3\n"
        b"ines\0,,\nines,,R\0\n"
    )

    first = await issue(bank, path)
    await bank.enrol("nobody")
    second = await issue(bank, path)

    refused = [json.loads(line) for line in (tmp_path / "members.refused.jsonl").read_text().splitlines()]
    assert first.refused == {
        "MEMBER_NOT_FOUND": 2,
        "BAD_VALUE": 1,
        "TEMPLATE_NOT_FOUND": 1,
        "BAD_UTF8": 1,
        "BAD_CSV": 1,
        "MISSING_FIELD": 1,
        "REFERENCE_TAKEN": 1,
        "LIMIT_REACHED": 1,
    }
    assert (first.done["issued"], second.done["issued"], second.known) == (2, 3, 2)
    assert [each["line"] for each in refused] == [4, 5, 6, 7, 8, 10, 11, 12]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m.xlsx", "ines\n"),
        ("m.csv", "name\nines\n"),
        ("m.csv", "member,member\n"),
        ("m.csv", "member,templete\nines,T2\n"),
    ],
)
async def test_a_file_of_another_form_is_refused_as_a_whole(bank: Bank, tmp_path: Path, name: str, text: str) -> None:
    """Nothing is issued."""
    path = tmp_path / name
    path.write_text(text)

    with pytest.raises(UnusableFile):
        await issue(bank, path)


def command_line(bank: Bank, path: Path) -> tuple[list[str], dict[str, str]]:
    """The command of a run as a process of its own, and its environment."""
    words = ["voucher", "issue", str(path), "--template", "T1", "--json"]
    settings = environment(SCRIP_DATABASE_URL=bank.url, SCRIP_VAR=str(path.parent), SCRIP_ROOT_KEY=ROOT_KEY.hex())
    return [*SCRIP, *words], settings


async def test_a_run_that_is_killed_is_run_again(bank: Bank, tmp_path: Path) -> None:
    """Between them every line is decided once: two vouchers for each of forty members, who stand there 75 times."""
    await make_template(bank, "T1", FIVE_OFF)
    names = [f"m{number}" for number in range(40)]
    for name in names:
        await bank.enrol(name)
    path = tmp_path / "members.txt"
    path.write_text("\n".join(names * 75))
    command, environment = command_line(bank, path)

    begun = await asyncio.create_subprocess_exec(*command, env=environment, cwd=ROOT, stdout=DEVNULL, stderr=DEVNULL)
    for _ in range(1_500):
        if begun.returncode is not None or await bank.count("book.vouchers"):
            break
        await asyncio.sleep(0.02)
    with suppress(ProcessLookupError):
        begun.kill()
    await begun.wait()
    again = await asyncio.create_subprocess_exec(*command, env=environment, cwd=ROOT, stdout=PIPE)
    report = json.loads((await again.communicate())[0])

    assert (report["lines"], report["issued"], report["refused"]) == (3_000, 80, {"LIMIT_REACHED": 2_920})
    assert await bank.count("book.vouchers") == 80
    assert again.returncode == 1


async def test_partners_codes_are_imported_once_and_duplicates_are_told(bank: Bank, tmp_path: Path) -> None:
    """Duplicates in the file, in the book and in another import; what can be no code; by their lines in the file."""
    await make_template(bank, "CINEMA", CINEMA)
    path, more = tmp_path / "codes.csv", tmp_path / "more.txt"
    path.write_text("note,code\na,FILM-000001\n\nb,FILM-000002\nc,film 000001\nd,x\ne,\n")
    more.write_text("FILM-000002\nFILM-000003\n")

    first, again, other = (
        await import_file(bank, path),
        await import_file(bank, path),
        await import_file(bank, more, batch="b2"),
    )

    assert (first.imported, first.duplicate_lines, first.malformed_lines) == (2, [5], [6, 7])
    assert again == first
    assert (other.imported, other.duplicate_lines, other.malformed_lines) == (1, [1], [])
    assert await bank.count("book.imported_codes") == 3


async def test_a_batch_that_was_refused_needs_another_name(bank: Bank, tmp_path: Path) -> None:
    """What is refused stays refused under the batch, so the advice is not to run it again."""
    await make_template(bank, "CINEMA", CINEMA)
    path = tmp_path / "codes.txt"
    path.write_text("FILM0000000001\n")
    environ = {"SCRIP_DATABASE_URL": bank.url, "SCRIP_VAR": str(tmp_path), "SCRIP_ROOT_KEY": ROOT_KEY.hex()}

    ended = [
        await asyncio.to_thread(run_scrip, "voucher", "import", path, "--template", template, *batch, **environ)
        for template, batch in (("NONE", ()), ("CINEMA", ()), ("CINEMA", ("--batch", "again")))
    ]

    assert [each.returncode for each in ended] == [2, 2, 0]
    assert [each.stderr.partition("(")[2].partition(")")[0] for each in ended[:2]] == [
        "TEMPLATE_NOT_FOUND",
        "IDEMPOTENCY_CONFLICT",
    ]
    assert all(each.stderr.endswith("Once that is mended, name another --batch.\n") for each in ended[:2])


async def test_memory_does_not_grow_with_the_file(bank: Bank, tmp_path: Path) -> None:
    """Six times as many codes take no more of it; the first run is for what every process makes once."""
    await make_template(bank, "CINEMA", CINEMA)

    _, few, many = [await peak_of_import(bank, tmp_path / f"FILM{count}", count) for count in (1_000, 4_000, 24_000)]

    assert many < 1.2 * few


async def peak_of_import(bank: Bank, path: Path, count: int) -> int:
    """The most memory, in bytes, that a run over so many codes took, all of them new."""
    path = path.with_suffix(".txt")
    path.write_text("".join(f"{path.stem}{number:05d}\n" for number in range(count)))
    tracemalloc.start()
    tally = await import_file(bank, path, batch=path.stem)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert tally.imported == count
    return peak


@pytest.mark.bench
async def test_codes_are_imported_at_a_hundred_thousand_a_minute(bank: Bank, tmp_path: Path) -> None:
    """One after the other, in one process."""
    await make_template(bank, "CINEMA", CINEMA)
    path, count = tmp_path / "codes.txt", 30_000
    path.write_text("".join(f"FILM{number:010d}\n" for number in range(count)))

    begun = time.monotonic()
    tally = await import_file(bank, path)

    assert tally.imported == count
    assert time.monotonic() - begun < 60 * count / 100_000
