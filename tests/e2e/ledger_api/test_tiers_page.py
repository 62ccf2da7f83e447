"""What docs/tiers.md tells: its documents run in their order, and its table leaves no choice out."""

import re
from datetime import UTC, datetime
from typing import Any

from graphql_api.permissions import Role
from ledger.tiers.ladder_body import Demotion, MetricKind, PackPeriod, Promotion, WindowKind
from tests.bank import Bank
from tests.databases import ROOT
from tests.e2e.ledger_api.served import Api

PAGE = (ROOT / "docs" / "tiers.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```graphql (\w+)\n(.*?)```", re.DOTALL)


async def test_every_document_of_the_page_can_be_pasted(api: Api, bank: Bank) -> None:
    """As the role that it names; what is granted is approved, and the member sees it."""
    await bank.enrol("1609")
    answers: list[dict[str, Any]] = []

    for role, text in BLOCK.findall(PAGE):
        bearer = api.bearer(Role(role), "1609" if role == "member" else role)
        approval = str(answers[-1].get("grantTier", {}).get("approvalId")) if answers else ""
        until = f"{datetime.now(UTC).year + 1}-12-31"
        answers.append(await api.ask(bearer, text.replace("APPROVAL", approval).replace("UNTIL", until)))
        assert "code" not in next(iter(answers[-1].values())), answers[-1]

    tier = answers[-1]["me"]["tiers"][0]
    assert (tier["level"]["code"], tier["earnedLevel"], tier["progress"]["missing"]) == ("gold", "base", "0")


def test_the_page_names_every_choice() -> None:
    """Word for word."""
    words = [word for kind in (MetricKind, WindowKind, Promotion, Demotion, PackPeriod) for word in kind]

    assert [word for word in words if f"`{word}`" not in PAGE] == []
