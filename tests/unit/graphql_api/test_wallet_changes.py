"""Notices between processes: their payload, and what is no payload of ours."""

from uuid import uuid4

import pytest

from graphql_api.wallet_changes import PAYLOAD_ACCOUNTS_MAX, decode_accounts, encode_accounts


def test_a_full_payload_fits_into_a_notice() -> None:
    """PostgreSQL takes less than 8,000 bytes."""
    accounts = [uuid4().bytes for _ in range(PAYLOAD_ACCOUNTS_MAX)]

    payload = encode_accounts(accounts)

    assert len(payload) < 8_000
    assert decode_accounts(payload) == accounts


@pytest.mark.parametrize("payload", ["", "hello", "🙈", "AAAA", "====", encode_accounts([bytes(16)])[:-4]])
def test_what_is_no_notice_of_ours_names_no_account(payload: str) -> None:
    """Whoever may connect may notify; nothing breaks by it."""
    assert decode_accounts(payload) == []
