"""The worker's export rounds: a bundle of each request that somebody agreed to, once, sealed to its auditor."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from audit.bundle import unpack
from audit.policy import Policy
from audit.sealed_bundle import open_bundle
from audit.verify import verify_bundle
from audit.waiting_bundle import find_bundle
from graphql_api.audit_log.bundle_making import make_here
from graphql_api.processes import export_rounds
from graphql_api.processes.export_rounds import ExportRounds
from tests.bank import Bank, bank
from tests.fixtures_application import application, settings
from tests.integration.graphql_api.audit_log.test_exporting import PRIVATE, agree, ask, sequence
from tests.sequenced_log import KEY

__all__ = ["application", "bank", "settings"]


async def agreed(bank: Bank, **terms: str | int | None) -> UUID:
    """A request for an export to which somebody agreed."""
    approval_id = await ask(bank, **terms)
    await agree(bank, approval_id)
    return approval_id


def rounds_of(bank: Bank) -> ExportRounds:
    """A worker's rounds, without another process."""
    return ExportRounds(application=bank.application, key=KEY, make=make_here)


async def told(bank: Bank) -> int:
    """How many bundles were recorded as made."""
    found = (
        "SELECT count(*) FROM audit.events WHERE convert_from(record, 'UTF8')::jsonb ->> 'type' = 'audit_export_made'"
    )
    return int((await bank.fetch(found))[0][0])


async def test_a_bundle_is_made_once_in_a_process_of_its_own(bank: Bank) -> None:
    """After the first checkpoint, for who was agreed with, and the verifier accepts it."""
    waits, approval_id = await ask(bank), await agreed(bank)
    rounds = ExportRounds(application=bank.application, key=KEY)
    unsigned = await rounds.make_due()
    await sequence(bank)

    made = await rounds.make_due()
    again = await rounds.make_due()

    sealed = (await bank.fetch("SELECT sealed FROM audit.bundles WHERE id = $1", approval_id))[0][0]
    verdict = verify_bundle(unpack(open_bundle(sealed, PRIVATE)), Policy(key=KEY.verifier), [], datetime.now(UTC))
    assert (unsigned, made, again, await told(bank)) == (0, 1, 0, 1)
    assert verdict.failing == frozenset(), verdict.as_text()
    assert await find_bundle(bank.application.audit.acts, waits) is None


async def test_what_cannot_be_made_is_tried_once(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why is kept for who asked, and the next request gets its turn."""
    beyond = await agreed(bank, untilIndex=10**9)
    nobody = await agreed(bank, auditorKey=b64encode(bytes(32)).decode())
    large = await agreed(bank)
    await sequence(bank)
    rounds = rounds_of(bank)

    counts = [await rounds.make_due() for _ in range(2)]
    monkeypatch.setattr(export_rounds, "ENTRIES_MAX", 3)
    counts += [await rounds.make_due() for _ in range(2)]

    acts = bank.application.audit.acts
    problems = [found.problem for each in (beyond, nobody, large) if (found := await find_bundle(acts, each))]
    assert counts == [1, 1, 1, 0]
    assert [str(problem).partition(" ")[0] for problem in problems] == ["the", "nothing", "more"]
    assert await told(bank) == 3


async def test_every_request_gets_its_turn_however_many_came_before(bank: Bank) -> None:
    """A hundred bundles of the same week do not keep the next one from being made."""
    made = [await agreed(bank) for _ in range(100)]
    approval_id = await agreed(bank)
    await bank.fetch("ALTER TABLE audit.bundles DISABLE TRIGGER ALL")
    await bank.fetch(
        "INSERT INTO audit.bundles (id, made_at, entries, problem) SELECT id, now(), 0, 'x' FROM unnest($1::uuid[]) id",
        made,
    )
    await sequence(bank)

    count = await rounds_of(bank).make_due()

    assert count == 1
    assert await find_bundle(bank.application.audit.acts, approval_id) is not None


async def test_bundles_are_kept_for_a_week(bank: Bank) -> None:
    """Nobody may fetch them any more then."""
    approval_id = await agreed(bank)
    await sequence(bank)
    rounds = rounds_of(bank)
    await rounds.make_due()
    await bank.fetch("ALTER TABLE audit.bundles DISABLE TRIGGER ALL")
    await bank.fetch("UPDATE audit.bundles SET made_at = made_at - interval '7 days'")

    await rounds.make_due()

    left = await bank.fetch("SELECT made_at > now() - interval '1 day' FROM audit.bundles WHERE id = $1", approval_id)
    assert [row[0] for row in left] == [True]


async def test_a_bundle_says_when_it_was_made_in_real_time(bank: Bank) -> None:
    """As its checkpoint does, however far the clock of a sandbox was moved."""
    await bank.advance(timedelta(days=400))
    approval_id = await agreed(bank)
    await sequence(bank)

    await rounds_of(bank).make_due()

    sealed = (await bank.fetch("SELECT sealed FROM audit.bundles WHERE id = $1", approval_id))[0][0]
    policy = Policy(key=KEY.verifier, has_imported_history=True)
    verdict = verify_bundle(unpack(open_bundle(sealed, PRIVATE)), policy, [], datetime.now(UTC))
    made_at = datetime.fromisoformat(str(verdict.manifest["made_at"]))
    assert abs(datetime.now(UTC) - made_at) < timedelta(minutes=10)
