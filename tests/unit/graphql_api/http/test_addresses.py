"""Where a request came from: whose word is taken for it."""

from ipaddress import ip_address, ip_network

import pytest

from graphql_api.http.addresses import Addresses, network_of, parse_address

PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


def scope(peer: str | None, *forwarded: str) -> dict[str, object]:
    """An ASGI scope with these X-Forwarded-For headers."""
    headers = [(b"host", b"scrip"), *((b"x-forwarded-for", text.encode("latin-1")) for text in forwarded)]
    return {"client": None if peer is None else (peer, 40_000), "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", (), "203.0.113.9"),
        ("203.0.113.9", ("198.51.100.1",), "203.0.113.9"),
        ("10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("1.1.1.1, 198.51.100.1, 10.0.0.2",), "198.51.100.1"),
        ("10.0.0.1", ("1.1.1.1", "198.51.100.1, 10.0.0.2"), "198.51.100.1"),
        ("10.0.0.1", ("10.0.0.3",), "10.0.0.3"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.1:4711",), "198.51.100.1"),
        ("::1", ("[2001:db8::7]:443",), "2001:db8::7"),
        ("::ffff:203.0.113.9", (), "203.0.113.9"),
        ("10.0.0.1", ("1.1.1.1, unknown",), None),
        ("10.0.0.1", ("\xff",), None),
        ("10.0.0.1", ("",), "10.0.0.1"),
        (None, ("198.51.100.1",), None),
        ("testclient", (), None),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str | None, forwarded: tuple[str, ...], expected: str | None) -> None:
    """From the right, the first address that is no trusted proxy; what stands before it could be anybody's invention."""
    found = Addresses(PROXIES).of(scope(peer, *forwarded))

    assert found == (None if expected is None else ip_address(expected))


def test_without_trusted_proxies_the_peer_is_the_client() -> None:
    """Nobody's header counts."""
    assert Addresses().of(scope("10.0.0.1", "198.51.100.1")) == ip_address("10.0.0.1")


def test_neighbours_share_a_network() -> None:
    """Wrong codes are counted by what one customer of a provider usually gets."""
    texts = (
        "203.0.113.9",
        "203.0.113.200",
        "203.0.114.1",
        "2001:db8:0:100::1",
        "2001:db8:0:1ff::1",
        "2001:db8:0:200::1",
    )
    found = [network_of(address) for text in texts if (address := parse_address(text))]

    assert (found[0] == found[1], found[1] == found[2], found[3] == found[4], found[4] == found[5]) == (
        True, False, True, False,
    )  # fmt: skip
