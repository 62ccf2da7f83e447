"""Partners and their shops: opened, with keys that rotate and die, and closed."""

from graphql_api.http.api_keys import verify_api_key
from graphql_api.registry_api_keys import RegistryApiKeys
from tests.integration.graphql.people import People


async def test_a_shops_key_opens_rotates_and_dies(people: People) -> None:
    """Two keys overlap while tills change; a revoked one is no key."""
    desk = people.desk
    partner = await desk.change(
        people.operator, "createPartner", {"code": "BOOKS", "name": "Books"}, "... on PartnerCreated { partner { id } }"
    )
    shop = await desk.change(
        people.operator,
        "createMerchant",
        {"partnerId": partner["partner"]["id"], "code": "B1", "name": "Books 1"},
        "... on MerchantCreated { merchant { id state } }",
    )
    taken = await desk.change(people.operator, "createPartner", {"code": "BOOKS", "name": "Books"})
    select = "... on ApiKeyIssued { id text merchantId }"
    key = await desk.change(people.operator, "issueApiKey", {"merchantId": shop["merchant"]["id"]}, select)
    second = await desk.change(people.operator, "rotateApiKey", {"apiKeyId": key["id"]}, select)
    await desk.change(people.operator, "revokeApiKey", {"apiKeyId": key["id"]})

    keys = RegistryApiKeys(desk.bank.application.reader)
    old, new = await verify_api_key(keys, key["text"]), await verify_api_key(keys, second["text"])
    listed = await desk.ask(
        people.operator,
        "query M($id: ID!) { merchant(id: $id) { code apiKeys { nodes { id revokedAt } } balances { asset } } }",
        id=shop["merchant"]["id"],
    )

    assert taken["code"] == "CODE_TAKEN"
    assert old is None
    assert new is not None
    assert [each["id"] for each in listed["merchant"]["apiKeys"]["nodes"]] == [key["id"], second["id"]]
    assert key["text"] not in str(listed)


async def test_a_closed_shop_takes_no_points(people: People) -> None:
    """What it took stays on its account."""
    code = await people.payment_code()
    await people.change(people.till, "spendPoints", paymentCode=code, amount="40")
    await people.desk.change(people.operator, "closeMerchant", {"merchantId": people.shop})

    refused = await people.change(people.till, "spendPoints", paymentCode=await people.payment_code(), amount="1")
    own = await people.desk.ask(people.till, "{ merchant { code state balances { asset amount } } }")
    other = await people.desk.ask(people.till, '{ merchant(code: "002") { code } }')

    assert refused["code"] == "MERCHANT_CLOSED"
    assert own["merchant"] == {"code": "001", "state": "CLOSED", "balances": [{"asset": "POINTS", "amount": "40"}]}
    assert other == {"merchant": None}
