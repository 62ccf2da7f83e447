"""Fuzzed codes and inputs at the counter, over HTTP: a coded refusal or a malformed request, never a 5xx."""

import json
import random
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.e2e.ledger_api.counter import LOCK, REDEEM, REVERSE, VALIDATE, Counter

STRANGE: tuple[object, ...] = (
    "", " ", "-", "+", "+AAAA", "0" * 18, "O" * 18, "0" * 6, "0" * 64, "0" * 65, "A" * 10_000, "🙈" * 20, "\u202e" * 18,
    "İ" * 18, "ß" * 18, "\t\n", "' OR 1=1 --", "%00", "\\x00", "{{code}}", "٣" * 18, "code+" + "Z" * 5_000, "+" * 100,
    "\x7f", "\ud7ff", "\uffff", "é́" * 9,
)  # fmt: skip
WRONG_TYPES: tuple[object, ...] = (None, 1, 1.5, True, [], {}, ["A"], {"code": "A"})
AMOUNTS: tuple[object, ...] = (
    "-1", "0", "1", str(10**15), str(10**15 + 1), str(2**63 - 1), str(-(2**63)), 2**63, "1e3", "1.0", " 1", "", 1.5, None, [], True,
)  # fmt: skip
SEED = 20_261_122


class Sender:
    """Sends one input after the other, as the bank's own system at the counter; no answer is a fault of ours."""

    def __init__(self, counter: Counter, client: httpx.AsyncClient) -> None:
        self._url = f"{counter.api.url}/graphql"
        self._headers = {"authorization": counter.core, "content-type": "application/json"}
        self._client = client

    async def post(self, text: str, given: object) -> str:
        """The answer."""
        body = json.dumps({"query": text, "variables": {"input": given}}).encode()
        response = await self._client.post(self._url, content=body, headers=self._headers, timeout=20)
        assert response.status_code < 500, (given, response.text)
        assert "INTERNAL" not in response.text, (given, response.text)
        return response.text


@pytest.fixture
async def sender(counter: Counter) -> AsyncIterator[Sender]:
    """One connection for all."""
    async with httpx.AsyncClient() as client:
        yield Sender(counter, client)


def sale(**more: object) -> dict[str, Any]:
    """A sale at the corner shop."""
    return {"voucher": {"code": "X"}, "basketMinor": "2000", "idempotencyKey": "k", **more}


async def test_no_code_whatever_it_is_made_of_is_our_fault(counter: Counter, sender: Sender) -> None:
    """At every field that takes one; what is text is a voucher that there is not."""
    for number, code in enumerate((*STRANGE, *WRONG_TYPES)):
        voucher = {"code": code}
        answers = [
            await sender.post(REDEEM, sale(voucher=voucher, merchantId=counter.shop, idempotencyKey=f"r{number}")),
            await sender.post(VALIDATE, {"voucher": voucher, "basketMinor": "1", "merchantId": counter.shop}),
            await sender.post(LOCK, {"voucher": voucher, "idempotencyKey": f"l{number}", "merchantId": counter.shop}),
        ]
        if isinstance(code, str):
            assert all("VOUCHER_NOT_FOUND" in answer for answer in answers), (code, answers[0])


async def test_no_amount_and_no_text_is_our_fault(counter: Counter, sender: Sender) -> None:
    """Baskets, items, parts of stored value, times, tills, scenes, tokens, references: one is strange at a time."""
    await counter.template("T1")
    code = await counter.issued_code("T1")
    texts = [text for text in STRANGE if isinstance(text, str)]
    item = {"item": "tea", "priceMinor": "1"}
    changed: list[dict[str, Any]] = [{"basketMinor": amount} for amount in AMOUNTS]
    changed += [{"voucher": {"code": code, "amountMinor": amount}} for amount in AMOUNTS]
    changed += [{"items": [{**item, "priceMinor": amount}]} for amount in AMOUNTS]
    changed += [{"items": [{**item, "quantity": count}]} for count in (-1, 0, 10**6, 2**31, "1", None, 1.5)]
    changed += [{"items": [item] * count} for count in (0, 501)]
    changed += [{name: text} for name in ("terminal", "scene", "reference", "merchantId") for text in texts]
    changed += [{"voucher": {"code": code, "lockToken": text}} for text in texts]
    changed += [{"items": [{**item, "item": text}]} for text in texts]

    for number, more in enumerate(changed):
        # The wrong money keeps the voucher whole; what is accepted all the same would be redeemed.
        given = sale(voucher={"code": code, "lockToken": "wrong"}, merchantId=counter.shop, idempotencyKey=f"k{number}")
        answer = await sender.post(REDEEM, {**given, **more})
        assert "VouchersRedeemed" not in answer or "voucher" in more, (more, answer)


async def test_random_inputs_are_never_our_fault(counter: Counter, sender: Sender) -> None:
    """Two hundred inputs put together from strange parts, by a seed that is written down."""
    dice = random.Random(SEED)
    parts = (*STRANGE, *WRONG_TYPES, *AMOUNTS, "X", "STRICT", "UP_TO", counter.shop, "k")
    names = (
        "basketMinor",
        "items",
        "terminal",
        "scene",
        "reference",
        "merchantId",
        "idempotencyKey",
        "voucher",
        "ttlSeconds",
    )
    inner = ("code", "lockToken", "amountMinor", "exactness", "surprise")

    for _ in range(200):
        given = {name: dice.choice(parts) for name in dice.sample(names, dice.randint(0, len(names)))}
        if dice.random() < 0.8:
            given["voucher"] = {name: dice.choice(parts) for name in dice.sample(inner, dice.randint(0, len(inner)))}
        text = dice.choice((REDEEM, VALIDATE, LOCK, REVERSE))
        await sender.post(text, given)
