"""The documents that a newcomer is told to paste."""

from graphql_api.permissions import Role, Scope
from graphql_api.processes.examples import examples
from tests.bank import Bank
from tests.databases import ROOT
from tests.e2e.ledger_api.served import Api


async def test_every_example_can_be_pasted(api: Api, bank: Bank) -> None:
    """Each runs with the token that it names, and meets no error."""
    await bank.enrol("1")

    answers = {}
    for example in examples("1"):
        scopes = (Scope.SANDBOX_ADVANCE,) if example.role is Role.OPERATOR else ()
        answers[example.role] = await api.ask(api.bearer(example.role, "1", *scopes), example.text)

    assert answers[Role.MEMBER]["me"]["externalId"] == "1"
    assert answers[Role.SERVICE]["earnPoints"]["wallet"] == {"available": "100"}
    # This bank lives in the present, where the demo's summer is long over.
    assert answers[Role.OPERATOR]["advanceSandboxClock"]["code"] == "INVALID_INPUT"


def test_the_quickstart_shows_every_example() -> None:
    """Word for word, about the same member."""
    text = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")

    assert [example.title for example in examples("1609") if example.text not in text] == []
