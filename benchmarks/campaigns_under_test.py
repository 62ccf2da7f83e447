"""Programmes with running campaigns beside the book's own: what the benchmarks of activities report to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random
from typing import Final

import orjson

from benchmarks.book_under_test import NOBODY, TERMS, BookUnderTest
from benchmarks.engine_load import new_key
from ledger.campaigns.campaign import create_campaign
from ledger.campaigns.campaign_body import CampaignBody, Phase, PointsAward, Rule
from ledger.campaigns.lifecycle import StartCampaign
from ledger.campaigns.report import ReportActivity
from ledger.campaigns.submit import SubmitCampaign
from ledger.control.decide_request import ApproveRequest
from ledger.engine.command import Actor
from ledger.programme.setup import create_asset, create_programme

AMOUNT: Final = 10_000
"""The most that is bought, in minor units: enough for every rule to find its own."""


async def lay_campaigns(book: BookUnderTest, *, rules: int, members: int) -> BookUnderTest:
    """A programme of its own in the same database, with so many members and so many campaigns of one rule.

    Every purchase is looked at by all of them and awarded by exactly one: the amount's remainder says by which.
    """
    application, founder = book.application, Actor(kind="operator", id="founder", programme_id=NOBODY)
    programme = await create_programme(
        application.units, founder, code=f"rules-{rules}", name=f"{rules} rules", time_zone="UTC"
    )
    till = Actor(kind="service", id=f"till@rules-{rules}", programme_id=programme.id)
    await create_asset(application.units, till, code="POINTS", kind="points", terms=TERMS)
    other = replace(book, till=till, merchants=(), members=[])
    await other.grow(members, lots_per_member=1)
    for number in range(rules):
        await run_campaign(other, f"campaign-{number:03}", _body(number, rules))
    return other


async def run_campaign(book: BookUnderTest, code: str, body: CampaignBody) -> None:
    """Drafted and put forward by one person, approved by another, started."""
    application = book.application
    operator, approver = (replace(book.till, kind=kind, id=kind) for kind in ("operator", "approver"))
    await create_campaign(application.units, operator, code=code, body=body)
    moved = (await book.engine.execute(SubmitCampaign(actor=operator, key=book.new_key(), campaign=code))).unwrap()
    assert moved.approval_id is not None
    approve = ApproveRequest(
        actor=approver, key=book.new_key(), approval_id=moved.approval_id, approvables=application.approvables
    )
    (await book.engine.execute(approve)).unwrap()
    (await book.engine.execute(StartCampaign(actor=operator, key=book.new_key(), campaign=code))).unwrap()


def ask_purchase(book: BookUnderTest, random: Random) -> ReportActivity:
    """A purchase by a random member, just now."""
    return ReportActivity(
        actor=book.till,
        source="bench",
        event_id=new_key(random),
        member_id=random.choice(book.members),
        type="purchase",
        occurred_at=datetime.now(UTC),
        payload=orjson.dumps({"amount": random.randrange(1, AMOUNT)}).decode(),
    )


def _body(number: int, of: int) -> CampaignBody:
    rule = Rule(
        code="rule",
        activity="purchase",
        action=PointsAward(asset="POINTS", amount=1),
        when=f"activity.amount % {of} == {number}",
    )
    return CampaignBody(phases=(Phase(code="all", from_on=date(2000, 1, 1), until_on=date(2100, 1, 1), rules=(rule,)),))
