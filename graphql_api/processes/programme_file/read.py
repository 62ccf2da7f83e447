"""A programme file in TOML, read strictly and checked by the very rules that the ledger asks of every caller.

Nothing is looked up: what a file says wrongly is told before anything of it is applied.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

import orjson

from graphql_api.processes.programme_file.parts import (
    ActivityTypePart,
    AssetPart,
    CampaignPart,
    MemberAttributePart,
    ProgrammeFile,
    ProgrammePart,
    TemplatePart,
)
from graphql_api.processes.programme_file.strict import FileFault, read_as, table_of, within
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import ProgrammeId, is_amount
from ledger.campaigns import campaign_rules
from ledger.campaigns.campaign_body import CampaignBody
from ledger.members.attribute import require_attribute
from ledger.members.rows import MemberAttribute
from ledger.programme.activity_type import SHIPPED, ActivityType, type_of
from ledger.programme.input_rules import (
    AssetTerms,
    require_code,
    require_name,
    require_terms,
    require_terms_text,
    require_time_zone,
)
from ledger.programme.register_activity_type import require_schema
from ledger.programme.rows import ActivityTypeRow, AssetKind
from ledger.tiers import ladder_rules
from ledger.tiers.ladder_body import LadderBody
from ledger.vouchers import template_rules
from ledger.vouchers.template_body import TemplateBody

T = TypeVar("T")

BYTES_MAX: Final = 2_000_000
_NOBODY: Final = UUID(int=0)
_OTHER_NAMES: Final = (("schema.properties.", "properties."), (".multiplier_ladder", ".ladder"))
"""What the API calls otherwise than the file."""
_PARTS: Final = ("programme", "assets", "activity_types", "member_attributes", "templates", "ladders", "campaigns")


def read_file(path: Path) -> ProgrammeFile:
    """The file at `path`. Raises FileFault with the place of what is wrong, and OSError where it cannot be opened."""
    if path.stat().st_size > BYTES_MAX:
        raise FileFault("", f"a programme file has at most {BYTES_MAX:,} bytes")
    try:
        return read_text(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FileFault("", f"byte {error.start + 1} is no UTF-8") from None


def read_text(text: str) -> ProgrammeFile:
    """The file of that text. Raises FileFault."""
    try:
        found: Mapping[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileFault("", f"no TOML: {error}") from None
    except (ValueError, RecursionError):  # what Python itself refuses, which the parser lets through
        raise FileFault("", "a number has too many digits, or arrays are nested too deeply") from None
    for name in found:
        if name not in _PARTS:
            raise FileFault(name, f"is unknown; a programme file has {', '.join(_PARTS)}")
    types = _each(found, "activity_types", _activity_type)
    known = {**{code: _type_of(code, part) for code, part in types.items()}, **SHIPPED}
    ladders = _each(found, "ladders", partial(_ladder, known))
    attributes = _each(found, "member_attributes", _attribute)
    kept = [_attribute_of(code, part) for code, part in attributes.items()]
    nameable = campaign_rules.Nameable(known.get, tuple(ladders), kept)
    return ProgrammeFile(
        programme=_programme(found),
        assets=_each(found, "assets", _asset),
        activity_types=types,
        member_attributes=attributes,
        templates=_each(found, "templates", _template),
        ladders=ladders,
        campaigns=_each(found, "campaigns", partial(_campaign, nameable)),
    )


def schema_text(part: ActivityTypePart) -> str:
    """The JSON schema of a type's payload: its fields and nothing else."""
    schema = {
        "type": "object",
        "properties": part.properties,
        "required": list(part.required),
        "additionalProperties": False,
    }
    return orjson.dumps(schema, option=orjson.OPT_SORT_KEYS).decode()


def _each(found: Mapping[str, object], name: str, read: Callable[[object, str], T]) -> dict[str, T]:
    """Every part of that name by its code."""
    parts = {}
    for code, value in table_of(found.get(name, {}), name).items():
        place = within(name, code)
        _require(place, require_code, code)
        parts[code] = read(value, place)
    return parts


def _programme(found: Mapping[str, object]) -> ProgrammePart:
    part = read_as(ProgrammePart, found.get("programme", {}), "programme")
    _require("programme", require_code, part.code)
    if part.name is not None:
        _require("programme", require_name, part.name)
    if part.time_zone is not None:
        _require("programme", require_time_zone, part.time_zone)
    return part


