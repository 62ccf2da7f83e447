"""Where a request came from: the client's own address, behind proxies that are trusted to tell it."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from starlette.types import Scope

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_IPV4_PREFIX: Final = 24
_IPV6_PREFIX: Final = 56
"""What one household, shop or provider's customer usually gets."""


class Addresses:
    """Reads clients' addresses; `X-Forwarded-For` is believed only where a trusted proxy sent it."""

    def __init__(self, trusted_proxies: Sequence[Network] = ()) -> None:
        self._trusted = trusted_proxies

    def of(self, scope: Scope) -> Address | None:
        """The client's address; None where nobody trustworthy says one."""
        peer = scope.get("client")
        address = parse_address(peer[0]) if peer else None
        if not self._trusted or address is None or not is_within(address, self._trusted):
            return address
        return self._forwarded(scope, address)

    def _forwarded(self, scope: Scope, proxy: Address) -> Address | None:
        """The last address that no trusted proxy has, from the right: what stands before it is hearsay."""
        texts = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
        hops = [hop.strip() for hop in texts.decode("latin-1").split(",")] if texts else []
        address: Address | None = proxy
        for hop in reversed(hops):
            address = parse_address(hop)
            if address is None or not is_within(address, self._trusted):
                return address
        return address


@lru_cache(maxsize=10_000)
def parse_address(text: str) -> Address | None:
    """The address, with or without a port; an IPv4 one inside IPv6 as what it is. None where it is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def is_within(address: Address, networks: Sequence[Network]) -> bool:
    """Whether one of the networks holds the address."""
    return any(address in network for network in networks)


@lru_cache(maxsize=10_000)
def network_of(address: Address) -> str:
    """The network of an address, by which wrong attempts are counted: the /24 of IPv4, the /56 of IPv6."""
    prefix = _IPV4_PREFIX if isinstance(address, IPv4Address) else _IPV6_PREFIX
    return str(ip_network(f"{address}/{prefix}", strict=False))
