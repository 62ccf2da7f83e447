"""Earning and spending through the schema."""

from graphql_api.permissions import Role, Scope
from tests.integration.graphql.desk import Desk

RECEIPT = "... on Receipt { replayed entry { id amount } wallet { posted available } lots { lotId amount } }"


async def test_an_earn_and_a_spend_tell_what_is_left(desk: Desk) -> None:
    """The receipt carries the wallet after the entry and the lots that were drawn; the wallet says the same."""
    await desk.bank.enrol("ines")
    service = desk.caller(Role.SERVICE, "core", *Scope)
    ines = {"externalId": "ines"}

    earned = await desk.change(
        service, "earnPoints", {"member": ines, "amount": "100", "idempotencyKey": desk.key()}, RECEIPT
    )
    spent = await desk.change(
        service, "spendPoints", {"member": ines, "amount": 30, "idempotencyKey": desk.key()}, RECEIPT
    )
    found = await desk.ask(service, '{ wallet(member: {externalId: "ines"}) { available version } }')

    assert earned["__typename"] == "PointsEarned"
    assert spent["wallet"] == {"posted": "70", "available": "70"}
    assert spent["lots"] == [{"lotId": earned["lots"][0]["lotId"], "amount": "30"}]
    assert found == {"wallet": {"available": "70", "version": 2}}


async def test_the_same_key_gives_the_same_outcome(desk: Desk) -> None:
    """A replay is marked and is the same in all else."""
    await desk.bank.enrol("ines")
    service = desk.caller(Role.SERVICE, "core")
    earn = {"member": {"externalId": "ines"}, "amount": "100", "idempotencyKey": desk.key()}

    first = await desk.change(service, "earnPoints", earn, RECEIPT)
    again = await desk.change(service, "earnPoints", earn, RECEIPT)

    assert (first.pop("replayed"), again.pop("replayed")) == (False, True)
    assert first == again
