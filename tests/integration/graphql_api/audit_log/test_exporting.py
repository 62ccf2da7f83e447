"""An approved export: sealed to the auditor, accepted by the verifier, and recorded before it leaves."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from audit.bundle import unpack
from audit.policy import Policy
from audit.progress import unwatched
from audit.sealed_bundle import open_bundle, public_half
from audit.search import EventFilter
from audit.verdict import Answer, Question
from audit.verify import verify_bundle
from graphql_api.audit_log.exporting import ExportNotApproved, export_approved
from graphql_api.global_ids import encode_id
from graphql_api.processes.cli import audit as commands
from graphql_api.settings import Settings
from ledger.control.approvable import Approvables
from ledger.control.audit_access import EXPORT, AskForExport
from ledger.control.decide_request import ApproveRequest
from ledger.programme.setup import create_programme
from tests.bank import Bank, bank
from tests.fixtures_application import ROOT_KEY, application
from tests.sequenced_log import KEY, sequencing

__all__ = ["application", "bank"]
PRIVATE = bytes(range(32))
ACTOR = "operator:olga@command-line"


@pytest.fixture
def settings(book_schema: str, tmp_path: Path) -> Settings:
    """Of a deployment whose log bears the name of the key that signs it here."""
    return Settings(var=tmp_path, root_key=ROOT_KEY, book_schema=book_schema, log_origin=KEY.name)


async def ask(bank: Bank, **terms: str | int | None) -> UUID:
    """Asks for an export of the programme's events."""
    described = EventFilter(programme=bank.programme_id).described()
    given: dict[str, str | int | None] = {f"filter.{name}": text for name, text in described.items()}
    given |= {"auditorKey": public_half(PRIVATE), "fromIndex": None, "untilIndex": None, "sinceSizes": "", **terms}
    command = AskForExport(actor=bank.actor("compliance", "carla"), key=bank.key(), purpose="audit", terms=given)
    return (await bank.application.engine.execute(command)).unwrap().approval_id


async def agree(bank: Bank, approval_id: UUID) -> None:
    """Lets a second person agree."""
    command = ApproveRequest(
        actor=bank.actor("approver", "paul"),
        key=bank.key(),
        approval_id=approval_id,
        approvables=Approvables(kinds=(EXPORT,)),
    )
    (await bank.application.engine.execute(command)).unwrap()


async def sequence(bank: Bank) -> None:
    """Gives every event its place."""
    async with sequencing(bank.url) as sequencer:
        await sequencer.sequence()


async def test_an_approved_export_opens_and_verifies(bank: Bank) -> None:
    """For the auditor alone; the log says who took what, with the hash of the sealed file."""
    await bank.earn(await bank.enrol("ada"), 10)
    approval_id = await ask(bank)
    await agree(bank, approval_id)
    await sequence(bank)

    made = await export_approved(bank.application, approval_id, actor=ACTOR, key=KEY)
    files = unpack(open_bundle(made.sealed, PRIVATE))
    verdict = verify_bundle(files, Policy(key=KEY.verifier, age_max=timedelta(hours=1)), [], datetime.now(UTC))

    assert verdict.failing == frozenset(), verdict.as_text()
    assert verdict.results[Question.COMPLETENESS].summary.startswith("every entry from 0 to ")
    assert verdict.manifest["requested_by"] == "compliance:carla"
    assert verdict.manifest["approved_by"] == "approver:paul"
    assert made.entries == verdict.manifest["entries"]
    told = await bank.fetch("SELECT convert_from(record, 'UTF8') FROM audit.events WHERE resource_id = $1", approval_id)
    assert any('"type":"audit_exported"' in row[0] and f'"actor":"{ACTOR}"' in row[0] for row in told)


async def test_beside_another_programme_only_the_own_entries_are_exported(bank: Bank) -> None:
    """Then it is a search, and the bundle says that nothing shows it complete."""
    operator = bank.actor("operator", "olga")
    await create_programme(bank.application.units, operator, code="OTHER", name="Other", time_zone="UTC")
    approval_id = await ask(bank)
    await agree(bank, approval_id)
    await sequence(bank)

    made = await export_approved(bank.application, approval_id, actor=ACTOR, key=KEY)
    files = unpack(open_bundle(made.sealed, PRIVATE))
    verdict = verify_bundle(files, Policy(key=KEY.verifier), [], datetime.now(UTC))

    assert verdict.failing == frozenset(), verdict.as_text()
    assert verdict.results[Question.COMPLETENESS].answer is Answer.NOT_SHOWN
    mine = f'"programme":"{bank.programme_id}"'.encode()
    assert all(mine in line for line in files["entries.jsonl"].splitlines())


async def test_without_a_second_person_there_is_no_export(bank: Bank) -> None:
    """Neither of what waits, nor of what does not exist, nor a week after the decision."""
    approval_id = await ask(bank)
    for wanted in (approval_id, bank.programme_id):
        with pytest.raises(ExportNotApproved):
            await export_approved(bank.application, wanted, actor=ACTOR, key=KEY)
    await agree(bank, approval_id)
    await bank.advance(timedelta(days=7))

    with pytest.raises(ExportNotApproved):
        await export_approved(bank.application, approval_id, actor=ACTOR, key=KEY)


async def test_the_command_line_writes_a_file_for_its_owner_only(
    bank: Bank, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And never over another one."""
    approval_id = await ask(bank)
    await agree(bank, approval_id)
    await sequence(bank)
    key_file = tmp_path / "log.key"
    key_file.write_text(KEY.encode())
    key_file.chmod(0o600)
    auditor_file = tmp_path / "auditor.key"
    auditor_file.write_text(b64encode(PRIVATE).decode())
    environ = {
        "SCRIP_DATABASE_URL": bank.url,
        "SCRIP_ROOT_KEY": settings.root_key.hex() if settings.root_key else "",
        "SCRIP_LOG_SIGNING_KEY_FILE": str(key_file),
        "SCRIP_LOG_ORIGIN": KEY.name,
        "SCRIP_VAR": str(tmp_path),
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    output = tmp_path / "march.sealed"

    made = await commands._export(encode_id("Approval", approval_id), unwatched)
    output.write_bytes(made.sealed)
    commands.open_sealed(output, auditor_file, tmp_path / "march.bundle")

    assert unpack((tmp_path / "march.bundle").read_bytes())["checkpoint"].decode() == made.checkpoint