def _asset(value: object, place: str) -> AssetPart:
    own, rest = _split(value, place, ("kind",))
    kind = read_as(str, own.get("kind", AssetKind.POINTS.value), within(place, "kind"))
    if kind not in (AssetKind.POINTS, AssetKind.MONEY):
        raise FileFault(within(place, "kind"), "is points or money")
    terms = read_as(AssetTerms, rest, place)
    _require(place, require_terms, terms)
    return AssetPart(kind=kind, terms=terms)


def _activity_type(value: object, place: str) -> ActivityTypePart:
    part = read_as(ActivityTypePart, value, place)
    if place.rpartition(".")[2] in SHIPPED:
        raise FileFault(place, "is a type that every programme has")
    try:
        text = schema_text(part)
    except TypeError:  # orjson has numbers of 64 bits and 254 levels
        raise FileFault(
            within(place, "properties"), "is no JSON: a number is too large, or tables are too deep"
        ) from None
    _require(place, require_schema, text, part.amount_field)
    return part


def _type_of(code: str, part: ActivityTypePart) -> ActivityType:
    return type_of(ActivityTypeRow(_NOBODY, ProgrammeId(_NOBODY), code, schema_text(part), part.amount_field))


def _attribute(value: object, place: str) -> MemberAttributePart:
    _require(place, require_attribute, place.removeprefix("member_attributes."))
    return read_as(MemberAttributePart, value, place)


def _attribute_of(code: str, part: MemberAttributePart) -> MemberAttribute:
    return MemberAttribute(_NOBODY, ProgrammeId(_NOBODY), code, part.type)


def _template(value: object, place: str) -> TemplatePart:
    own, rest = _split(value, place, ("terms",))
    body = read_as(TemplateBody, rest, place)
    terms = read_as(str, own.get("terms", ""), within(place, "terms"))
    _require(place, template_rules.require_body, body)
    _require(place, partial(require_terms_text, field="terms"), terms)
    return TemplatePart(body=body, terms=terms)


def _ladder(types: Mapping[str, ActivityType], value: object, place: str) -> LadderBody:
    _require(place, ladder_rules.require_ladder_code, place.removeprefix("ladders."))
    body = read_as(LadderBody, value, place)
    _require(place, ladder_rules.require_body, body, types.get)
    return body


def _campaign(nameable: campaign_rules.Nameable, value: object, place: str) -> CampaignPart:
    _require(place, campaign_rules.require_campaign_code, place.removeprefix("campaigns."))
    own, rest = _split(value, place, ("terms", "granted"))
    body = read_as(CampaignBody, rest, place)
    terms = read_as(str, own.get("terms", ""), within(place, "terms"))
    _require(place, campaign_rules.require_body, body, nameable)
    _require(place, partial(require_terms_text, field="terms"), terms)
    granted = {}
    for code, amount in table_of(own.get("granted", {}), within(place, "granted")).items():
        at = within(within(place, "granted"), code)
        granted[code] = read_as(int, amount, at)
        if code not in body.budgets or not is_amount(granted[code]):
            raise FileFault(at, "is a whole number above 0, for one of the campaign's budgets")
    return CampaignPart(body=body, terms=terms, granted=granted)


def _split(value: object, place: str, names: tuple[str, ...]) -> tuple[dict[str, object], dict[str, object]]:
    """What is the part's own, and what is its body's."""
    table = table_of(value, place)
    return (
        {name: each for name, each in table.items() if name in names},
        {name: each for name, each in table.items() if name not in names},
    )


def _require(place: str, rule: Callable[..., object], *given: object) -> None:
    """Asks a rule of the ledger; its refusal becomes a fault at the field as the file calls it."""
    try:
        rule(*given)
    except Refusal as refusal:
        raise fault_of(place, refusal) from None


def fault_of(place: str, refusal: Refusal) -> FileFault:
    """What the ledger refuses in a part of the file: the field, where it names one."""
    facts = refusal.facts
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(facts.get("field", ""))).lower()
    for ours, of_file in _OTHER_NAMES:
        snake = snake.replace(ours, of_file)
    message = refusal.rule.message
    if "detail" in facts:
        message = f"line {facts['line']}, column {facts['column']}: {facts['detail']}"
    elif refusal.code is RefusalCode.INVALID_INPUT:
        message = "is out of its range, or does not fit the rest"
    return FileFault(within(place, snake) if snake else place, message)
