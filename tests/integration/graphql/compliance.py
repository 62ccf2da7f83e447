"""What compliance asks of the audit log, a private reason to ask about, and the second person who agrees."""

from graphql_api.permissions import Role
from tests.integration.graphql.desk import Desk
from tests.sequenced_log import sequencing

EVENTS = """
query E($filter: AuditEventFilter, $first: Int, $after: String) {
  auditEvents(filter: $filter, first: $first, after: $after) {
    nodes { id index type at accepted code actor client memberIds record parts { name epoch } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
PROOF = "query P($id: ID!) { auditProof(eventId: $id) { size proof event { index record } } }"
REVEALED = "query R($id: ID!) { revealedParts(approvalId: $id) { eventId name text } }"
APPROVAL = "... on ApprovalRequested { approvalId replayed }"


async def sequence(desk: Desk) -> None:
    """Gives every event its place."""
    async with sequencing(desk.bank.url) as sequencer:
        await sequencer.sequence()


async def told(desk: Desk, kind: str) -> list[str]:
    """The records of a kind, oldest first."""
    rows = await desk.bank.fetch("SELECT convert_from(record, 'UTF8') FROM audit.events ORDER BY id")
    return [row[0] for row in rows if f'"type":"{kind}"' in row[0]]


async def approve(desk: Desk, approval_id: str, who: str = "paul") -> str:
    """Lets a second person agree; the state."""
    done = await desk.change(
        desk.caller(Role.APPROVER, who),
        "approveRequest",
        {"approvalId": approval_id, "idempotencyKey": desk.key()},
        "... on RequestDecided { state }",
    )
    return str(done.get("state", done.get("code")))


async def adjust(desk: Desk, reason: str) -> str:
    """Corrects ada's balance for a reason in words; the event's id."""
    member_id = await desk.bank.enrol("ada")
    await desk.bank.earn(member_id, 100)
    await desk.change(
        desk.caller(Role.OPERATOR, "olga"),
        "adjustPoints",
        {
            "member": {"externalId": "ada"},
            "amount": "5",
            "reasonCode": "GOODWILL",
            "reason": reason,
            "idempotencyKey": desk.key(),
        },
    )
    await sequence(desk)
    found = await desk.ask(desk.caller(Role.COMPLIANCE), EVENTS, filter={"type": "approval_requested"})
    return str(found["auditEvents"]["nodes"][0]["id"])
