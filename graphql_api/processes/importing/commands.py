"""Records as commands. The fingerprint covers what the file says, its external ids and codes, and not what they were
resolved to: so a line that was refused for an unknown member is refused alike whenever the file is run again. Activities
are the API's own commands, since whoever reports an event, its name is the key.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict, assert_never
from uuid import UUID

from graphql_api.processes.importing.records import (
    ActivityRecord,
    EarnRecord,
    EnrolRecord,
    OpeningRecord,
    PointsRecord,
    SpendRecord,
)
from ledger.campaigns.activity import ActivityCommand, ActivityParts
from ledger.campaigns.refund import ReportRefund
from ledger.campaigns.report import ReportActivity
from ledger.engine.command import Actor, command_class
from ledger.members.enrol import EnrolMember
from ledger.points.command import UNKNOWN, PointsCommand
from ledger.points.earn import EarnPoints
from ledger.points.opening import OpenBalance
from ledger.points.spend import SpendPoints


class MemberOfFile:
    """Lets the fingerprint of the command that comes after it in the bases know the member as the file does.

    It is no dataclass, and has no slots, so that it fits before any command: the fields stand in the classes below.
    """

    __slots__ = ()

    external_id: str

    def fields(self) -> Mapping[str, object]:
        """What the line says."""
        return {**super().fields(), "member": self.external_id}  # type: ignore[misc]  # the command's own


class MerchantOfFile(MemberOfFile):
    """The same of a command that also names a merchant."""

    __slots__ = ()

    merchant_code: str | None

    def fields(self) -> Mapping[str, object]:
        """What the line says."""
        return {**super().fields(), "merchantId": self.merchant_code}


@command_class
class ImportedEarn(MerchantOfFile, EarnPoints):
    """An earn whose member and merchant are named by the file."""

    external_id: str
    merchant_code: str | None


@command_class
class ImportedSpend(MerchantOfFile, SpendPoints):
    """A spend whose member and merchant are named by the file."""

    external_id: str
    merchant_code: str | None


@command_class
class ImportedOpening(MemberOfFile, OpenBalance):
    """An opening balance whose member is named by the file."""

    external_id: str


def enrol_command(record: EnrolRecord, actor: Actor, key: str, *, is_replay: bool) -> EnrolMember:
    """The enrolment; its time counts under a replay clock only."""
    return EnrolMember(actor=actor, key=key, external_id=record.member, replay_at=record.at if is_replay else None)


class _Shared(TypedDict):
    """What every command of a line that moves points says."""

    actor: Actor
    key: str
    reference: str | None
    member_id: UUID
    external_id: str
    asset: str
    replay_at: datetime | None


def points_command(
    record: PointsRecord,
    actor: Actor,
    key: str,
    *,
    is_replay: bool,
    members: Mapping[str, UUID],
    merchants: Mapping[str, UUID],
) -> PointsCommand:
    """The command; a member or merchant that is not known is left to the ledger to refuse."""
    shared: _Shared = {
        "actor": actor,
        "key": key,
        "reference": record.reference,
        "member_id": members.get(record.member, UNKNOWN),
        "external_id": record.member,
        "asset": record.asset,
        "replay_at": record.at if is_replay else None,
    }
    match record:
        case OpeningRecord():
            return ImportedOpening(**shared, total=record.total, lots=record.lots)
        case EarnRecord():
            return ImportedEarn(
                **shared,
                amount=record.amount,
                merchant_id=_merchant(record.merchant, merchants),
                merchant_code=record.merchant,
                expires_on=record.expires_on,
                sale_minor=record.sale_minor,
                purchased=record.purchased,
                reason_code=record.reason_code,
                effective_at=None if is_replay else record.at,
            )
        case SpendRecord():
            return ImportedSpend(
                **shared,
                amount=record.amount,
                merchant_id=_merchant(record.merchant, merchants),
                merchant_code=record.merchant,
                reason_code=record.reason_code,
            )
        case _:
            assert_never(record)


def activity_command(
    record: ActivityRecord,
    actor: Actor,
    source: str,
    *,
    is_replay: bool,
    members: Mapping[str, UUID],
    merchants: Mapping[str, UUID],
) -> ActivityCommand:
    """The report, of `source` where the line names none, as the API makes it too; its member and its merchant are known."""
    parts: ActivityParts = {
        "actor": actor,
        "member_id": members[record.member],
        "source": record.source or source,
        "event_id": record.event,
        "occurred_at": record.at,
        "payload": record.payload,
        "channel": record.channel,
        "branch": record.branch,
        "merchant_id": None if record.merchant is None else merchants[record.merchant],
        "replay_at": record.at if is_replay else None,
    }
    if record.refund_of is not None:
        return ReportRefund(**parts, refund_of=record.refund_of)
    return ReportActivity(**parts, type=record.activity)


def _merchant(code: str | None, merchants: Mapping[str, UUID]) -> UUID | None:
    return None if code is None else merchants.get(code, UNKNOWN)
