"""Failed sign-ins and denied fields are recorded, counted, without saying whose address it was."""

import asyncio
import json
import re
from contextlib import AbstractAsyncContextManager
from functools import partial
from itertools import count

import pytest

from audit.act import Acts, Lent
from audit.log import AuditLog
from graphql_api.audit_log import refused_access
from graphql_api.audit_log.refused_access import KINDS_MAX, RefusedAccess
from graphql_api.bootstrap import Application
from graphql_api.caller import Caller
from graphql_api.permissions import Role
from graphql_api.request_record import RequestRecord
from tests.bank import Bank, bank

__all__ = ["bank"]


async def _told(bank: Bank) -> list[dict[str, object]]:
    rows = await bank.fetch("SELECT convert_from(record, 'UTF8') FROM audit.events ORDER BY id")
    records = [json.loads(row[0]) for row in rows]
    return [record for record in records if record["type"] in {"sign_in_failed", "access_denied"}]


def _failures(application: Application) -> RefusedAccess:
    return RefusedAccess(application.audit.acts, application.audit.sealer, application.reader)


def _caller(client: str, programme: str | None = None) -> Caller:
    role, _, subject = client.partition(":")
    return Caller(role=Role(role), subject=subject, client=client, scopes=frozenset(), programme_id=programme)


async def test_failures_are_counted_by_reason_and_source(bank: Bank) -> None:
    """Three from one network are one event; the network stands in it as a keyed digest."""
    failures = _failures(bank.application)
    for _ in range(3):
        failures.note("The token has expired.", "203.0.113.0/24")
    failures.note("The token has expired.", None)

    await failures.close()

    told = await _told(bank)
    assert [(each["outcome"], each["code"], each["class"]) for each in told] == [
        ("refused", "UNAUTHENTICATED", "access")
    ] * 2
    counts = sorted((each["facts"]["count"], "source" in each["facts"]) for each in told)  # type: ignore[index,operator]
    assert counts == [(1, False), (3, True)]
    assert "203.0.113" not in json.dumps(told)


async def test_many_sources_are_counted_as_one(bank: Bank) -> None:
    """Nobody fills the disk by failing from everywhere."""
    failures = _failures(bank.application)
    for number in range(3 * KINDS_MAX):
        failures.note("The API key is not valid.", f"198.51.{number // 256}.{number % 256}/32")

    await failures.close()

    told = await _told(bank)
    assert len(told) == KINDS_MAX + 1
    assert sum(each["facts"]["count"] for each in told) == 3 * KINDS_MAX  # type: ignore[index]


async def test_nothing_failed_is_nothing_recorded(bank: Bank) -> None:
    """A process that ends says nothing of it."""
    await _failures(bank.application).close()

    assert await _told(bank) == []


async def test_a_denied_field_names_who_asked(bank: Bank) -> None:
    """The caller is known, so the event has an actor."""
    failures = _failures(bank.application)
    record = RequestRecord(request_id="r", on_denied=partial(failures.deny, _caller("merchant:7")))
    for code in ("FORBIDDEN", "FORBIDDEN", "THROTTLED"):
        record.refused(code)

    await failures.close()

    told = await _told(bank)
    assert [(each["type"], each["code"], each["actor"], each["facts"]) for each in told] == [
        ("access_denied", "FORBIDDEN", "merchant:7", {"count": 1})
    ]


async def test_a_denied_field_belongs_to_the_programme_of_who_asked(bank: Bank) -> None:
    """By its id, its code or because there is no other, so that its officers see it; who signs in in vain has none."""
    failures = _failures(bank.application)
    for named in (str(bank.programme_id), "BANK", None, "elsewhere"):
        failures.deny(_caller(f"merchant:{named}", named), "FORBIDDEN")
    failures.note("The token has expired.", None)

    await failures.close()

    told = {str(each["actor"]): each.get("programme") for each in await _told(bank)}
    mine = str(bank.programme_id)
    assert told == {
        f"merchant:{mine}": mine,
        "merchant:BANK": mine,
        "merchant:None": mine,
        "merchant:elsewhere": None,
        "anonymous:": None,
    }


async def test_a_denied_member_is_named_by_a_digest(bank: Bank) -> None:
    """What the bank calls it is in no record, which an erasure could not change; the same member is the same actor."""
    failures = _failures(bank.application)
    for name in ("m-7", "m-7", "m-8"):
        failures.deny(_caller(f"member:{name}"), "FORBIDDEN")

    await failures.close()

    told = await _told(bank)
    assert sorted(each["facts"]["count"] for each in told) == [1, 2]  # type: ignore[index]
    assert all(re.fullmatch(r"member:[0-9a-f]{16}", str(each["actor"])) for each in told)
    assert "m-7" not in json.dumps(told)


async def test_what_could_not_be_recorded_is_tried_again(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself, when the database answers again: nobody need fail once more for it. What failed meanwhile is bounded too."""
    monkeypatch.setattr(refused_access, "COUNT_SECONDS", 0.01)
    asked = count()

    def lend() -> AbstractAsyncContextManager[Lent]:
        if next(asked) == 0:
            for number in range(KINDS_MAX + 1):
                failures.deny(_caller(f"merchant:{number}"), "FORBIDDEN")
            raise ConnectionRefusedError
        return bank.application.database.pool.acquire()

    acts = Acts(lend, AuditLog(origin="test"), bank.application.audit.acts.new_id)
    failures = RefusedAccess(acts, bank.application.audit.sealer, bank.application.reader)

    failures.note("The token has expired.", None)
    async with asyncio.timeout(30):
        while not await _told(bank):  # noqa: ASYNC110  the database tells in no other way
            await asyncio.sleep(0.02)

    await failures.close()
    told = await _told(bank)
    assert [each["facts"] for each in told][:1] == [{"count": 1, "reason": "The token has expired."}]
    assert [each["actor"] for each in told][-1] == "anonymous:"
    assert len(told) == KINDS_MAX + 1
