"""Partners, merchants and their keys: what is accepted, what is refused, and how long a key lives."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from graphql_api.http.api_keys import verify_api_key
from graphql_api.registry_api_keys import RegistryApiKeys
from ledger.book.refusal import Refusal, RefusalCode
from ledger.partners import queries
from ledger.partners.api_key import issue_api_key, revoke_api_key, rotate_api_key
from ledger.partners.register import close_merchant, create_merchant, create_partner
from ledger.points.spend import SpendPoints
from ledger.programme.setup import create_programme
from tests.bank import NOBODY, Bank, code_of

SECRET, OTHER_SECRET = bytes(32), bytes(range(32))


async def _stranger(bank: Bank) -> Bank:
    """Somebody of another programme in the same deployment."""
    other = await create_programme(bank.application.units, bank.actor(), code="OTHER", name="Other", time_zone="UTC")
    return replace(bank, programme_id=other.id)


async def test_codes_are_taken_once(bank: Bank) -> None:
    """A second partner or merchant of one code is CODE_TAKEN."""
    units, actor = bank.application.units, bank.actor()

    with pytest.raises(Refusal) as partner:
        await create_partner(units, actor, code="CAFES", name="Again")
    with pytest.raises(Refusal) as merchant:
        await create_merchant(units, actor, partner_id=bank.partner_id, code="001", name="Again")

    assert (partner.value.code, merchant.value.code) == (RefusalCode.CODE_TAKEN, RefusalCode.CODE_TAKEN)
    assert len(await queries.merchants_page(bank.application.reader, bank.programme_id, limit=9)) == 1
    assert await bank.count(f"{bank.application.settings.book_schema}.holders") == 2


async def test_a_merchant_needs_a_partner_of_the_same_programme(bank: Bank) -> None:
    """Another programme's partner is PARTNER_NOT_FOUND, as is an unknown one."""
    stranger = await _stranger(bank)
    units = bank.application.units

    for actor, partner in ((stranger.actor(), bank.partner_id), (bank.actor(), NOBODY)):
        with pytest.raises(Refusal) as refused:
            await create_merchant(units, actor, partner_id=partner, code="002", name="Shop")
        assert refused.value.code == RefusalCode.PARTNER_NOT_FOUND


async def test_merchants_are_found_by_id_and_code_and_in_pages(bank: Bank) -> None:
    """Pages follow creation; another programme sees nothing."""
    units, reader, actor = bank.application.units, bank.application.reader, bank.actor()
    for number in ("002", "003"):
        await create_merchant(units, actor, partner_id=bank.partner_id, code=number, name=f"Shop {number}")
    stranger = await _stranger(bank)

    first = await queries.merchants_page(reader, bank.programme_id, limit=2)
    second = await queries.merchants_page(reader, bank.programme_id, limit=2, after=first[-1].id)
    of_partner = await queries.merchants_page(reader, bank.programme_id, limit=9, partner_id=bank.partner_id)
    by_code = await queries.merchant_by_code(reader, bank.programme_id, "003")

    assert [merchant.code for merchant in (*first, *second)] == ["001", "002", "003"]
    assert len(of_partner) == 3
    assert by_code == second[0]
    assert await queries.merchant_by_id(reader, stranger.programme_id, bank.merchant_id) is None
    assert await queries.merchants_page(reader, stranger.programme_id, limit=9) == []


async def test_partners_are_found_by_id_and_in_pages(bank: Bank) -> None:
    """Pages follow creation; another programme sees nothing."""
    units, reader = bank.application.units, bank.application.reader
    second = await create_partner(units, bank.actor(), code="BOOKS", name="Books")
    stranger = await _stranger(bank)

    page = await queries.partners_page(reader, bank.programme_id, limit=1, after=bank.partner_id)

    assert page == [second]
    assert await queries.partner_by_id(reader, bank.programme_id, second.id) == second
    assert await queries.partner_by_id(reader, stranger.programme_id, second.id) is None


async def test_a_closed_merchant_takes_no_points(bank: Bank) -> None:
    """The next spend is MERCHANT_CLOSED, the second closing too; a stranger finds no such merchant."""
    units = bank.application.units
    member = await bank.enrol("m-1")
    await bank.earn(member, 9)
    stranger = await _stranger(bank)
    spend = SpendPoints(actor=bank.actor(), key=bank.key(), member_id=member, amount=1, merchant_id=bank.merchant_id)

    with pytest.raises(Refusal) as hidden:
        await close_merchant(units, stranger.actor(), merchant_id=bank.merchant_id)
    closed = await close_merchant(units, bank.actor(), merchant_id=bank.merchant_id)
    with pytest.raises(Refusal) as again:
        await close_merchant(units, bank.actor(), merchant_id=bank.merchant_id)
    outcome = await bank.application.engine.execute(spend)

    assert hidden.value.code == RefusalCode.MERCHANT_NOT_FOUND
    assert (closed.state, closed.version) == ("closed", 2)
    assert again.value.code == RefusalCode.MERCHANT_CLOSED
    assert code_of(outcome) == RefusalCode.MERCHANT_CLOSED
    assert (await bank.account(member))["posted"] == 9


