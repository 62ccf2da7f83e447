"""What a programme file asks for beside what the database holds, as steps; applying makes them one by one.

Each part is compared just before its step, so an application that was interrupted goes on where it stood, and one that is
complete has nothing to do. What the file does not name is left alone, and nothing is ever taken away.
"""

from collections.abc import AsyncIterator, Sequence
from functools import partial

from graphql_api.processes.programme_file.apply_campaign import campaign_steps
from graphql_api.processes.programme_file.parts import (
    ActivityTypePart,
    AssetPart,
    MemberAttributePart,
    ProgrammeFile,
    ProgrammePart,
    TemplatePart,
)
from graphql_api.processes.programme_file.read import fault_of, schema_text
from graphql_api.processes.programme_file.step import NOBODY, Desk, Step
from graphql_api.processes.programme_file.strict import FileFault
from ledger.book.refusal import Refusal
from ledger.members.attribute import register_attribute
from ledger.members.attribute_query import attributes_of
from ledger.programme.activity_type_query import activity_types
from ledger.programme.input_rules import AssetTerms
from ledger.programme.queries import asset_by_code, programme_by_code
from ledger.programme.register_activity_type import register_type
from ledger.programme.setup import change_asset, create_asset, create_programme
from ledger.tiers.ladder import change_ladder, create_ladder
from ledger.tiers.ladder_body import LadderBody
from ledger.tiers.ladder_query import ladder_by_code
from ledger.tiers.ladder_text import body_text as ladder_text
from ledger.vouchers.template import TemplateState, change_template, create_template, publish_template
from ledger.vouchers.template_query import template_by_id
from ledger.vouchers.template_text import body_text
from ledger.vouchers.voucher import template_id


async def planned(desk: Desk, file: ProgrammeFile) -> Sequence[Step]:
    """Every step that applying would take, and none of them taken. Raises FileFault where the file cannot be applied.

    Of a part that is still to be made only the making is told: what follows from it is seen once it is there.
    """
    return [step async for _, step in _steps(desk, file)]


async def applied(desk: Desk, file: ProgrammeFile) -> Sequence[Step]:
    """Takes every step that the actor may take, and tells them with what then waits for somebody else. Raises FileFault
    at the part that cannot be applied; what was made before it stays.
    """
    done = []
    async for place, step in _steps(desk, file):
        if step.make is not None:
            done.append(step)
            try:
                await step.make()
            except Refusal as refusal:
                raise fault_of(place, refusal) from None
    return [*done, *(step for step in await planned(desk, file) if step.make is None)]


async def _steps(desk: Desk, file: ProgrammeFile) -> AsyncIterator[tuple[str, Step]]:
    """Each with its place in the file."""
    async for step in _programme(desk, file.programme):
        yield "programme", step
    programme = await programme_by_code(desk.application.reader, file.programme.code)
    desk = desk.of(NOBODY if programme is None else programme.id)
    for code, asset in file.assets.items():
        async for step in _asset(desk, code, asset):
            yield f"assets.{code}", step
    for code, type_ in file.activity_types.items():
        async for step in _activity_type(desk, code, type_):
            yield f"activity_types.{code}", step
    for code, attribute in file.member_attributes.items():
        async for step in _attribute(desk, code, attribute):
            yield f"member_attributes.{code}", step
    for code, template in file.templates.items():
        async for step in _template(desk, code, template):
            yield f"templates.{code}", step
    for code, ladder in file.ladders.items():
        async for step in _ladder(desk, code, ladder):
            yield f"ladders.{code}", step
    for code, campaign in file.campaigns.items():
        async for step in campaign_steps(desk, code, campaign):
            yield f"campaigns.{code}", step


