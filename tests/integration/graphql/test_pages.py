"""Pages of whatever is read by page: exact about what comes before and after them, also at the greatest size."""

from typing import Any, NamedTuple

from graphql import GraphQLObjectType

from graphql_api.caller import Caller
from graphql_api.permissions import Role, Scope
from tests.bank import Bank
from tests.integration.graphql.desk import SCHEMA, Desk
from tests.integration.graphql.long_lists import fill_lists

LISTS = """
service    | 101 | members()
service    | 101 | merchants()
service    | 101 | partners()
service    | 101 | partner(id: @partner) > merchants()
service    | 101 | merchant(id: @shop) > terminals()
operator   | 101 | merchant(id: @shop) > apiKeys()
operator   | 101 | approvals(state: PENDING)
operator   | 101 | campaigns(state: DRAFT)
operator   | 101 | campaign(code: "c0") > versions()
operator   | 101 | campaignFigures(code: "base" by: BRANCH)
operator   | 101 | tierLadder(code: "spend") > versions()
operator   | 102 | voucherTemplates()
member     | 102 | voucherTemplates()
operator   | 101 | voucherTemplate(id: @template) > versions()
operator   | 102 | voucherReport()
service    | 101 | redemptions(merchantId: @shop)
merchant   | 101 | redemptions()
service    | 101 | voucher(id: @voucher) > redemptions()
service    | 102 | voucher(id: @voucher) > history()
service    | 101 | member(by: {externalId: "ada"}) > vouchers()
service    | 101 | member(by: {externalId: "bob"}) > activities()
service    | 102 | member(by: {externalId: "tess"}) > tiers > steps()
service    | 101 | entry(id: @sale) > followedBy()
member     | 101 | me > wallet > lots()
member     | 101 | me > wallet > statement()
service    | 101 | member(by: {externalId: "otto"}) > wallet > pendingLots()
service    | 101 | member(by: {externalId: "otto"}) > wallet > holds()
compliance | 101 | auditEvents(filter: {type: "terminal_created"})
"""
"""Who reads, how many there are, and by which fields."""


class Page(NamedTuple):
    """The cursors, and whether something comes before and after."""

    cursors: list[str]
    has_previous: bool
    has_next: bool


class Listed(NamedTuple):
    """A list of the schema as a caller reads it."""

    desk: Desk
    caller: Caller
    fields: list[str]

    async def page(self, **asked: object) -> Page:
        """One page by `first` and `after`, or `last` and `before`."""
        text = " ".join(f"${name}: {'Int' if name in ('first', 'last') else 'String'}" for name in asked)
        arguments = " ".join(f"{name}: ${name}" for name in asked)
        path = f"{' { '.join(self.fields).removesuffix(')')} {arguments})"
        shown = (
            "{ edges { cursor } nodes { __typename } pageInfo { hasPreviousPage hasNextPage startCursor endCursor } }"
        )
        found = await self.desk.ask(self.caller, f"query P({text}) {{ {path} {shown} {'}' * len(self.fields)}", **asked)
        for name in self.fields:
            found = found[name.partition("(")[0]]
            found = found[0] if isinstance(found, list) else found
        return _page_of(found)

    async def walk(self, size: int) -> list[str]:
        """The cursors of all pages of a size, one after the other."""
        page = await self.page(first=size)
        cursors = page.cursors
        while page.has_next:
            page = await self.page(first=size, after=cursors[-1])
            assert page.cursors, "an empty page follows"
            cursors = [*cursors, *page.cursors]
        return cursors


def _page_of(found: dict[str, Any]) -> Page:
    cursors, info = [edge["cursor"] for edge in found["edges"]], found["pageInfo"]
    assert len(found["nodes"]) == len(cursors)
    assert cursors[:1] == [info["startCursor"]][: len(cursors)]
    return Page(cursors, info["hasPreviousPage"], info["hasNextPage"])


def _lists(desk: Desk, ids: dict[str, str]) -> dict[str, tuple[int, Listed]]:
    """How many and what, by the line of the table."""
    callers = {
        "service": desk.caller(Role.SERVICE, "core", *Scope),
        "operator": desk.caller(Role.OPERATOR, "olga"),
        "compliance": desk.caller(Role.COMPLIANCE, "carla"),
        "merchant": desk.caller(Role.MERCHANT),
        "member": desk.caller(Role.MEMBER, "ines"),
    }
    found = {}
    for line in LISTS.strip().splitlines():
        who, count, path = line.split(" | ")
        for name, id_ in ids.items():
            path = path.replace(f"@{name}", f'"{id_}"')
        found[line] = (int(count), Listed(desk, callers[who.strip()], path.split(" > ")))
    return found


def test_every_list_of_the_schema_is_in_the_table() -> None:
    """So that a new one is paged through, too."""
    listed = {line.rpartition(" > ")[2].rpartition(" | ")[2].partition("(")[0] for line in LISTS.strip().splitlines()}

    fields = [
        (name, str(field.type))
        for kind in SCHEMA.type_map.values()
        if isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items()
    ]

    assert listed == {name for name, kind in fields if kind.endswith("Connection!")}


async def test_a_page_knows_whether_others_follow(desk: Desk, bank: Bank) -> None:
    """One fewer, as many and one more than there are, up to 100; all pages together have each row once."""
    lists = _lists(desk, await fill_lists(bank))

    for line, (count, each) in lists.items():
        whole = await each.walk(50)
        assert (len(whole), len(set(whole))) == (count, count), line
        assert await each.walk(100) == whole, line
        assert await each.page(first=100) == Page(whole[:100], has_previous=False, has_next=True), line
        for left, size in ((99, 98), (99, 99), (99, 100), (100, 99), (100, 100)):
            page = await each.page(first=size, after=whole[-left - 1])
            assert page == Page(whole[-left:][:size], has_previous=True, has_next=size < left), (line, left, size)


async def test_a_page_knows_whether_newer_lines_come_before(desk: Desk, bank: Bank) -> None:
    """The same of a statement that is paged back, from its oldest lines to the newest."""
    ines = await bank.enrol("ines")
    for _ in range(101):
        await bank.earn(ines, 1)
    lines = Listed(desk, desk.caller(Role.MEMBER, "ines"), ["me", "wallet", "statement()"])
    whole = await lines.walk(100)

    assert await lines.page(last=100) == Page(whole[1:], has_previous=True, has_next=False)
    assert await lines.page(last=1, before=whole[1]) == Page(whole[:1], has_previous=False, has_next=True)
    for left, size in ((99, 98), (99, 99), (99, 100), (100, 99), (100, 100)):
        page = await lines.page(last=size, before=whole[left])
        assert page == Page(whole[:left][-size:], has_previous=size < left, has_next=True), (left, size)
