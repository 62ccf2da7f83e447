"""An approved export over HTTP: to who asked for it and to nobody else, recorded before it leaves."""

import secrets
from datetime import UTC, datetime

import httpx

from audit.bundle import unpack
from audit.policy import Policy
from audit.sealed_bundle import open_bundle, public_half
from audit.verify import verify_bundle
from audit.waiting_bundle import SLICE_BYTES, Made, keep_bundle
from graphql_api.audit_log.bundle_making import make_here
from graphql_api.permissions import Role, Scope
from graphql_api.processes.export_rounds import ExportRounds
from graphql_api.schema.kinds import APPROVAL, uuid_of
from tests.bank import Bank
from tests.e2e.ledger_api.served import Api
from tests.sequenced_log import KEY, sequencing

PRIVATE = bytes(range(32))
ASK = """
mutation A($input: RequestAuditExportInput!) {
  requestAuditExport(input: $input) { ... on ApprovalRequested { approvalId } ... on UserError { code } }
}
"""
AGREE = """
mutation A($input: ApproveRequestInput!) {
  approveRequest(input: $input) { ... on RequestDecided { state } ... on UserError { code } }
}
"""


async def fetch(api: Api, approval_id: str, authorization: str | None = None, *, method: str = "GET") -> httpx.Response:
    """What the download answers; Carla asks where nobody else does."""
    headers = {"authorization": authorization or api.bearer(Role.COMPLIANCE, "carla")}
    async with httpx.AsyncClient() as client:
        return await client.request(method, f"{api.url}/audit/exports/{approval_id}", headers=headers)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """The status and the refusal's code."""
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


async def ask(api: Api, bank: Bank) -> str:
    """Carla asks for an export."""
    given = {"purpose": "audit", "auditorKey": public_half(PRIVATE), "idempotencyKey": bank.key()}
    done = await api.ask(api.bearer(Role.COMPLIANCE, "carla"), ASK, input=given)
    return str(done["requestAuditExport"]["approvalId"])


async def agree(api: Api, bank: Bank, approval_id: str) -> None:
    """Paul agrees."""
    given = {"approvalId": approval_id, "idempotencyKey": bank.key()}
    done = await api.ask(api.bearer(Role.APPROVER, "paul"), AGREE, input=given)
    assert done["approveRequest"] == {"state": "APPROVED"}


async def downloads(bank: Bank) -> list[str]:
    """The records of bundles that left, oldest first."""
    rows = await bank.fetch("SELECT convert_from(record, 'UTF8') FROM audit.events ORDER BY id")
    return [row[0] for row in rows if '"type":"audit_exported"' in row[0]]


async def test_an_approved_export_is_fetched_by_who_asked(api: Api, bank: Bank) -> None:
    """Once another agreed and a worker made it; each time it leaves, the log says so."""
    approval_id = await ask(api, bank)
    waiting = await fetch(api, approval_id)
    await agree(api, bank, approval_id)
    async with sequencing(bank.url) as sequencer:
        await sequencer.sequence()
    unmade = await fetch(api, approval_id)
    await ExportRounds(application=bank.application, key=KEY, make=make_here).make_due()
    looked = await fetch(api, approval_id, method="HEAD")
    nothing_yet = await downloads(bank)

    fetched = await fetch(api, approval_id)

    verdict = verify_bundle(
        unpack(open_bundle(fetched.content, PRIVATE)), Policy(key=KEY.verifier), [], datetime.now(UTC)
    )
    assert code_of(waiting) == (404, "EXPORT_NOT_FOUND")
    assert (*code_of(unmade), unmade.headers["retry-after"]) == (409, "EXPORT_NOT_READY", "5")
    assert (looked.status_code, looked.headers["allow"], nothing_yet) == (405, "GET", [])
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "application/octet-stream")
    assert fetched.headers["cache-control"] == "no-store"
    assert verdict.failing == frozenset(), verdict.as_text()
    left = await downloads(bank)
    assert len(left) == 1
    assert '"actor":"compliance:carla@BANK"' in left[0]
    assert fetched.headers["etag"].strip('"') in left[0]


async def test_nobody_else_fetches_it(api: Api, bank: Bank) -> None:
    """Neither another officer, nor whoever agreed, nor staff with every scope; nothing leaves and nothing says it did."""
    approval_id = await ask(api, bank)
    await agree(api, bank, approval_id)
    acts = bank.application.audit.acts
    await keep_bundle(acts, uuid_of(APPROVAL, approval_id), bank.programme_id, Made(b"sealed"), actor="system:worker")

    omar = await fetch(api, approval_id, api.bearer(Role.COMPLIANCE, "omar"))
    narrow = await fetch(api, approval_id, api.bearer(Role.COMPLIANCE, "carla", Scope.AUDIT_READ))
    paul = await fetch(api, approval_id, api.bearer(Role.APPROVER, "paul", *Scope))
    nobody = await fetch(api, approval_id, "Bearer nonsense")
    nowhere = await fetch(api, "nonsense")

    assert code_of(omar) == code_of(nowhere) == (404, "EXPORT_NOT_FOUND")
    assert code_of(narrow) == code_of(paul) == (403, "FORBIDDEN")
    assert code_of(nobody) == (401, "UNAUTHENTICATED")
    assert await downloads(bank) == []


async def test_a_large_bundle_leaves_whole_and_a_missing_one_says_why(api: Api, bank: Bank) -> None:
    """Slice by slice, in order; where none could be made, the reason is the answer."""
    acts, large = bank.application.audit.acts, secrets.token_bytes(2 * SLICE_BYTES + 5)
    ids = [await ask(api, bank) for _ in range(2)]
    for approval_id, made in zip(ids, (Made(large, 7), Made(None, problem="too many entries")), strict=True):
        await agree(api, bank, approval_id)
        await keep_bundle(acts, uuid_of(APPROVAL, approval_id), bank.programme_id, made, actor="system:worker")

    whole, missing = await fetch(api, ids[0]), await fetch(api, ids[1])

    assert whole.content == large
    assert code_of(missing) == (409, "EXPORT_REFUSED")
    assert "too many entries" in missing.text
