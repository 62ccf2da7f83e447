"""Terminals and allowed networks: what is accepted, what is refused, and who sees what."""

from dataclasses import replace

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.partners import queries
from ledger.partners.network import set_merchant_networks
from ledger.partners.register import close_merchant
from ledger.partners.rows import terminal_id
from ledger.partners.terminal import close_terminal, create_terminal
from ledger.programme.setup import create_programme
from tests.bank import NOBODY, Bank


async def _stranger(bank: Bank) -> Bank:
    """Somebody of another programme in the same deployment."""
    other = await create_programme(bank.application.units, bank.actor(), code="OTHER", name="Other", time_zone="UTC")
    return replace(bank, programme_id=other.id)


async def test_a_till_is_named_by_its_shop_and_code(bank: Bank) -> None:
    """Its id is computed from both, so a second till of the code is CODE_TAKEN."""
    units, actor, reader = bank.application.units, bank.actor(), bank.application.reader

    made = await create_terminal(units, actor, merchant_id=bank.merchant_id, code="T1", name="Left till")
    with pytest.raises(Refusal) as again:
        await create_terminal(units, actor, merchant_id=bank.merchant_id, code="T1", name="Right till")

    assert made.id == terminal_id(bank.merchant_id, "T1")
    assert again.value.code == RefusalCode.CODE_TAKEN
    assert await queries.terminals_page(reader, bank.programme_id, bank.merchant_id, limit=9) == [made]


async def test_a_till_needs_an_open_shop_of_the_same_programme(bank: Bank) -> None:
    """Another programme's shop and an unknown one are MERCHANT_NOT_FOUND; a closed one MERCHANT_CLOSED."""
    stranger, units = await _stranger(bank), bank.application.units

    for actor, merchant in ((stranger.actor(), bank.merchant_id), (bank.actor(), NOBODY)):
        with pytest.raises(Refusal) as refused:
            await create_terminal(units, actor, merchant_id=merchant, code="T1", name="Till")
        assert refused.value.code == RefusalCode.MERCHANT_NOT_FOUND
    await close_merchant(units, bank.actor(), merchant_id=bank.merchant_id)
    with pytest.raises(Refusal) as closed:
        await create_terminal(units, bank.actor(), merchant_id=bank.merchant_id, code="T1", name="Till")

    assert closed.value.code == RefusalCode.MERCHANT_CLOSED
    assert await bank.count("registry.terminals") == 0


async def test_a_till_is_closed_once_and_by_its_own_programme(bank: Bank) -> None:
    """A second time is TERMINAL_CLOSED; for a stranger there is no such till."""
    stranger, units = await _stranger(bank), bank.application.units
    till = await create_terminal(units, bank.actor(), merchant_id=bank.merchant_id, code="T1", name="Till")

    with pytest.raises(Refusal) as foreign:
        await close_terminal(units, stranger.actor(), terminal_id=till.id)
    closed = await close_terminal(units, bank.actor(), terminal_id=till.id)
    with pytest.raises(Refusal) as twice:
        await close_terminal(units, bank.actor(), terminal_id=till.id)

    assert (closed.state, closed.version) == ("closed", 2)
    assert (foreign.value.code, twice.value.code) == (RefusalCode.TERMINAL_NOT_FOUND, RefusalCode.TERMINAL_CLOSED)
    assert await queries.terminals_page(bank.application.reader, stranger.programme_id, bank.merchant_id, limit=9) == []


async def test_networks_are_replaced_as_a_whole(bank: Bank) -> None:
    """Each is kept once, in order; an empty list lets the shop call from anywhere again."""
    units, actor, reader = bank.application.units, bank.actor(), bank.application.reader

    wanted = ["2001:db8::/32", "10.0.0.7", "10.0.0.0/8", "10.0.0.7/32"]
    merchant = await set_merchant_networks(units, actor, merchant_id=bank.merchant_id, networks=wanted)
    allowed = await queries.networks_of_open(reader, bank.merchant_id)
    await set_merchant_networks(units, actor, merchant_id=bank.merchant_id, networks=[])

    assert [str(network) for network in merchant.networks] == ["10.0.0.0/8", "10.0.0.7/32", "2001:db8::/32"]
    assert list(allowed or ()) == list(merchant.networks)
    assert await queries.networks_of_open(reader, bank.merchant_id) == ()


async def test_ipv4_inside_ipv6_is_kept_as_ipv4(bank: Bank) -> None:
    """Clients' addresses are read so: kept as it came, the network would let nobody in."""
    wanted = ["::ffff:10.0.0.0/104", "::ffff:192.0.2.7", "::ffff:0:0/96", "10.0.0.0/8", "::/0", "::1"]

    merchant = await set_merchant_networks(
        bank.application.units, bank.actor(), merchant_id=bank.merchant_id, networks=wanted
    )

    shown = [str(network) for network in merchant.networks]
    assert shown == ["0.0.0.0/0", "10.0.0.0/8", "192.0.2.7/32", "::/0", "::1/128"]
    assert await queries.networks_of_open(bank.application.reader, bank.merchant_id) == tuple(merchant.networks)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0.1/8",
        "::ffff:10.0.0.1/104",
        "::10.0.0.0/104",
        "10.0.0.0/33",
        "shop",
        "fe80::1%eth0",
        "1" * 65,
        "10.0.0.0/8\n",
        "\u0661.0.0.0",
    ],
)
async def test_what_is_no_network_is_refused_by_its_place(bank: Bank, text: str) -> None:
    """INVALID_INPUT names the index; nothing changes."""
    units = bank.application.units

    with pytest.raises(Refusal) as refused:
        await set_merchant_networks(units, bank.actor(), merchant_id=bank.merchant_id, networks=["10.0.0.0/8", text])

    assert (refused.value.code, refused.value.facts) == (RefusalCode.INVALID_INPUT, {"field": "networks.1"})
    assert await queries.networks_of_open(bank.application.reader, bank.merchant_id) == ()


async def test_networks_belong_to_a_merchant_of_the_programme_and_are_few(bank: Bank) -> None:
    """A stranger's shop is MERCHANT_NOT_FOUND; the sixty-fifth network is one too many."""
    stranger, units = await _stranger(bank), bank.application.units
    texts = [f"10.0.{number}.0/24" for number in range(65)]

    with pytest.raises(Refusal) as foreign:
        await set_merchant_networks(units, stranger.actor(), merchant_id=bank.merchant_id, networks=[])
    with pytest.raises(Refusal) as many:
        await set_merchant_networks(units, bank.actor(), merchant_id=bank.merchant_id, networks=texts)

    assert (foreign.value.code, many.value.code) == (RefusalCode.MERCHANT_NOT_FOUND, RefusalCode.INVALID_INPUT)


async def test_a_closed_shop_is_admitted_from_nowhere(bank: Bank) -> None:
    """None, as for an unknown one: its credentials prove nothing any more."""
    reader = bank.application.reader
    assert await queries.networks_of_open(reader, bank.merchant_id) == ()

    await close_merchant(bank.application.units, bank.actor(), merchant_id=bank.merchant_id)

    assert await queries.networks_of_open(reader, bank.merchant_id) is None
    assert await queries.networks_of_open(reader, NOBODY) is None
