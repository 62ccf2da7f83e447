"""Erasure: the person's words are gone for ever; what the law keeps is restricted until its time has come."""

import secrets
from datetime import UTC, datetime, timedelta

import asyncpg
import orjson
import pytest

from audit.certificate import certify
from audit.erasure import ErasureState, find_erasure
from audit.key_provider import FileKeyProvider, RootUnavailable
from audit.keyring import KeyGone, SubjectRestricted
from audit.legal_hold import place_hold, release_hold, standing_holds
from audit.replay import Replay
from audit.retention import RetentionClass
from audit.turnover import Turnover
from tests.key_world import KeyWorld, keys, somebody

__all__ = ["keys"]
LONG_AGO = datetime(2019, 3, 5, tzinfo=UTC)


async def test_erasure_destroys_key_and_parts_and_says_so(keys: KeyWorld) -> None:
    """Two processes had the key; neither opens the part afterwards, and nobody else's is touched."""
    person, other = somebody(), somebody()
    part, kept = await keys.record("called twice", about=person), await keys.record("a neighbour", about=other)
    elsewhere = await keys.another()

    erasure = await keys.eraser.erase(person)

    assert (erasure.state, erasure.parts_destroyed) == (ErasureState.DESTROYED, 1)
    for world in (keys, elsewhere):
        with pytest.raises(KeyGone):
            await world.parts.open(part)
        assert await world.parts.open(kept) == "a neighbour"
    assert await keys.fetch("SELECT FROM audit.parts WHERE subject_id = $1", person) == []
    assert await keys.told("subject_erased") == 1
    assert (await keys.fetch("SELECT wrapped FROM keys.subjects WHERE id = $1", person))[0][0] is None


async def test_the_record_still_names_the_hash_of_what_is_gone(keys: KeyWorld) -> None:
    """The leaf does not change, so every proof holds."""
    person = somebody()
    part = await keys.record("called twice", about=person)
    before = (await keys.fetch("SELECT record FROM audit.events WHERE id = $1", part.event_id))[0][0]

    await keys.eraser.erase(person)

    assert (await keys.fetch("SELECT record FROM audit.events WHERE id = $1", part.event_id))[0][0] == before


async def test_erasing_twice_is_erasing_once(keys: KeyWorld) -> None:
    """The second call answers what the first one did."""
    person = somebody()
    await keys.record("called twice", about=person)

    assert await keys.eraser.erase(person) == await keys.eraser.erase(person)
    assert await keys.told("subject_erased") == 1


async def test_somebody_of_whom_nothing_was_said_can_be_erased(keys: KeyWorld) -> None:
    """There is no key to destroy, and there will be none."""
    person = somebody()

    erasure = await keys.eraser.erase(person)

    assert (erasure.state, erasure.parts_destroyed) == (ErasureState.DESTROYED, 0)
    assert await find_erasure(keys.acts, person) == erasure


async def test_what_is_said_of_an_erased_person_opens_for_nobody(keys: KeyWorld) -> None:
    """A late event is still recorded, with a part whose key nobody keeps."""
    person = somebody()
    await keys.record("called twice", about=person)
    await keys.eraser.erase(person)
    keys.keyring.forget([person])

    late = await keys.record("called again", about=person)

    with pytest.raises(KeyGone):
        await keys.parts.open(late)


async def test_what_the_law_keeps_is_restricted_until_its_time(keys: KeyWorld) -> None:
    """The reason of an adjustment is kept for five years; it is read on a legal basis only, and then destroyed."""
    person = somebody()
    part = await keys.record("refund of a fee", about=person, type_="adjust")

    erasure = await keys.eraser.erase(person)

    month = part.epoch.partition("/")[2]
    assert erasure.state == ErasureState.RESTRICTED
    assert erasure.retained_until - datetime.now(UTC) > timedelta(days=1826)
    assert month[:4] <= str(erasure.retained_until.year - 5)
    with pytest.raises(SubjectRestricted):
        await keys.parts.open(part)
    assert await keys.parts.open(part, legal_basis="court order 7") == "refund of a fee"
    assert await keys.told("subject_restricted") == 1
    assert await keys.eraser.due() == []


