"""Exports: bundles from a real log that the offline verifier accepts, and that say what was left out."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from audit.bundle import Files, pack, unpack
from audit.checkpoint import verify_checkpoint
from audit.export import ExportRefused, Wanted, export
from audit.policy import Policy
from audit.proof import prove_entry
from audit.search import EventFilter, search_page
from audit.verdict import Answer, Question, Verdict
from audit.verify import verify_bundle
from ledger.points.adjust import AdjustPoints
from ledger.programme.rates import set_adjustment_limit
from tests.bank import Bank, bank
from tests.fixtures_application import application, settings
from tests.sequenced_log import KEY, sequencing

__all__ = ["application", "bank", "settings"]
POLICY = Policy(key=KEY.verifier, age_max=timedelta(hours=1))


@asynccontextmanager
async def auditing(bank: Bank) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """One snapshot in the auditor's role."""
    connection = await asyncpg.connect(bank.url, server_settings={"role": "scrip_auditor"})
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
    finally:
        await connection.close()


async def sequence(bank: Bank) -> int:
    """Gives everything its place; the log's size."""
    async with sequencing(bank.url) as sequencer:
        return (await sequencer.sequence()).size


async def exported(bank: Bank, wanted: Wanted, **about: str) -> Files:
    """A bundle of the log as it stands, whose making was told from beginning to end."""
    told: list[tuple[int, int]] = []
    async with auditing(bank) as connection:
        files = await export(
            connection, wanted, about=about, key=KEY, on_progress=lambda more, of: told.append((more, of))
        )
    assert [sum(more for more, _ in told)] == [of for _, of in told]
    return files


def verdict_of(files: Files, seen: Mapping[str, bytes] | None = None) -> Verdict:
    """What the verifier says, as it comes out of the archive."""
    kept = [] if seen is None else [verify_checkpoint(seen["checkpoint"].decode(), KEY.verifier)]
    return verify_bundle(unpack(pack(files)), POLICY, kept, datetime.now(UTC))


async def adjust(bank: Bank, member_id: object, amount: int, reason: str) -> None:
    """Corrects a balance for a reason in words."""
    command = AdjustPoints(
        actor=bank.actor("operator", "olga"),
        key=bank.key(),
        member_id=member_id,  # type: ignore[arg-type]
        amount=amount,
        reason_code="GOODWILL",
        reason=reason,
    )
    (await bank.application.engine.execute(command)).unwrap()


@pytest.fixture
async def busy(bank: Bank) -> Bank:
    """A bank with two members, a few entries and a sealed reason."""
    await set_adjustment_limit(
        bank.application.units, bank.actor("operator", "olga"), asset="POINTS", actor_kind="operator", amount=1_000
    )
    for name in ("ada", "bob"):
        member_id = await bank.enrol(name)
        for amount in range(10, 14):
            await bank.earn(member_id, amount)
        await adjust(bank, member_id, 5, f"sorry, {name}")
    return bank


async def test_the_whole_log_is_exported_and_verifies(busy: Bank) -> None:
    """Every question that was asked holds; the sealed reasons are there, their words are not."""
    size = await sequence(busy)

    files = await exported(busy, Wanted(filter=EventFilter()), purpose="yearly audit")
    verdict = verdict_of(files)

    assert verdict.failing == frozenset(), verdict.as_text()
    assert verdict.results[Question.COMPLETENESS].summary == f"every entry from 0 to {size - 1}"
    assert verdict.results[Question.PARTS].facts == {"present": 2, "erased": 0, "missing": 0}
    assert verdict.manifest["purpose"] == "yearly audit"
    assert b"sorry" not in b"".join(files.values())


async def test_an_account_s_history_is_exported_as_a_whole(busy: Bank) -> None:
    """A filter by one stream proves itself complete, without the rest of the log."""
    await sequence(busy)
    member_id = (await busy.fetch("SELECT id FROM {book}.members WHERE external_id = 'ada'"))[0][0]
    wallet = await busy.account(member_id)

    files = await exported(busy, Wanted(filter=EventFilter(stream=wallet["id"], programme=busy.programme_id)))
    verdict = verdict_of(files)

    assert verdict.failing == frozenset(), verdict.as_text()
    assert verdict.results[Question.COMPLETENESS].facts["whole_streams"] == 1
    assert files["heads"].decode() == f"{wallet['id']} {wallet['version']}\n"
    assert files["entries.jsonl"].count(b"\n") == wallet["version"] == 5


async def test_the_next_bundle_continues_the_last_one(busy: Bank) -> None:
    """A part of the log proves, since the size that the auditor saw, that nothing before was rewritten."""
    before = await sequence(busy)
    first = await exported(busy, Wanted(filter=EventFilter()))
    await busy.earn((await busy.fetch("SELECT id FROM {book}.members LIMIT 1"))[0][0], 99)
    await sequence(busy)

    second = await exported(busy, Wanted(filter=EventFilter(), first=before, since=(before,)))
    verdict = verdict_of(second, seen=first)

    assert verdict.failing == frozenset(), verdict.as_text()
    assert verdict.results[Question.HISTORY].answer is Answer.HOLDS


async def test_an_erased_person_s_part_counts_as_erased(busy: Bank) -> None:
    """The bundle brings along the entry that says so, also where only the person's entries were asked for."""
    member_id = (await busy.fetch("SELECT id FROM {book}.members WHERE external_id = 'ada'"))[0][0]
    connection = await asyncpg.connect(busy.url)
    await connection.execute("DELETE FROM audit.parts WHERE subject_id = $1", member_id)
    await connection.close()
    await sequence(busy)
    lost = verdict_of(await exported(busy, Wanted(filter=EventFilter(type="adjust", subject=member_id))))
    async with busy.application.audit.acts.begin() as doing:
        doing.record("subject_erased", subject_id=member_id)
    await sequence(busy)

    erased = verdict_of(await exported(busy, Wanted(filter=EventFilter(type="adjust", subject=member_id))))

    assert lost.failing == {Question.PARTS}
    assert erased.failing == frozenset(), erased.as_text()
    assert erased.results[Question.PARTS].facts == {"present": 0, "erased": 1, "missing": 0}
    assert erased.manifest["erased"] == [str(member_id)]


