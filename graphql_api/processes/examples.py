"""Three documents to paste: what a newcomer is shown, and what docs/quickstart.md repeats. A test runs them."""

from dataclasses import dataclass

from graphql_api.permissions import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A document for whoever has the token of `role`."""

    title: str
    role: Role
    text: str


WALLET = """{
  me {
    externalId
    wallet {
      available posted held pending overdue nextExpiry
      expiries { buckets { expiresOn amount } never }
      statement(first: 3) { nodes { kind amount postedAfter effectiveAt } }
    }
  }
}"""

EARN = """mutation {
  earnPoints(input: { member: { externalId: "MEMBER" }, amount: 100, idempotencyKey: "hello-1" }) {
    ... on PointsEarned { replayed wallet { available } lots { amount expiresAt } }
    ... on UserError { code message retry }
  }
}"""

ADVANCE = """mutation {
  advanceSandboxClock(input: { until: "2017-09-01T00:00:00Z" }) {
    ... on SandboxClockAdvanced { clock { now } }
    ... on UserError { code message }
  }
}"""


def examples(member_external_id: str) -> tuple[Example, ...]:
    """The documents, about a member of the demo. Asked again after the third, the first shows what expired."""
    return (
        Example(title="What a member's app shows", role=Role.MEMBER, text=WALLET),
        Example(
            title="The bank grants points; sent twice, it grants them once",
            role=Role.SERVICE,
            text=EARN.replace("MEMBER", member_external_id),
        ),
        Example(
            title="Half a year later: points have expired, as the first query then says",
            role=Role.OPERATOR,
            text=ADVANCE,
        ),
    )