async def _programme(desk: Desk, part: ProgrammePart) -> AsyncIterator[Step]:
    found = await programme_by_code(desk.application.reader, part.code)
    if found is None:
        if part.name is None or part.time_zone is None:
            raise FileFault("programme", f"there is no {part.code} yet; to make it, say its name and time_zone")
        make = partial(
            create_programme,
            desk.application.units,
            desk.actor,
            code=part.code,
            name=part.name,
            time_zone=part.time_zone,
        )
        yield Step(what=f"programme {part.code}: made", make=make)
        return
    for field, wanted, is_ in (("name", part.name, found.name), ("time_zone", part.time_zone, found.time_zone)):
        if wanted is not None and wanted != is_:
            raise FileFault(f"programme.{field}", f"is {is_!r}, and never changes")


async def _asset(desk: Desk, code: str, part: AssetPart) -> AsyncIterator[Step]:
    units = desk.application.units
    found = await asset_by_code(desk.application.reader, desk.programme_id, code)
    if found is None:
        make = partial(create_asset, units, desk.actor, code=code, kind=part.kind, terms=part.terms)
        yield Step(what=f"asset {code}: made", make=make)
        return
    if found.kind != part.kind:
        raise FileFault(f"assets.{code}.kind", f"is {found.kind}, and never changes")
    names = AssetTerms.__dataclass_fields__
    changed = [name for name in names if getattr(found, name) != getattr(part.terms, name)]
    if changed:
        change = partial(change_asset, units, desk.actor, code=code, terms=part.terms)
        yield Step(what=f"asset {code}: changed in {', '.join(changed)}", make=change)


async def _activity_type(desk: Desk, code: str, part: ActivityTypePart) -> AsyncIterator[Step]:
    types = await activity_types(desk.application.reader, desk.programme_id)
    found = next((type_ for type_ in types if type_.code == code), None)
    text = schema_text(part)
    if found is None:
        make = partial(
            register_type, desk.application.units, desk.actor, code=code, schema=text, amount_field=part.amount_field
        )
        yield Step(what=f"activity type {code}: registered", make=make)
    elif (found.schema, found.amount_field) != (text, part.amount_field):
        raise FileFault(f"activity_types.{code}", "is registered with other fields, and never changes")


async def _attribute(desk: Desk, code: str, part: MemberAttributePart) -> AsyncIterator[Step]:
    known = await attributes_of(desk.application.reader, desk.programme_id)
    found = next((attribute for attribute in known if attribute.code == code), None)
    if found is None:
        make = partial(register_attribute, desk.application.units, desk.actor, code=code, type_=part.type)
        yield Step(what=f"member attribute {code}: registered", make=make)
    elif found.type != part.type:
        raise FileFault(f"member_attributes.{code}.type", f"is {found.type}, and never changes")


async def _template(desk: Desk, code: str, part: TemplatePart) -> AsyncIterator[Step]:
    units = desk.application.units
    id_ = template_id(desk.programme_id, code)
    found = await template_by_id(desk.application.reader, desk.programme_id, id_)
    if found is None:
        yield Step(
            what=f"template {code}: made as a draft",
            make=partial(create_template, units, desk.actor, code=code, body=part.body, terms=part.terms),
        )
        found = await template_by_id(desk.application.reader, desk.programme_id, id_)
    elif (found.current.body, found.current.terms) != (body_text(part.body), part.terms):
        change = partial(change_template, units, desk.actor, code=code, body=part.body, terms=part.terms)
        yield Step(what=f"template {code}: changed to version {found.current.number + 1}", make=change)
    if found is None or found.template.state == TemplateState.DRAFT:
        yield Step(what=f"template {code}: published", make=partial(publish_template, units, desk.actor, code=code))


async def _ladder(desk: Desk, code: str, body: LadderBody) -> AsyncIterator[Step]:
    units = desk.application.units
    found = await ladder_by_code(desk.application.reader, desk.programme_id, code)
    if found is None:
        yield Step(what=f"ladder {code}: made", make=partial(create_ladder, units, desk.actor, code=code, body=body))
    elif found.latest.body != ladder_text(body):
        change = partial(change_ladder, units, desk.actor, code=code, body=body)
        yield Step(what=f"ladder {code}: changed to version {found.latest.number + 1}", make=change)
