"""Members as the bank keeps them: enrolled, frozen, closed, and what is said of them."""

from tests.integration.graphql.people import People

CHANGED = "... on MemberStateChanged { replayed state memberId }"


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
