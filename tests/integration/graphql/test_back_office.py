"""What the bank's staff does: members, partners, keys, terms, approvals, support."""

from graphql_api.http.api_keys import verify_api_key
from graphql_api.permissions import Role, Scope
from graphql_api.registry_api_keys import RegistryApiKeys
from tests.integration.graphql.people import People

CHANGED = "... on MemberStateChanged { replayed state memberId }"
DECIDED = "... on RequestDecided { replayed state entryId decidedBy }"


async def test_a_member_is_enrolled_frozen_unfrozen_and_closed(people: People) -> None:
    """Each changes the standing once; a closed member stays closed."""
    enrolled = await people.change(people.core, "enrolMember", "... on MemberEnrolled { memberId }", externalId="uwe")
    uwe = {"id": enrolled["memberId"]}

    frozen = await people.change(people.operator, "freezeMember", CHANGED, member=uwe, reason="lost his phone")
    spend = await people.change(people.core, "spendPoints", member=uwe, amount="1")
    twice = await people.change(people.operator, "freezeMember", "", member=uwe)
    unfrozen = await people.change(people.operator, "unfreezeMember", CHANGED, member=uwe)
    full = await people.change(people.operator, "closeMember", "", member={"id": people.ines})
    closed = await people.change(people.operator, "closeMember", CHANGED, member={"id": people.ines}, forfeit=True)
    found = await people.desk.ask(people.core, '{ member(by: {externalId: "ines"}) { state wallet { posted state } } }')

    assert [frozen["state"], unfrozen["state"], closed["state"]] == ["FROZEN", "OPEN", "CLOSED"]
    assert [spend["code"], twice["code"], full["code"]] == ["MEMBER_FROZEN", "MEMBER_FROZEN", "MEMBER_NOT_EMPTY"]
    assert found["member"] == {"state": "CLOSED", "wallet": {"posted": "0", "state": "CLOSED"}}


async def test_the_service_says_which_tiers_and_segments_are_a_members(people: People) -> None:
    """Each time all of them; a malformed list is refused by its field."""
    said = "... on MemberFactsSet { memberId tiers segments version }"
    ines = {"id": people.ines}

    first = await people.desk.change(
        people.core, "setMemberFacts", {"member": ines, "tiers": ["gold"], "segments": ["families"]}, said
    )
    second = await people.desk.change(
        people.core, "setMemberFacts", {"member": ines, "tiers": [], "segments": []}, said
    )
    twice = await people.desk.change(
        people.core, "setMemberFacts", {"member": ines, "tiers": ["gold", "gold"], "segments": []}
    )

    assert (first["memberId"], first["tiers"], first["segments"]) == (people.ines, ["gold"], ["families"])
    assert first["version"] == 1
    assert (second["tiers"], second["version"]) == ([], 2)
    assert twice["code"] == "INVALID_INPUT"


async def test_attributes_are_registered_for_good_and_said_of_members(people: People) -> None:
    """Each time all of them, with the tiers and segments; what is unknown or of another type is refused by its place. The
    bank reads them back, the member does not.
    """
    desk, ines = people.desk, {"id": people.ines}
    registered = "... on MemberAttributeRegistered { memberAttribute { code type } }"
    said = "... on MemberFactsSet { tiers attributes { code value } version } ... on InvalidInputError { field }"

    for code, type_ in (("risk", "INTEGER"), ("region", "TEXT"), ("vip", "BOOLEAN")):
        made = await desk.change(people.operator, "registerMemberAttribute", {"code": code, "type": type_}, registered)
        assert made["memberAttribute"] == {"code": code, "type": type_}
    twice = await desk.change(people.operator, "registerMemberAttribute", {"code": "risk", "type": "TEXT"})
    unnameable = await desk.change(people.operator, "registerMemberAttribute", {"code": "a-b", "type": "TEXT"})
    listed = await desk.ask(people.core, "{ memberAttributes { code type } }")

    async def says(*values: tuple[str, object], tiers: tuple[str, ...] = ()) -> dict[str, object]:
        attributes = [{"code": code, "value": value} for code, value in values]
        facts = {"member": ines, "tiers": list(tiers), "segments": [], "attributes": attributes}
        return await desk.change(people.core, "setMemberFacts", facts, said)

    all_ = await says(("vip", True), ("region", "north"), ("risk", -3), tiers=("gold",))
    fewer = await says(("risk", 0))
    faults = [await says(("risk", "3")), await says(("risk", 1), ("rizk", 1)), await says(("vip", 1.5))]
    find = "query ($id: ID!) { member(by: {id: $id}) { facts { tiers segments attributes { code value } version } } }"
    read = [(await desk.ask(who, find, **ines))["member"]["facts"] for who in (people.core, people.operator)]
    unsaid = await desk.ask(people.core, find, id=people.otto)
    hers = await desk.refusal(people.member(), "{ me { facts { version } } }")
    none = await desk.change(people.core, "setMemberFacts", {"member": ines, "tiers": [], "segments": []}, said)

    assert [twice["code"], unnameable["code"]] == ["CODE_TAKEN", "INVALID_INPUT"]
    assert [each["code"] for each in listed["memberAttributes"]] == ["region", "risk", "vip"]
    assert all_["attributes"] == [
        {"code": "region", "value": "north"},
        {"code": "risk", "value": -3},
        {"code": "vip", "value": True},
    ]
    assert (fewer["tiers"], fewer["attributes"], fewer["version"]) == ([], [{"code": "risk", "value": 0}], 2)
    assert [each["field"] for each in faults] == ["attributes.0.value", "attributes.1.code", "attributes.0.value"]
    assert (none["attributes"], none["version"]) == ([], 3)
    assert read == [{"tiers": [], "segments": [], "attributes": fewer["attributes"], "version": 2}] * 2
    assert (unsaid["member"], hers) == ({"facts": None}, "FORBIDDEN")


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


