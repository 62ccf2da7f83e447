"""Credentials of merchants: API keys, what of them is remembered, and from where they work."""

from ipaddress import ip_address, ip_network

import asyncpg
import pytest

from graphql_api.http.api_keys import StoredApiKey
from graphql_api.http.refusals import RequestRefused
from graphql_api.permissions import Role
from tests.unit.graphql_api.http.credentials_world import (
    NOW,
    Clock,
    Keys,
    Shops,
    authenticator,
    claims,
    identify,
    new_api_key,
)


async def test_an_api_key_is_not_remembered_past_its_expiry() -> None:
    """The old key of a rotation ends when it was said to, though it was used a second before."""
    clock, keys = Clock(), Keys()
    made = new_api_key("k1a2b3c4", b"\x01" * 32)
    keys.keys["k1a2b3c4"] = StoredApiKey(secret_sha256=made.secret_sha256, merchant_id="shop", expires_at=NOW + 20)
    gate = authenticator(clock, keys)
    header = f"Bearer {made.text}".encode()

    await gate.identify(header, None)
    keys.keys.clear()
    clock.now += 19
    await gate.identify(header, None)
    clock.now += 1
    with pytest.raises(RequestRefused):
        await gate.identify(header, None)


async def test_an_api_key_is_remembered_for_a_minute_only() -> None:
    """A revoked key dies within 60 seconds; within them the registry is asked once."""
    clock, keys = Clock(), Keys()
    made = new_api_key("k1a2b3c4", b"\x01" * 32)
    keys.keys["k1a2b3c4"] = StoredApiKey(secret_sha256=made.secret_sha256, merchant_id="shop", programme_id="p1")
    gate = authenticator(clock, keys)
    header = f"Bearer {made.text}".encode()

    caller = await gate.identify(header, None)
    keys.keys.clear()
    clock.now += 59
    assert await gate.identify(header, None) == caller
    assert (caller.client, caller.role, keys.asked) == ("merchant:shop", Role.MERCHANT, 1)
    clock.now += 1
    with pytest.raises(RequestRefused):
        await gate.identify(header, None)


@pytest.mark.parametrize("by", ["key", "token"])
async def test_a_closed_merchants_credentials_are_useless_at_once(by: str) -> None:
    """What was remembered is asked again as soon as the registry's notice says so, whatever the credential."""
    clock, keys, shops = Clock(), Keys(), Shops()
    made = new_api_key("k1a2b3c4", b"\x01" * 32)
    keys.keys["k1a2b3c4"] = StoredApiKey(secret_sha256=made.secret_sha256, merchant_id="shop")
    token = claims(sub="till-7", scrip_role="merchant", scrip_merchant="shop")
    header = f"Bearer {made.text if by == 'key' else token}".encode()
    gate = authenticator(clock, keys, shops=shops)
    await gate.identify(header, None)

    shops.networks["shop"], shops.version = None, 2

    with pytest.raises(RequestRefused) as refused:
        await gate.identify(header, None)
    assert (refused.value.status, refused.value.code) == (401, "UNAUTHENTICATED")
    assert str(refused.value) == "The credential's merchant is unknown or closed."


async def test_nothing_of_a_merchant_is_remembered_while_nobody_would_tell() -> None:
    """Without the connection on which notices come, each request asks the registry."""
    clock, keys, shops = Clock(), Keys(), Shops()
    shops.version = None
    made = new_api_key("k1a2b3c4", b"\x01" * 32)
    keys.keys["k1a2b3c4"] = StoredApiKey(secret_sha256=made.secret_sha256, merchant_id="shop")
    gate = authenticator(clock, keys, shops=shops)

    for _ in range(3):
        await gate.identify(f"Bearer {made.text}".encode(), None)

    assert keys.asked == 3


async def test_a_merchant_is_let_in_from_its_networks_only() -> None:
    """Also where the credential is remembered; without an address nobody knows that it is one of them."""
    shops = Shops()
    shops.networks["shop"] = (ip_network("10.1.0.0/16"), ip_network("2001:db8::/32"))
    gate = authenticator(Clock(), shops=shops)
    header = f"Bearer {claims(sub='till-7', scrip_role='merchant', scrip_merchant='shop')}".encode()

    inside = [await gate.identify(header, ip_address(text)) for text in ("10.1.2.3", "2001:db8:1:2ff::9")]
    for outside in (ip_address("10.2.0.1"), ip_address("2001:db9::1"), None):
        with pytest.raises(RequestRefused) as refused:
            await gate.identify(header, outside)
        assert (refused.value.status, refused.value.code) == (403, "NETWORK_NOT_ALLOWED")

    assert [caller.network for caller in inside] == ["10.1.2.0/24", "2001:db8:1:200::/56"]


async def test_a_wrong_secret_is_refused() -> None:
    """The id alone proves nothing, and neither does the stored hash."""
    clock, keys = Clock(), Keys()
    made = new_api_key("k1a2b3c4", b"\x01" * 32)
    keys.keys["k1a2b3c4"] = StoredApiKey(secret_sha256=made.secret_sha256, merchant_id="shop")

    for secret in ("02" * 32, made.secret_sha256.hex(), "", "01" * 31):
        with pytest.raises(RequestRefused):
            await identify(f"scrip_live_k1a2b3c4_{secret}", clock, keys)


async def test_two_keys_of_a_merchant_are_one_client() -> None:
    """During rotation both keys work and share the merchant's idempotency keys."""
    clock, keys = Clock(), Keys()
    made = [new_api_key(f"k1a2b3c{n}", bytes([n]) * 32) for n in range(2)]
    for key in made:
        keys.keys[key.key_id] = StoredApiKey(secret_sha256=key.secret_sha256, merchant_id="shop")

    assert len({(await identify(key.text, clock, keys)).client for key in made}) == 1


@pytest.mark.parametrize("lost", [asyncpg.AdminShutdownError, asyncpg.InterfaceError, ConnectionRefusedError])
async def test_a_registry_that_is_down_is_no_fault_of_the_caller(lost: type[Exception]) -> None:
    """However the driver says so: a key that nobody can look up is no bug of ours, and may be sent again."""

    class Gone(Keys):
        async def find(self, key_id: str) -> StoredApiKey | None:
            raise lost(key_id)

    with pytest.raises(RequestRefused) as refused:
        await authenticator(Clock(), Gone()).identify(f"Bearer {new_api_key('a' * 32, bytes(32)).text}".encode(), None)

    assert (refused.value.status, refused.value.code) == (503, "UNAVAILABLE")
    assert refused.value.headers == ((b"retry-after", b"1"),)
