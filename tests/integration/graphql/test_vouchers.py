"""Vouchers through the schema: given, claimed, shown, given away, taken back."""

from datetime import UTC, datetime, timedelta

from ledger.vouchers.dynamic_code import STEP_SECONDS
from tests.integration.graphql.counter import FIFTY, VOUCHER, Counter
from tests.integration.graphql.people import People

MINE = "query M($states: [VoucherState!]) { me { vouchers(states: $states) { nodes { id state templateCode } } } }"


async def test_an_issued_voucher_is_shown_with_its_code_to_its_owner_only(people: People, counter: Counter) -> None:
    """The owner's app gets text and QR; the bank's staff and other members get none, and a till sees no voucher at all."""
    await counter.template("T1", isClaimable=True)
    issued = await counter.issue("T1")
    text = """query V($id: ID!) { voucher(id: $id) { state usesLeft termsText kind code { text qrSvg refreshAt }
        terms { gives { ... on FixedDiscount { amountMinor } } } } }"""
    id_ = issued["voucher"]["id"]

    own = (await people.desk.ask(people.member(), text, id=id_))["voucher"]
    staff = await people.desk.refusal(people.core, text, id=id_)
    stranger = (await people.desk.ask(people.member("otto"), text, id=id_))["voucher"]
    till = await people.desk.refusal(people.till, text, id=id_)

    assert (own["state"], own["usesLeft"], own["termsText"], own["kind"]) == ("ISSUED", 1, "Terms.", "FIXED_DISCOUNT")
    assert own["terms"]["gives"] == {"amountMinor": "500"}
    assert len(own["code"]["text"]) == 20
    assert own["code"]["qrSvg"].startswith("<svg")
    assert own["code"]["refreshAt"] is None
    assert stranger is None
    assert (staff, till) == ("FORBIDDEN", "FORBIDDEN")


async def test_a_dynamic_code_changes_and_the_plain_one_is_worthless(people: People, counter: Counter) -> None:
    """The app is told when to ask again; a till needs the suffix of the moment."""
    await counter.template("T1", needsDynamicCode=True)
    issued = await counter.issue("T1")
    text = "query V($id: ID!) { voucher(id: $id) { code { text refreshAt } } }"

    code = (await people.desk.ask(people.member(), text, id=issued["voucher"]["id"]))["voucher"]["code"]
    plain = await counter.redeem(code["text"].partition("+")[0])
    stale = await counter.redeem(code["text"][:-1] + ("0" if code["text"][-1] != "0" else "1"))
    fresh = await counter.redeem(code["text"].lower())

    assert datetime.fromisoformat(code["refreshAt"]) - datetime.now(UTC) <= timedelta(seconds=STEP_SECONDS)
    assert [plain["code"], stale["code"]] == ["DYNAMIC_CODE_REQUIRED", "DYNAMIC_CODE_REQUIRED"]
    assert fresh["__typename"] == "VouchersRedeemed"


async def test_whoever_guesses_the_suffix_is_slowed_down(people: People, counter: Counter) -> None:
    """It has 20 bits: who holds a screenshot and may try as often as he likes soon finds it, by looking or by redeeming."""
    await counter.template("T1", needsDynamicCode=True)
    voucher = (await counter.issue("T1"))["voucher"]["id"]
    code = await counter.code(voucher)
    wrong = code.partition("+")[0] + "+00000"

    looked = [(await counter.validate(wrong))["vouchers"][0]["reasons"][0]["code"] for _ in range(3)]
    tried = [(await counter.redeem(wrong))["code"] for _ in range(4)]
    right = await counter.redeem(code)
    elsewhere = await counter.redeem(await counter.code(voucher), till=people.other_till)

    assert looked == ["DYNAMIC_CODE_REQUIRED"] * 3
    assert tried == ["DYNAMIC_CODE_REQUIRED"] * 3 + ["THROTTLED"]
    assert (right["code"], right["retry"]) == ("THROTTLED", "SAME_KEY")
    assert elsewhere["__typename"] == "VouchersRedeemed"


async def test_a_list_gives_to_many_in_order_until_the_stock_is_gone(people: People, counter: Counter) -> None:
    """Three pieces for four: the last item is told so, the others keep theirs; a replay gives none again."""
    await counter.template("T1", stock="LIMITED")
    topped = await people.change(
        people.operator, "topUpVoucherStock", "... on VoucherStockToppedUp { inStock }", template="T1", pieces=3
    )
    items = [
        {"member": {"id": member}, "template": "T1", "idempotencyKey": f"i{number}"}
        for number, member in enumerate((people.ines, people.otto, people.ines, people.otto))
    ]
    select = """... on IssueVoucherOutcomes { items { __typename ... on VoucherIssued { replayed }
        ... on UserError { code } } }"""

    given = {"items": items, "atomic": False}
    first = await people.desk.change(people.core, "issueVoucherList", given, select)
    again = await people.desk.change(people.core, "issueVoucherList", given, select)

    assert topped["inStock"] == "3"
    assert [item.get("replayed", item.get("code")) for item in first["items"]] == [False, False, False, "OUT_OF_STOCK"]
    assert [item.get("replayed", item.get("code")) for item in again["items"]] == [True, True, True, "OUT_OF_STOCK"]


