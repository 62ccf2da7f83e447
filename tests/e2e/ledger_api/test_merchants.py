"""Merchants' credentials over HTTP: they end at once, in every process, and work from allowed networks only."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from graphql_api.bootstrap import open_application
from graphql_api.permissions import Role
from ledger.partners.api_key import IssuedKey, issue_api_key, revoke_api_key
from ledger.partners.network import set_merchant_networks
from ledger.partners.register import close_merchant
from tests.bank import Bank
from tests.e2e.ledger_api.served import Api, api_of

WHO = "{ merchant { code } }"
SPEND = """mutation S($input: SpendPointsInput!) { spendPoints(input: $input) {
    __typename ... on UserError { code retryAfterSeconds } } }"""


@pytest.fixture
async def other_api(bank: Bank) -> AsyncIterator[Api]:
    """The API of another process over the same database."""
    async with open_application(bank.application.settings, url=bank.url) as other, api_of(other) as api:
        yield api


@pytest.fixture
async def key(bank: Bank) -> IssuedKey:
    """The shop's key."""
    units = bank.application.units
    return await issue_api_key(units, bank.actor("operator", "olga"), merchant_id=bank.merchant_id, secret=bytes(32))


async def status_of(api: Api, authorization: str) -> int:
    """What a merchant's question comes to."""
    return (await api.post(authorization, WHO)).status_code


async def remembered(api: Api, authorization: str) -> None:
    """Asks until the process hears notices and remembers the credential."""
    for _ in range(3):
        assert await status_of(api, authorization) == 200
        await api.application.notices.listen()


async def died(api: Api, authorization: str) -> None:
    """The notice arrives within a moment, long before anything remembered would be forgotten by itself."""
    await until_told(api, authorization, 401)


async def until_told(api: Api, authorization: str, status: int) -> None:
    """Asks until this status is the answer."""
    async with asyncio.timeout(20):
        while await status_of(api, authorization) != status:  # noqa: ASYNC110  a notice is on its way
            await asyncio.sleep(0.01)


async def test_closing_a_merchant_ends_its_credentials_in_every_process(
    api: Api, other_api: Api, bank: Bank, key: IssuedKey
) -> None:
    """Keys and tokens alike, although both processes had just verified them."""
    headers = f"Bearer {key.text}", api.bearer(Role.MERCHANT, "till", merchant_id=str(bank.merchant_id))
    for each in (api, other_api):
        for header in headers:
            await remembered(each, header)

    await close_merchant(bank.application.units, bank.actor("operator", "olga"), merchant_id=bank.merchant_id)

    for each in (api, other_api):
        for header in headers:
            await died(each, header)


async def test_revoking_a_key_ends_it_at_once(api: Api, other_api: Api, bank: Bank, key: IssuedKey) -> None:
    """No process goes on believing what it remembered."""
    for each in (api, other_api):
        await remembered(each, f"Bearer {key.text}")

    await revoke_api_key(bank.application.units, bank.actor("operator", "olga"), key_id=key.id)

    for each in (api, other_api):
        await died(each, f"Bearer {key.text}")


async def test_a_key_works_from_allowed_networks_only(api: Api, bank: Bank, key: IssuedKey) -> None:
    """The tests call from 127.0.0.1; what a client says of itself by X-Forwarded-For counts for nothing."""
    units, olga = bank.application.units, bank.actor("operator", "olga")
    header = f"Bearer {key.text}"
    await remembered(api, header)

    elsewhere, here = ["10.0.0.0/8"], ["127.0.0.0/8"]
    for networks, status in ((elsewhere, 403), (here, 200), (elsewhere, 403), ([], 200)):
        await set_merchant_networks(units, olga, merchant_id=bank.merchant_id, networks=networks)
        await until_told(api, header, status)


async def test_an_open_socket_outlives_no_credential(api: Api, bank: Bank, key: IssuedKey) -> None:
    """Each operation proves its caller anew, so that closing a merchant ends what its sockets could do."""
    ask = {"id": "1", "type": "subscribe", "payload": {"query": WHO}}

    async with api.socket(f"Bearer {key.text}") as socket:
        await socket.send(json.dumps(ask))
        before = json.loads(await socket.recv()), json.loads(await socket.recv())
        await api.application.notices.listen()
        await close_merchant(bank.application.units, bank.actor("operator", "olga"), merchant_id=bank.merchant_id)
        await died(api, f"Bearer {key.text}")
        await socket.send(json.dumps(ask))
        after = json.loads(await socket.recv())

    assert before[0]["payload"]["data"] == {"merchant": {"code": "001"}}
    assert after["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_guesses_are_counted_over_all_processes(api: Api, other_api: Api, bank: Bank, key: IssuedKey) -> None:
    """Five wrong payment codes are free, whichever process they are sent to; then the till waits in both."""
    await asyncio.gather(api.application.notices.listen(), other_api.application.notices.listen())
    guess = {"paymentCode": "0000-0000-0000", "amount": "1", "terminal": "T1"}

    async def guessed(each: Api, number: int) -> str:
        answer = await each.ask(f"Bearer {key.text}", SPEND, input={**guess, "idempotencyKey": f"g{number}"})
        return str(answer["spendPoints"]["code"])

    codes = []
    for number in range(6):
        codes.append(await guessed((api, other_api)[number % 2], number))
        await asyncio.sleep(0.15)
    # At once: a second later, which is soon over on a busy machine, neither waits any more.
    waiting = [*await asyncio.gather(guessed(api, 9), guessed(other_api, 9))]

    assert codes == ["PAYMENT_CODE_INVALID"] * 6
    assert waiting == ["THROTTLED", "THROTTLED"]
