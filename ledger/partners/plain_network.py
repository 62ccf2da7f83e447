"""One form of an IP network's text, by which clients' addresses are compared."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

_IPV4_AT_BIT: Final = 96
"""Where an IPv4 address inside IPv6 begins (RFC 4291, 2.5.5)."""
_LOOPBACK: Final = 1


def parse_network(text: str) -> IPv4Network | IPv6Network:
    """The network of a CIDR text; an IPv4 one inside IPv6 as what it is, which is how clients' addresses are read.

    Raises ValueError for what is none, has bits beyond its prefix, or names a zone; and for IPv4-compatible addresses:
    nobody has them any more (RFC 4291, 2.5.5.1), and PostgreSQL writes them in another way than the audit record would.
    """
    network = ip_network(text)
    if not isinstance(network, IPv6Network):
        return network
    first = network.network_address
    if first.scope_id is not None:
        raise ValueError(text)
    if network.prefixlen < _IPV4_AT_BIT:
        return network
    if first.ipv4_mapped is not None:
        return IPv4Network((first.ipv4_mapped, network.prefixlen - _IPV4_AT_BIT))
    if _LOOPBACK < int(first) < 2**32:
        raise ValueError(text)
    return network
