"""Tills and allowed networks through the schema: who registers them, and that a shop sees its own only."""

from tests.integration.graphql.people import People

TERMINAL = "... on TerminalCreated { terminal { id code name state merchantId } }"
CLOSED = "... on TerminalClosed { terminal { code state } }"
TILLS = "query($id: ID) { merchant(id: $id) { networks terminals { nodes { code state } } } }"


async def test_a_shops_tills_are_registered_listed_and_closed(people: People) -> None:
    """By the bank's staff; a code is given once for ever."""
    change, operator = people.desk.change, people.operator
    left = {"merchantId": people.shop, "code": "T1", "name": "Left"}

    made = await change(operator, "createTerminal", left, TERMINAL)
    again = await change(operator, "createTerminal", left)
    closed = await change(operator, "closeTerminal", {"terminalId": made["terminal"]["id"]}, CLOSED)
    twice = await change(operator, "closeTerminal", {"terminalId": made["terminal"]["id"]})
    nowhere = await change(operator, "closeTerminal", {"terminalId": people.shop})
    after = await change(operator, "createTerminal", left)

    assert made["terminal"]["merchantId"] == people.shop
    assert closed["terminal"] == {"code": "T1", "state": "CLOSED"}
    assert [each["code"] for each in (again, twice, nowhere, after)] == [
        "CODE_TAKEN",
        "TERMINAL_CLOSED",
        "TERMINAL_NOT_FOUND",
        "CODE_TAKEN",
    ]


async def test_a_shop_sees_its_own_tills_only(people: People) -> None:
    """Whatever id it asks for; another shop is as good as none."""
    for shop, code in ((people.shop, "T1"), (people.other_shop, "X1")):
        till = {"merchantId": shop, "code": code, "name": code}
        await people.desk.change(people.operator, "createTerminal", till)

    own = await people.desk.ask(people.till, TILLS)
    foreign = await people.desk.ask(people.till, TILLS, id=people.other_shop)

    assert own["merchant"]["terminals"]["nodes"] == [{"code": "T1", "state": "OPEN"}]
    assert foreign["merchant"] is None


async def test_allowed_networks_are_set_and_shown(people: People) -> None:
    """As CIDR texts in order; what is none is refused by its place."""
    select = "... on MerchantNetworksSet { merchant { networks } }"

    async def put(*networks: str) -> dict[str, object]:
        given = {"merchantId": people.shop, "networks": list(networks)}
        return await people.desk.change(people.operator, "setMerchantNetworks", given, f"{select} {FIELD}")

    done = await put("10.1.0.0/16", "10.0.0.1")
    wrong = await put("10.0.0.0/8", "shop")

    assert done["merchant"] == {"networks": ["10.0.0.1/32", "10.1.0.0/16"]}
    assert (wrong["code"], wrong["field"]) == ("INVALID_INPUT", "networks.1")


FIELD = "... on InvalidInputError { field }"
