"""`walletChanged` over a WebSocket: what members hear, from which process, and through a restart of the database."""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from graphql_api.bootstrap import open_application
from graphql_api.permissions import Role, Scope
from graphql_api.processes.embedded import own_server
from graphql_api.settings import Settings
from ledger.engine.command import Actor
from ledger.members.enrol import EnrolMember
from ledger.points.earn import EarnPoints
from ledger.programme.setup import create_asset, create_programme
from migrations.apply import migrate_database
from tests.bank import NOBODY, Bank
from tests.databases import FAST
from tests.e2e.ledger_api.served import Api, api_of
from tests.fixtures_application import ROOT_KEY

SUBSCRIBE = "subscription { walletChanged { available held pending version } }"


async def subscribe(socket: ClientConnection, text: str = SUBSCRIBE, **variables: object) -> None:
    """Begin a subscription."""
    payload = {"query": text, "variables": variables}
    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))


async def hear(socket: ClientConnection, seconds: float = 10) -> Any:
    """The next wallet, or the errors or end that came instead."""
    message = json.loads(await asyncio.wait_for(socket.recv(), seconds))
    data = (message.get("payload") or {}).get("data") if isinstance(message.get("payload"), dict) else None
    return data["walletChanged"] if data else message


async def available(socket: ClientConnection, wanted: str) -> str:
    """What is available once the wanted amount is told; coalesced notices may come before."""
    while True:
        told = await hear(socket)
        if told["available"] == wanted:
            return wanted


async def test_a_member_hears_its_wallet_now_and_after_each_change(api: Api, bank: Bank) -> None:
    """The first message is the present state, so that nothing is missed between a query and the subscription."""
    ines = await bank.enrol("ines")
    await bank.earn(ines, 10)

    async with api.socket(api.bearer(Role.MEMBER, "ines")) as socket:
        await subscribe(socket)
        first = await hear(socket)
        await bank.earn(ines, 5)
        second = await available(socket, "15")
        await bank.earn(ines, 7, pending=True)
        third = await hear(socket)

    assert first == {"available": "10", "held": "0", "pending": "0", "version": 1}
    assert (second, third["pending"]) == ("15", "7")


async def test_changes_of_others_are_not_heard(api: Api, bank: Bank) -> None:
    """Neither another member's wallet nor another asset wakes a subscriber, and a member cannot ask for another's."""
    ines, otto = await bank.enrol("ines"), await bank.enrol("otto")
    text = 'subscription { walletChanged(member: {externalId: "otto"}) { available } }'

    async with api.socket(api.bearer(Role.MEMBER, "ines")) as socket:
        await subscribe(socket, text)
        refused = await hear(socket)
        await subscribe(socket)
        await hear(socket)
        await bank.earn(otto, 5)
        await bank.earn(ines, 5, asset="STARS")
        await asyncio.sleep(0.3)
        await bank.earn(ines, 3)
        told = await hear(socket)

    assert refused["type"] == "error"
    assert refused["payload"][0]["extensions"] == {"code": "MEMBER_NOT_FOUND"}
    assert told["available"] == "3"


async def test_a_service_hears_members_by_its_scope(api: Api, bank: Bank) -> None:
    """With `wallet:read_any` it names the member; without it is refused."""
    await bank.enrol("ines")
    text = 'subscription { walletChanged(member: {externalId: "ines"}) { available } }'

    async with api.socket(api.bearer(Role.SERVICE, "core", Scope.WALLET_READ_ANY)) as socket:
        await subscribe(socket, text)
        told = await hear(socket)
    async with api.socket(api.bearer(Role.SERVICE, "core", Scope.WALLET_READ)) as socket:
        await subscribe(socket, text)
        refused = await hear(socket)

    assert told == {"available": "0"}
    assert refused["payload"][0]["extensions"] == {"code": "FORBIDDEN"}


async def test_a_change_by_another_process_is_heard(api: Api, bank: Bank) -> None:
    """Notices go through the database."""
    ines = await bank.enrol("ines")

    async with (
        api.socket(api.bearer(Role.MEMBER, "ines")) as socket,
        open_application(bank.application.settings, url=bank.url) as other,
    ):
        await subscribe(socket)
        await hear(socket)
        command = EarnPoints(actor=bank.actor(), key=bank.key(), member_id=ines, amount=9)
        (await other.engine.execute(command)).unwrap()
        told = await hear(socket)

    assert told["available"] == "9"


async def test_many_changes_at_once_are_few_notices(api: Api, bank: Bank) -> None:
    """A list of a hundred earns is one batch and wakes the subscriber a few times at most."""
    ines = await bank.enrol("ines")
    earns = [EarnPoints(actor=bank.actor(), key=bank.key(), member_id=ines, amount=1) for _ in range(100)]

    async with api.socket(api.bearer(Role.MEMBER, "ines")) as socket:
        await subscribe(socket)
        await hear(socket)
        await bank.application.engine.execute_list(earns)
        told = [await hear(socket)]
        while told[-1]["available"] != "100":
            told.append(await hear(socket))

    assert len(told) <= 3


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder outside pytest's: a session that starts beside this one makes pytest's unreadable to PostgreSQL's user."""
    with tempfile.TemporaryDirectory(prefix="scrip-") as name:
        yield Path(name)


async def test_a_subscription_survives_a_restart_of_the_database(tmp_path: Path, folder: Path) -> None:
    """After the restart it hears the wallet afresh, and changes again."""
    settings = Settings(var=tmp_path, root_key=ROOT_KEY)
    server = own_server(folder, settings=FAST)
    url = (await asyncio.to_thread(server.__enter__)).url
    try:
        await migrate_database(url, book_schema=settings.book_schema)
        async with open_application(settings, url=url) as application, api_of(application) as api:
            units = application.units
            nobody = Actor(kind="operator", id="olga", programme_id=NOBODY)
            programme = await create_programme(units, nobody, code="BANK", name="Bank", time_zone="UTC")
            actor = Actor(kind="service", id="core", programme_id=programme.id)
            await create_asset(units, actor, code="POINTS", kind="points")
            enrolled = (
                await application.engine.execute(EnrolMember(actor=actor, key="e", external_id="ines"))
            ).unwrap()
            earn = EarnPoints(actor=actor, key="1", member_id=enrolled.member_id, amount=10)

            async with api.socket(api.bearer(Role.MEMBER, "ines")) as socket:
                await subscribe(socket)
                first = await hear(socket)
                await asyncio.to_thread(server.__exit__, None, None, None)
                server = own_server(folder, settings=FAST)
                await asyncio.to_thread(server.__enter__)
                afresh = await hear(socket, 20)
                (await application.engine.execute(earn)).unwrap()
                changed = await available(socket, "10")
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)

    assert first == afresh == {"available": "0", "held": "0", "pending": "0", "version": 0}
    assert changed == "10"