async def test_a_claim_pays_points_in_one_step(people: People, counter: Counter) -> None:
    """Ines has 100 points: one voucher for 60 is hers, a second is not, and no more is taken than she agreed to."""
    await counter.template("T1", isClaimable=True, price={"points": "60"})
    select = f"... on VoucherClaimed {{ points pointsAvailable {VOUCHER} }}"

    dear = await people.change(people.member(), "claimVoucher", select, template="T1", pointsMax="59")
    claimed = await people.change(people.member(), "claimVoucher", select, template="T1", pointsMax="60")
    poor = await people.change(people.member(), "claimVoucher", select, template="T1")
    for_otto = await people.change(people.member(), "claimVoucher", select, template="T1", member={"id": people.otto})

    assert (dear["code"], poor["code"], for_otto["code"]) == (
        "AMOUNT_TOO_LARGE",
        "INSUFFICIENT_POINTS",
        "MEMBER_NOT_FOUND",
    )
    assert (claimed["points"], claimed["pointsAvailable"]) == ("60", "40")
    assert claimed["voucher"]["memberId"] == people.ines


async def test_a_member_lists_its_vouchers_by_state_and_by_what_ends_soon(people: People, counter: Counter) -> None:
    """Newest first; what ends first comes first among those that end."""
    await counter.template("LATE")
    await counter.template("SOON", validity={"expiry": "2 days"})
    late, soon = await counter.issue("LATE"), await counter.issue("SOON")
    await counter.issue("LATE", people.otto)
    await counter.redeem(await counter.issued_code("LATE"))

    listed = (await people.desk.ask(people.member(), MINE))["me"]["vouchers"]["nodes"]
    usable = (await people.desk.ask(people.member(), MINE, states=["ISSUED"]))["me"]["vouchers"]["nodes"]
    until = (datetime.now(UTC) + timedelta(days=60)).isoformat()
    ending = await people.desk.ask(
        people.member(), "query E($u: DateTime!) { me { expiringVouchers(until: $u) { id } } }", u=until
    )
    await people.desk.bank.advance(timedelta(days=4))
    expired = (await people.desk.ask(people.member(), MINE, states=["EXPIRED"]))["me"]["vouchers"]["nodes"]

    assert [node["state"] for node in listed] == ["REDEEMED", "ISSUED", "ISSUED"]
    assert [node["id"] for node in usable] == [soon["voucher"]["id"], late["voucher"]["id"]]
    assert [node["id"] for node in ending["me"]["expiringVouchers"]] == [soon["voucher"]["id"], late["voucher"]["id"]]
    assert [node["id"] for node in expired] == [soon["voucher"]["id"]]


async def test_a_gift_is_another_voucher_with_another_code(people: People, counter: Counter) -> None:
    """The giver's code is worthless from then on; who may not give it is told why."""
    await counter.template("T1", isGiftable=True)
    await counter.template("T2")
    mine, bound = await counter.issue("T1"), await counter.issue("T2")
    old = await counter.code(mine["voucher"]["id"])
    select = f"... on VoucherGiven {{ {VOUCHER} }}"
    otto = {"id": people.otto}

    async def gift(voucher: str, name: str = "ines", to: dict[str, str] = otto) -> dict[str, object]:
        return await people.change(people.member(name), "giftVoucher", select, voucherId=voucher, to=to)

    refused = [
        await gift(bound["voucher"]["id"]),
        await gift(mine["voucher"]["id"], to={"id": people.ines}),
        await gift(mine["voucher"]["id"], name="otto"),
        await gift(mine["voucher"]["id"], to={"externalId": "nobody"}),
    ]
    given = await gift(mine["voucher"]["id"])
    new = await counter.code(given["voucher"]["id"], "otto")  # type: ignore[index]
    used = [await counter.redeem(old), await counter.redeem(new)]

    assert [each["code"] for each in refused] == [
        "GIFT_NOT_ALLOWED",
        "GIFT_TO_SELF",
        "VOUCHER_NOT_FOUND",
        "MEMBER_NOT_FOUND",
    ]
    assert given["voucher"]["sourceVoucherId"] == mine["voucher"]["id"]  # type: ignore[index]
    assert [used[0]["code"], used[1]["__typename"]] == ["VOUCHER_VOIDED", "VouchersRedeemed"]