async def test_a_restricted_person_is_destroyed_when_due(keys: KeyWorld) -> None:
    """The time comes, the worker asks again, and the key goes."""
    person = somebody()
    await keys.record("refund of a fee", about=person, type_="adjust")
    await keys.eraser.erase(person)
    await _age(keys, "value/2019-03")

    due = await keys.eraser.due()
    erasure = await keys.eraser.erase(person)

    assert due == [person]
    assert (erasure.state, erasure.version) == (ErasureState.DESTROYED, 2)


async def _age(keys: KeyWorld, epoch: str) -> None:
    """Makes every part and erasure old, as a superuser who switches the triggers off."""
    connection = await asyncpg.connect(keys.connections.url)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("UPDATE audit.parts SET epoch = $1", epoch)
        await connection.execute("UPDATE audit.erasures SET retained_until = now() - interval '1 day'")
    finally:
        await connection.close()


async def test_a_legal_hold_beats_erasure(keys: KeyWorld) -> None:
    """While it stands the person is restricted; after its release the key goes."""
    person = somebody()
    part = await keys.record("called twice", about=person, type_="freeze")
    hold = await place_hold(keys.key_acts, RetentionClass.HANDLING, "(2026) 0105-77", actor="staff:lena")

    held = await keys.eraser.erase(person)
    again = await keys.eraser.erase(person)
    assert [(each.id, each.case_number) for each in await standing_holds(keys.acts)] == [(hold, "(2026) 0105-77")]
    released = await release_hold(keys.key_acts, hold, actor="staff:lena")
    twice = await release_hold(keys.key_acts, hold, actor="staff:lena")
    freed = await keys.eraser.erase(person)

    assert await keys.eraser.due() == []
    assert [each.state for each in (held, again, freed)] == ["restricted", "restricted", "destroyed"]
    assert (released, twice) == (True, False)
    assert part.epoch.startswith("handling/")
    assert (await keys.told("legal_hold_placed"), await keys.told("legal_hold_released")) == (1, 1)


async def test_a_legal_hold_on_another_class_holds_nothing(keys: KeyWorld) -> None:
    """Holds are by class."""
    person = somebody()
    await keys.record("called twice", about=person, type_="freeze")
    await place_hold(keys.key_acts, RetentionClass.ACCESS, "77", actor="staff:lena")

    assert (await keys.eraser.erase(person)).state == ErasureState.DESTROYED


async def test_a_key_store_restored_from_before_is_noticed_and_erased_again(keys: KeyWorld) -> None:
    """The erasure stands in the log; a key that is there again is destroyed again, with a record of its own."""
    person = somebody()
    await keys.record("called twice", about=person)
    backup = await keys.fetch("SELECT * FROM keys.subjects WHERE id = $1", person)
    await keys.eraser.erase(person)
    connection = await asyncpg.connect(keys.connections.url)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("DELETE FROM keys.subjects WHERE id = $1", person)
        restore = "INSERT INTO keys.subjects SELECT * FROM unnest($1::keys.subjects[])"
        await connection.execute(restore, [tuple(row) for row in backup])
    finally:
        await connection.close()

    assert await keys.eraser.revived() == [person]
    await keys.eraser.destroy_again(person)

    assert await keys.eraser.revived() == []
    assert await keys.told("subject_erased") == 2


async def test_expiry_destroys_a_month_and_spares_the_next(keys: KeyWorld) -> None:
    """An epoch goes when its class's span is over; its parts go with it, nobody else's do."""
    person = somebody()
    old = await keys.record("called twice", about=person, type_="support_read", at=LONG_AGO)
    new = await keys.record("called again", about=person, type_="support_read")

    expired = await keys.expiry.run()

    assert expired == ["access/2019-03"]
    with pytest.raises(KeyGone):
        await keys.parts.open(old)
    assert await keys.parts.open(new) == "called again"
    assert await keys.told("epoch_key_destroyed") == 1
    assert await keys.expiry.run() == []


