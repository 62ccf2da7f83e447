"""What a programme file may say, as frozen values. Pure; how it is read stands in `read.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.campaigns.campaign_body import CampaignBody
from ledger.members.rows import AttributeType
from ledger.programme.input_rules import AssetTerms
from ledger.tiers.ladder_body import LadderBody
from ledger.vouchers.template_body import TemplateBody


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammePart:
    """Which programme; its name and IANA zone where the file may make it."""

    code: str
    name: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetPart:
    """Points or money."""

    kind: str
    terms: AssetTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityTypePart:
    """A type of the programme's own: its fields by JSON schema, and which of them are required.

    amount_field: the whole number that refunds are measured by
    """

    properties: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    amount_field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAttributePart:
    """What the bank may say of members under a name of the programme's own."""

    type: AttributeType


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatePart:
    """A voucher template, live."""

    body: TemplateBody
    terms: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPart:
    """A campaign that runs once somebody else has approved it.

    granted: how much was ever put into each of its budgets, by the budget's code
    """

    body: CampaignBody
    terms: str
    granted: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeFile:
    """The whole file; each part by its code."""

    programme: ProgrammePart
    assets: Mapping[str, AssetPart]
    activity_types: Mapping[str, ActivityTypePart]
    member_attributes: Mapping[str, MemberAttributePart]
    templates: Mapping[str, TemplatePart]
    ladders: Mapping[str, LadderBody]
    campaigns: Mapping[str, CampaignPart]