async def test_points_pay_money_at_the_rate_in_force(people: People) -> None:
    """Up to what is due; the reply says what remains, and the entry by which version."""
    rate = {"asset": "POINTS", "moneyAsset": "CNY", "points": "10", "minor": "100"}
    await people.desk.change(people.operator, "setRate", rate)

    paid = await people.change(
        people.till,
        "spendPoints",
        "... on PointsSpent { entry { id amount } moneyMinor remainingDueMinor }",
        paymentCode=await people.payment_code(),
        dueMinor="1550",
        pointsMax="50",
    )
    found = await people.desk.ask(people.operator, "{ assets { code rates { id moneyAsset points minor } } }")
    text = "query E($id: ID!) { entry(id: $id) { moneyMinor rateId } }"
    entry = (await people.desk.ask(people.till, text, id=paid["entry"]["id"]))["entry"]

    assert (paid["entry"]["amount"], paid["moneyMinor"], paid["remainingDueMinor"]) == ("50", "500", "1050")
    made = {"id": entry["rateId"], "moneyAsset": "CNY", "points": "10", "minor": "100"}
    assert {"code": "POINTS", "rates": [made]} in found["assets"]
    assert entry["moneyMinor"] == "500"


async def test_an_adjustment_above_the_limit_waits_for_a_second_person(people: People) -> None:
    """The requester cannot approve it, an approver can, once; what it posts is the requester's, and has its reference."""
    limit = {"actorKind": "operator", "amount": "50"}
    await people.desk.change(people.operator, "setAdjustmentLimit", limit)
    select = "... on PointsAdjusted { entry { amount } } ... on ApprovalRequested { approvalId replayed }"
    gift = {"member": {"id": people.ines}, "reasonCode": "goodwill", "reason": "a long call"}

    small = await people.change(people.operator, "adjustPoints", select, amount="50", **gift)
    large = await people.change(people.operator, "adjustPoints", select, amount="51", reference="case-7", **gift)
    waiting = await people.desk.ask(
        people.approver,
        """{ approvals(state: PENDING) { nodes {
            id kind state requestedBy reasons adjustment { memberId amount reasonCode } } } }""",
    )
    own = await people.change(
        people.desk.caller(Role.OPERATOR, "olga", *Scope), "approveRequest", DECIDED, approvalId=large["approvalId"]
    )
    approved = await people.change(people.approver, "approveRequest", DECIDED, approvalId=large["approvalId"])
    again = await people.change(people.approver, "rejectRequest", DECIDED, approvalId=large["approvalId"])
    select = "... on ReferenceTakenError { takenByEntryId }"
    taken = await people.change(people.operator, "adjustPoints", select, amount="51", reference="case-7", **gift)
    found = await people.desk.ask(people.member(), "{ me { wallet { available } } }")

    assert small["__typename"] == "PointsAdjusted"
    assert waiting["approvals"]["nodes"] == [
        {
            "id": large["approvalId"],
            "kind": "adjust",
            "state": "PENDING",
            "requestedBy": "operator:olga@BANK",
            "reasons": ["a long call"],
            "adjustment": {"memberId": people.ines, "amount": "51", "reasonCode": "goodwill"},
        }
    ]
    assert (own["code"], again["code"]) == ("APPROVAL_OWN", "APPROVAL_DECIDED")
    assert (approved["state"], approved["decidedBy"]) == ("APPROVED", "approver:anna@BANK")
    assert (taken["code"], taken["takenByEntryId"]) == ("REFERENCE_TAKEN", approved["entryId"])
    assert found["me"]["wallet"]["available"] == "201"


async def test_a_reference_that_waited_in_vain_is_free(people: People) -> None:
    """While it waits it is taken by no entry; afterwards a name that nobody has is refused as such."""
    gift = {"reasonCode": "goodwill", "reference": "case-8"}
    ines, select = (
        {"id": people.ines},
        "... on ApprovalRequested { approvalId } ... on ReferenceTakenError { takenByEntryId takenByApprovalId }",
    )
    asked = await people.change(people.operator, "adjustPoints", select, member=ines, amount="51", **gift)

    waiting = [
        await people.change(people.operator, "adjustPoints", select, member=member, amount="52", **gift)
        for member in (ines, {"externalId": "nobody"})
    ]
    await people.change(people.operator, "withdrawRequest", DECIDED, approvalId=asked["approvalId"])
    unknown = await people.change(
        people.operator, "adjustPoints", select, member={"externalId": "nobody"}, amount="53", **gift
    )
    again = await people.change(people.operator, "adjustPoints", select, member=ines, amount="54", **gift)

    assert [(each["code"], each["takenByEntryId"]) for each in waiting] == [("REFERENCE_TAKEN", None)] * 2
    assert {each["takenByApprovalId"] for each in waiting} == {asked["approvalId"]}
    assert unknown["code"] == "MEMBER_NOT_FOUND"
    assert again["approvalId"] != asked["approvalId"]