async def test_a_key_opens_its_merchant_and_is_stored_as_a_hash(bank: Bank) -> None:
    """The text that was shown once is verified by the HTTP face; the secret is nowhere in the database."""
    keys = RegistryApiKeys(bank.application.reader)

    issued = await issue_api_key(
        bank.application.units, bank.actor(), merchant_id=bank.merchant_id, secret=OTHER_SECRET
    )
    stored = await verify_api_key(keys, issued.text)
    wrong = await verify_api_key(keys, issued.text[:-1] + ("0" if issued.text[-1] != "0" else "1"))

    rows = await bank.fetch("SELECT row_to_json(k)::text AS all FROM registry.api_keys k")
    told = await bank.fetch("SELECT convert_from(record, 'utf8') AS all FROM audit.events")
    assert stored is not None
    assert (stored.merchant_id, stored.programme_id) == (str(bank.merchant_id), str(bank.programme_id))
    assert wrong is None
    assert all(OTHER_SECRET.hex() not in row["all"] for row in (*rows, *told))
    assert OTHER_SECRET.hex() not in repr(issued)


async def test_two_keys_overlap_until_the_old_one_ends(bank: Bank) -> None:
    """Rotation keeps the old key alive, until its expiry where one is given."""
    units, keys, actor = bank.application.units, RegistryApiKeys(bank.application.reader), bank.actor()
    old = await issue_api_key(units, actor, merchant_id=bank.merchant_id, secret=SECRET)

    new = await rotate_api_key(units, actor, key_id=old.id, secret=OTHER_SECRET)
    both = [await verify_api_key(keys, each.text) is not None for each in (old, new)]
    third = await rotate_api_key(
        units, actor, key_id=old.id, secret=OTHER_SECRET, old_expires_at=datetime.now(UTC) - timedelta(seconds=1)
    )
    after = [await verify_api_key(keys, each.text) is not None for each in (old, new, third)]

    assert both == [True, True]
    assert after == [False, True, True]


async def test_a_revoked_key_is_dead_for_ever(bank: Bank) -> None:
    """It opens nothing, cannot be rotated, and its three versions stand in the audit log."""
    units, keys, actor = bank.application.units, RegistryApiKeys(bank.application.reader), bank.actor()
    issued = await issue_api_key(
        units, actor, merchant_id=bank.merchant_id, secret=SECRET, expires_at=datetime.now(UTC) + timedelta(days=1)
    )

    revoked = await revoke_api_key(units, actor, key_id=issued.id)
    codes = []
    for again in (
        revoke_api_key(units, actor, key_id=issued.id),
        rotate_api_key(units, actor, key_id=issued.id, secret=SECRET),
    ):
        with pytest.raises(Refusal) as refused:
            await again
        codes.append(refused.value.code)

    assert await verify_api_key(keys, issued.text) is None
    assert revoked.version == 2
    assert codes == [RefusalCode.API_KEY_NOT_FOUND, RefusalCode.API_KEY_NOT_FOUND]
    page = await queries.keys_page(bank.application.reader, bank.programme_id, bank.merchant_id, limit=9)
    assert [key.revoked_at is not None for key in page] == [True]


async def test_keys_are_only_for_open_merchants_of_the_same_programme(bank: Bank) -> None:
    """MERCHANT_NOT_FOUND, MERCHANT_CLOSED, INVALID_INPUT for an expiry that has passed, and no key is kept."""
    units = bank.application.units
    stranger = await _stranger(bank)
    past = datetime.now(UTC) - timedelta(seconds=1)

    async def refusal_of(by: Bank, merchant: UUID, expires_at: datetime | None = None) -> str:
        with pytest.raises(Refusal) as refused:
            await issue_api_key(units, by.actor(), merchant_id=merchant, secret=SECRET, expires_at=expires_at)
        return refused.value.code

    codes = [await refusal_of(stranger, bank.merchant_id), await refusal_of(bank, bank.merchant_id, past)]
    await close_merchant(units, bank.actor(), merchant_id=bank.merchant_id)
    codes.append(await refusal_of(bank, bank.merchant_id))

    assert codes == ["MERCHANT_NOT_FOUND", "INVALID_INPUT", "MERCHANT_CLOSED"]
    assert await bank.count("registry.api_keys") == 0


async def test_unknown_keys_are_nobody(bank: Bank) -> None:
    """An id that is no UUID, or of no key, finds nothing."""
    keys = RegistryApiKeys(bank.application.reader)

    assert await keys.find("zzzzzzzz") is None
    assert await keys.find(NOBODY.hex) is None
