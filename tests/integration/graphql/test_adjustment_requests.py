"""Adjustments above the limit: they wait for a second person, keep their reference, and are withdrawn by their maker."""

from graphql_api.permissions import Role, Scope
from tests.integration.graphql.people import People

DECIDED = "... on RequestDecided { replayed state entryId decidedBy }"


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