async def test_a_request_is_withdrawn_by_who_made_it(people: People) -> None:
    """Nobody else can take it back, and then nobody can approve it."""
    gift = {"member": {"id": people.ines}, "reasonCode": "goodwill", "amount": "51"}
    asked = await people.change(people.operator, "adjustPoints", "... on ApprovalRequested { approvalId }", **gift)
    another = people.desk.caller(Role.OPERATOR, "otto")

    foreign = await people.change(another, "withdrawRequest", DECIDED, approvalId=asked["approvalId"])
    own = await people.change(people.operator, "withdrawRequest", DECIDED, approvalId=asked["approvalId"])
    late = await people.change(people.approver, "approveRequest", DECIDED, approvalId=asked["approvalId"])

    assert (foreign["code"], own["state"], late["code"]) == ("FORBIDDEN", "WITHDRAWN", "APPROVAL_DECIDED")


async def test_support_sees_a_member_and_is_recorded(people: People) -> None:
    """The look is in the audit log before the answer leaves, also where nobody was found."""
    helper = people.desk.caller(Role.SUPPORT, "hans")
    before = await people.desk.bank.count("audit.events")

    found = await people.desk.ask(
        helper,
        """{ supportMember(by: {externalId: "ines"}) {
            member { externalId } wallets { asset available } entries { kind } holds { id } } }""",
    )
    after = await people.desk.bank.count("audit.events")

    assert found["supportMember"]["member"] == {"externalId": "ines"}
    assert found["supportMember"]["wallets"] == [{"asset": "POINTS", "available": "100"}]
    assert [entry["kind"] for entry in found["supportMember"]["entries"]] == ["earn"]
    assert after == before + 1


async def test_periods_close_forward_only(people: People) -> None:
    """Nothing takes effect in a closed period, and none opens again."""
    until = "2026-01-01T00:00:00Z"
    closed = await people.desk.change(
        people.operator, "closePeriod", {"until": until}, "... on PeriodClosed { programme { openFrom } }"
    )
    again = await people.desk.change(people.operator, "closePeriod", {"until": until})
    late = await people.change(
        people.core,
        "earnPoints",
        "... on PeriodClosedError { openFrom }",
        member={"id": people.ines},
        amount="1",
        effectiveAt="2025-12-31T00:00:00Z",
    )

    assert closed["programme"]["openFrom"] == "2026-01-01T00:00:00.000000Z"
    assert (again["code"], late["code"]) == ("PERIOD_CLOSED", "PERIOD_CLOSED")
    assert late["openFrom"] == "2026-01-01T00:00:00.000000Z"


async def test_assets_are_created_and_changed(people: People) -> None:
    """Bad terms name their field; good ones are the next version."""
    desk = people.desk
    select = "... on AssetCreated { asset { code version expiry } }"

    made = await desk.change(
        people.operator, "createAsset", {"code": "MILES", "terms": {"expiry": "on 2030-12-31"}}, select
    )
    taken = await desk.change(people.operator, "createAsset", {"code": "MILES"}, select)
    wrong = await desk.change(
        people.operator,
        "changeAsset",
        {"code": "MILES", "terms": {"expiry": "whenever"}},
        "... on InvalidInputError { field }",
    )
    unknown = await desk.change(people.operator, "changeAsset", {"code": "NONE", "terms": {}})

    assert made["asset"] == {"code": "MILES", "version": 1, "expiry": "on 2030-12-31"}
    assert (taken["code"], unknown["code"]) == ("CODE_TAKEN", "ASSET_NOT_FOUND")
    assert (wrong["code"], wrong["field"]) == ("INVALID_INPUT", "expiry")


async def test_a_rate_of_the_first_moment_is_one_like_any_other(people: People) -> None:
    """The instant before it, which the database takes for minus infinity, is none."""
    rate = {"asset": "POINTS", "moneyAsset": "CNY", "points": "1", "minor": "1"}
    text = "mutation R($input: SetRateInput!) { setRate(input: $input) { __typename } }"

    none = await people.desk.execute(people.operator, text, {"input": {**rate, "validFrom": "0001-01-01T00:00:00Z"}})
    first = await people.desk.change(people.operator, "setRate", {**rate, "validFrom": "0001-01-01T00:00:00.000001Z"})
    paid = await people.change(people.till, "spendPoints", paymentCode=await people.payment_code(), amount="3")

    assert none.errors is not None
    assert "There is no such instant." in none.errors[0].message
    assert (first["__typename"], paid["__typename"]) == ("RateSet", "PointsSpent")
