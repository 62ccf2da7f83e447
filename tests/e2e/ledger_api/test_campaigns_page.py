"""What docs/campaigns.md tells: its documents run in their order, and its tables leave nothing out."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from graphql_api.permissions import Role
from ledger.campaigns.expression import COMMON_FIELDS
from ledger.programme.activity_type import SHIPPED
from tests.bank import Bank
from tests.databases import ROOT
from tests.e2e.ledger_api.served import Api

PAGE = (ROOT / "docs" / "campaigns.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```graphql (\w+)\n(.*?)```", re.DOTALL)


async def test_every_document_of_the_page_can_be_pasted(api: Api, bank: Bank) -> None:
    """As the role that it names; what one of them puts forward, the approver's agrees to."""
    await bank.enrol("1609")
    waiting: list[str] = []
    answers: list[dict[str, Any]] = []

    for role, text in BLOCK.findall(PAGE):
        bearer = api.bearer(Role(role), "1609" if role == "member" else role)
        for approval in waiting if "APPROVAL" in text else [""]:
            document = text.replace("APPROVAL", approval).replace("NOW", datetime.now(UTC).isoformat())
            answers.append(await api.ask(bearer, document))
            assert "code" not in next(iter(answers[-1].values())), answers[-1]
        waiting = [*waiting, *re.findall(r'"approvalId": "([^"]+)"', json.dumps(answers[-1]))]

    known = {name: answer for each in answers for name, answer in each.items()}
    told = known["member"]["activities"]["nodes"][0]
    assert (told["awards"][0]["rule"], told["awards"][0]["amount"], told["skipped"]) == ("all", "199", [])
    assert known["me"]["campaigns"][0]["code"] == "spring"


def test_the_page_names_every_type_and_every_variable() -> None:
    """Word for word."""
    words = set(SHIPPED) | {field.name for field in COMMON_FIELDS}

    assert sorted(word for word in words if f"`{word}`" not in PAGE) == []