async def test_the_bank_takes_a_voucher_back_for_good(people: People, counter: Counter) -> None:
    """Its history stays to be read; a till is told that it was voided."""
    await counter.template("T1", FIFTY)
    issued = await counter.issue("T1")
    id_ = issued["voucher"]["id"]
    code = await counter.code(id_)
    await counter.redeem(code, 1_000)

    select = f"... on VoucherVoided {{ {VOUCHER} }}"
    done = await people.change(
        people.operator, "voidVoucher", select, voucherId=id_, reasonCode="FRAUD", reason="A tip."
    )
    twice = await people.change(people.operator, "voidVoucher", select, voucherId=id_, reasonCode="FRAUD")
    after = await counter.redeem(code)
    shown = await people.desk.ask(
        people.member(),
        """query V($id: ID!) { voucher(id: $id) { state code { text } redemptions { nodes { discountMinor } }
            history { nodes { kind units } } } }""",
        id=id_,
    )

    assert (done["voucher"]["state"], done["voucher"]["valueLeftMinor"]) == ("VOIDED", "0")
    assert (twice["code"], after["code"]) == ("VOUCHER_VOIDED", "VOUCHER_VOIDED")
    assert shown["voucher"] == {
        "state": "VOIDED",
        "code": None,
        "redemptions": {"nodes": [{"discountMinor": "1000"}]},
        "history": {
            "nodes": [
                {"kind": "voucher_issue", "units": "5000"},
                {"kind": "redeem", "units": "-1000"},
                {"kind": "voucher_void", "units": "-4000"},
            ]
        },
    }


async def test_an_entry_about_vouchers_names_their_asset(people: People, counter: Counter) -> None:
    """Its member, the shop and the bank see it like one about points; so does support, across everything."""
    await counter.template("T1")
    issued = await counter.issue("T1")
    redeemed = await counter.redeem(await counter.code(issued["voucher"]["id"]))
    text = "query E($id: ID!) { entry(id: $id) { kind asset postings { asset } followedBy { nodes { kind } } } }"
    support = """query S($id: ID!) { supportMember(by: {id: $id}) { wallets { asset } entries { kind asset } } }"""

    given = await people.desk.ask(people.member(), text, id=issued["entryId"])
    used = [await people.desk.ask(who, text, id=redeemed["entryId"]) for who in (people.till, people.core)]
    found = (await people.desk.ask(people.core, support, id=people.ines))["supportMember"]

    asset = {"asset": "voucher:T1", "followedBy": {"nodes": []}}
    assert given["entry"] == {**asset, "kind": "voucher_issue", "postings": [{"asset": "voucher:T1"}]}
    assert [each["entry"] for each in used] == [
        {**asset, "kind": "redeem", "postings": None},
        {**asset, "kind": "redeem", "postings": [{"asset": "voucher:T1"}]},
    ]
    assert [(entry["kind"], entry["asset"]) for entry in found["entries"]] == [
        ("redeem", "voucher:T1"),
        ("voucher_issue", "voucher:T1"),
        ("earn", "POINTS"),
    ]


async def test_points_that_no_voucher_gave_are_not_refunded(people: People, counter: Counter) -> None:
    """Nor reversed, confirmed or cancelled: an entry about a voucher is none about points, and the book stays whole."""
    await counter.template("T1")
    issued = await counter.issue("T1")

    refused = [
        await people.change(people.core, name, entryId=issued["entryId"], **more)
        for name, more in (
            ("refundEarn", {"saleMinor": "1"}),
            ("reverseEntry", {}),
            ("confirmPending", {}),
            ("cancelPending", {}),
        )
    ]

    assert [each["code"] for each in refused] == [
        "ASSET_NOT_FOUND",
        "NOT_REVERSIBLE",
        "ASSET_NOT_FOUND",
        "ASSET_NOT_FOUND",
    ]


async def test_only_points_have_wallets(people: People, counter: Counter) -> None:
    """Money and the units of vouchers have none, also where somebody tried to earn them or to pay with them."""
    await counter.template("T1")
    text = "query W($id: ID!, $asset: String!) { wallet(member: {id: $id}, asset: $asset) { posted } }"
    support = "query S($id: ID!) { supportMember(by: {id: $id}) { wallets { asset } } }"

    for asset in ("CNY", "voucher:T1"):
        earned = await people.change(people.core, "earnPoints", member={"id": people.ines}, asset=asset, amount="1")
        shown = await people.desk.change(people.member(), "createPaymentCode", {"asset": asset})
        read = await people.desk.ask(people.core, text, id=people.ines, asset=asset)
        assert (earned["code"], shown["code"], read["wallet"]) == ("ASSET_NOT_FOUND", "ASSET_NOT_FOUND", None)

    found = (await people.desk.ask(people.core, support, id=people.ines))["supportMember"]
    assert found["wallets"] == [{"asset": "POINTS"}]


async def test_a_stock_may_be_larger_than_thirty_two_bits(people: People, counter: Counter) -> None:
    """What is in stock is told as an amount, of which a GraphQL Int holds too few."""
    await counter.template("T1", stock="LIMITED")
    select = "... on VoucherStockToppedUp { inStock }"

    topped = [
        await people.change(people.operator, "topUpVoucherStock", select, template="T1", pieces=10**9) for _ in range(3)
    ]

    assert [each["inStock"] for each in topped] == ["1000000000", "2000000000", "3000000000"]