async def test_a_month_that_was_wrapped_anew_expires_without_a_hole(keys: KeyWorld) -> None:
    """The versions of an epoch's key are those that events name, whatever turnovers it has seen."""
    await keys.record("long ago", about=somebody(), at=datetime(2013, 3, 5, tzinfo=UTC))
    await keys.turnover.run(actor="staff:kim")
    replay = Replay()

    expired = await keys.expiry.run()

    for row in await keys.fetch("SELECT record FROM audit.events"):
        replay.take(orjson.loads(row["record"]))
    assert expired == ["handling/2013-03"]
    assert replay.holes() == {}


class StuckProvider(FileKeyProvider):
    """Makes keys, and unwraps none."""

    async def unwrap(self, reference: str, context: bytes, wrapped: bytes) -> bytes:
        """RootUnavailable."""
        raise RootUnavailable(f"{reference} does not answer")


async def test_the_window_of_an_erasure_amid_a_turnover_is_the_new_roots(keys: KeyWorld) -> None:
    """Both roots stand: a backup of that moment opens with either, so the one that goes last counts."""
    person = somebody()
    await keys.record("called twice", about=person)
    stuck = StuckProvider(keys.key_file, secrets.token_bytes)
    with pytest.raises(RootUnavailable):
        await Turnover(acts=keys.key_acts, provider=stuck).run(actor="staff:kim")
    await keys.eraser.erase(person)

    connection = await asyncpg.connect(keys.connections.url, server_settings={"role": "scrip_auditor"})
    found = await certify(connection, person, turnover=timedelta(days=90))
    await connection.close()

    assert found is not None
    assert found.window is not None
    assert found.window.root == (await keys.provider.references())[-1]


async def test_a_legal_hold_beats_expiry(keys: KeyWorld) -> None:
    """Nothing of the class goes while the hold stands."""
    part = await keys.record("called twice", about=somebody(), type_="support_read", at=LONG_AGO)
    await place_hold(keys.key_acts, RetentionClass.ACCESS, "77", actor="staff:lena")

    assert await keys.expiry.run() == []
    assert await keys.parts.open(part) == "called twice"


@pytest.mark.parametrize("table", ["keys.subjects", "keys.branches", "keys.roots"])
async def test_a_key_cannot_change_state_without_its_event(keys: KeyWorld, table: str) -> None:
    """The database refuses, whoever asks."""
    await keys.record("called twice", about=somebody())
    gone = {
        "keys.subjects": "SET state = 'destroyed', wrapped = NULL, bucket_id = NULL",
        "keys.branches": "SET state = 'destroyed', wrapped = NULL",
        "keys.roots": "SET state = 'retired'",
    }

    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="no audit event"):
        await keys.fetch(f"UPDATE {table} {gone[table]}")


async def test_a_destroyed_key_stays_destroyed(keys: KeyWorld) -> None:
    """No role brings it back, not even the owner by a slip."""
    person = somebody()
    await keys.record("called twice", about=person)
    await keys.eraser.erase(person)

    with pytest.raises(asyncpg.RestrictViolationError, match="for ever"):
        await keys.fetch("UPDATE keys.subjects SET state = 'active' WHERE id = $1", person)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("scrip_app", "UPDATE keys.subjects SET wrapped = ''"),
        ("scrip_app", "UPDATE keys.branches SET wrapped = ''"),
        ("scrip_app", "DELETE FROM audit.parts"),
        ("scrip_app", "SELECT sealed FROM audit.parts"),
        ("scrip_app", "INSERT INTO audit.legal_holds DEFAULT VALUES"),
        ("scrip_auditor", "SELECT wrapped FROM keys.subjects"),
        ("scrip_auditor", "DELETE FROM audit.parts"),
        ("scrip_sequencer", "SELECT id FROM keys.subjects"),
        ("scrip_key_admin", "SELECT record FROM audit.events"),
        ("scrip_key_admin", "SELECT * FROM book.members"),
        ("scrip_key_admin", "UPDATE audit.parts SET sealed = ''"),
    ],
)
async def test_roles_are_kept_apart(keys: KeyWorld, role: str, statement: str) -> None:
    """Who runs the application cannot destroy keys, who administers keys cannot read records, who audits sees no key."""
    async with keys.connections.lending(role)() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