async def test_what_the_log_does_not_have_is_refused(busy: Bank) -> None:
    """Neither before the first checkpoint nor beyond the newest one."""
    with pytest.raises(ExportRefused, match="no checkpoint"):
        await exported(busy, Wanted(filter=EventFilter()))
    size = await sequence(busy)
    for wanted in (
        Wanted(filter=EventFilter(), first=size + 1),
        Wanted(filter=EventFilter(), stop=size + 1),
        Wanted(filter=EventFilter(), since=(size + 1,)),
    ):
        with pytest.raises(ExportRefused, match=f"the log has {size} entries"):
            await exported(busy, wanted)


async def test_no_bundle_is_made_that_no_verifier_reads(busy: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its manifest names every erased person, and may grow beyond what a note may have."""
    await sequence(busy)
    monkeypatch.setattr("audit.export.NOTE_CHARACTERS_MAX", 500)

    with pytest.raises(ExportRefused, match="fewer entries"):
        await exported(busy, Wanted(filter=EventFilter()))


async def test_entries_are_found_by_what_they_say(busy: Bank) -> None:
    """Newest first, in pages, by each condition; a name inside a fact is no hit."""
    size = await sequence(busy)
    member_id = (await busy.fetch("SELECT id FROM {book}.members WHERE external_id = 'bob'"))[0][0]
    wallet = await busy.account(member_id)
    counts = {
        EventFilter(type="earn"): 8,
        EventFilter(type="earn", subject=member_id): 4,
        EventFilter(stream=wallet["id"]): 5,
        EventFilter(actor="operator:olga", type="adjust"): 2,
        EventFilter(client="operator:olga", type="adjust"): 2,
        EventFilter(actor="operator:ol"): 0,
        EventFilter(outcome="refused"): 0,
        EventFilter(programme=member_id): 0,
        EventFilter(recorded_from=datetime.now(UTC) + timedelta(hours=1)): 0,
        EventFilter(recorded_until=datetime.now(UTC) - timedelta(hours=1)): 0,
    }
    async with auditing(busy) as connection:
        for wanted, count in counts.items():
            assert len((await search_page(connection, wanted, before=size, limit=100)).entries) == count, wanted
        first = await search_page(connection, EventFilter(type="earn"), before=size, limit=5)
        rest = await search_page(connection, EventFilter(type="earn"), before=first.looked_at_from, limit=5)

    places = [entry.place for entry in (*first.entries, *rest.entries)]
    assert places == sorted(places, reverse=True)
    assert (len(first.entries), len(rest.entries), rest.looked_at_from) == (5, 3, 0)


async def test_an_entry_has_a_proof_once_it_has_its_place(busy: Bank) -> None:
    """C2SP tlog-proof; a stranger's programme finds nothing."""
    logged = "SELECT event.id FROM audit.events event JOIN {book}.journal_entries entry ON entry.id = event.resource_id"
    event_id = (await busy.fetch(f"{logged} ORDER BY event.id DESC LIMIT 1"))[0][0]
    async with auditing(busy) as connection:
        assert await prove_entry(connection, event_id, EventFilter()) is None
    size = await sequence(busy)
    async with auditing(busy) as connection:
        proof = await prove_entry(connection, event_id, EventFilter(programme=busy.programme_id))
        assert await prove_entry(connection, event_id, EventFilter(programme=event_id)) is None

    assert proof is not None
    assert proof.text.startswith(f"c2sp.org/tlog-proof@v1\nindex {proof.place}\n")
    assert proof.size == size
    assert f"\n\n{KEY.name}\n{size}\n" in proof.text


async def test_an_expired_month_s_part_counts_as_erased(busy: Bank) -> None:
    """One entry says so for everybody of that month; a person whose key is still there is not called erased."""
    epoch = (await busy.fetch("SELECT DISTINCT epoch FROM audit.parts"))[0][0]
    connection = await asyncpg.connect(busy.url)
    await connection.execute("DELETE FROM audit.parts")
    await connection.close()
    async with busy.application.audit.acts.begin() as doing:
        doing.record("epoch_key_destroyed", facts={"epoch": epoch})
    size = await sequence(busy)

    verdict = verdict_of(await exported(busy, Wanted(filter=EventFilter(), stop=size - 1)))

    assert verdict.failing == frozenset(), verdict.as_text()
    assert verdict.results[Question.PARTS].facts == {"present": 0, "erased": 2, "missing": 0}
    assert verdict.manifest["erased"] == []


async def test_a_damaged_log_says_so(bank: Bank) -> None:
    """Who asked is told, and no worker tries for ever while others wait for their exports."""
    async with bank.application.audit.acts.begin() as doing:
        for _ in range(300):
            doing.record("audit_read")
    await sequence(bank)
    enemy = await asyncpg.connect(bank.url, server_settings={"session_replication_role": "replica"})
    kept = await enemy.fetch("SELECT * FROM audit.tiles")
    await enemy.execute("DELETE FROM audit.tiles")

    with pytest.raises(ExportRefused, match="the log is damaged"):
        await exported(bank, Wanted(filter=EventFilter(type="programme_created")))

    rows = [tuple(row) for row in kept]
    await enemy.copy_records_to_table("tiles", schema_name="audit", records=rows)
    await enemy.close()
