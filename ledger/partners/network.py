"""Allowed networks: where a merchant's credentials work. A merchant without any may call from anywhere."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, update

from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.partners.plain_network import parse_network
from ledger.partners.rows import Merchant, Network
from ledger.partners.tables import MERCHANTS
from ledger.programme.registry_change import registry_change

NETWORKS_MAX: Final = 64
_TEXT_MAX: Final = 64
_SET = Query(
    update(MERCHANTS)
    .where(MERCHANTS.c.id == bindparam("merchant_id"), MERCHANTS.c.programme_id == bindparam("of_programme"))
    .values(
        {"networks": bindparam("new_networks", type_=MERCHANTS.c.networks.type), "version": MERCHANTS.c.version + 1}
    )
    .returning(*(MERCHANTS.c[name] for name in Merchant._fields))
)


async def set_merchant_networks(
    units: UnitsOfWork, actor: Actor, *, merchant_id: UUID, networks: Sequence[str]
) -> Merchant:
    """From now on the merchant's credentials work from these networks only, or from anywhere where none is given.

    networks: CIDR texts, IPv4 or IPv6, 64 at most; IPv4 inside IPv6 is kept as IPv4. INVALID_INPUT, MERCHANT_NOT_FOUND.
    """
    async with registry_change(units, actor, "merchant_networks_set") as change:
        allowed = parse_networks(networks)
        asked = {"merchant_id": merchant_id, "of_programme": actor.programme_id, "new_networks": allowed}
        row = await change.row(_SET, asked)
        if row is None:
            raise Refusal(RefusalCode.MERCHANT_NOT_FOUND)
        merchant = Merchant(*row)
        facts = {"networks": " ".join(str(network) for network in allowed)}
        change.record(merchant.id, version=merchant.version, facts=facts)
    return merchant


def parse_networks(texts: Sequence[str]) -> list[Network]:
    """The networks, each once, in order. INVALID_INPUT naming the one that is none or has bits beyond its prefix."""
    if len(texts) > NETWORKS_MAX:
        refuse_input("networks")
    return sorted({_parse(text, index) for index, text in enumerate(texts)}, key=lambda each: (each.version, each))


def _parse(text: str, index: int) -> Network:
    network = None
    if len(text) <= _TEXT_MAX:
        with suppress(ValueError):
            network = parse_network(text)
    if network is None:
        refuse_input(f"networks.{index}")
    return network
