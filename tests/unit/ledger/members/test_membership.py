"""Membership: whom the programme knows as its member."""

from uuid import UUID

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.shelves import Holder
from ledger.members.membership import require_member

OURS, THEIRS = UUID(int=1), UUID(int=2)
ANN = Holder(id=UUID(int=3), programme_id=OURS, kind="member", state="closed")


def test_a_member_is_found_in_whatever_state() -> None:
    """Whether the state stands in the way is another question, asked later in the order of precedence."""
    assert require_member(ANN, OURS) == ANN


@pytest.mark.parametrize(
    "holder", [None, ANN._replace(kind="merchant"), ANN._replace(kind="programme"), ANN._replace(programme_id=THEIRS)]
)
def test_nobody_a_shop_and_anothers_member_are_unknown_alike(holder: Holder | None) -> None:
    """The answer does not tell whether the id is good elsewhere."""
    with pytest.raises(Refusal) as refused:
        require_member(holder, OURS)

    assert refused.value.code == RefusalCode.MEMBER_NOT_FOUND
