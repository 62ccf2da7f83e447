"""How the report on vouchers is printed: a line for each template that issued something, and the sums by category."""

import pytest

from graphql_api.processes.cli.voucher_report import plain_totals, print_totals
from ledger.reports.voucher_totals import TemplateTotals, VoucherCounts

COFFEE = VoucherCounts(issued=3, redeemed=1, uses=2, expired=1, voided=0, good=1)
CAKE = VoucherCounts(issued=1, redeemed=1, uses=1, expired=0, voided=0, good=0)
NONE = VoucherCounts(issued=0, redeemed=0, uses=0, expired=0, voided=0, good=0)
TOTALS = [
    TemplateTotals(code="CAKE", category="food", counts=CAKE),
    TemplateTotals(code="COFFEE", category="food", counts=COFFEE),
    TemplateTotals(code="DRAFT", category="", counts=NONE),
]


def test_the_rate_is_in_basis_points_and_rounds_down() -> None:
    """One of three is 3,333, and nothing of nothing is 0."""
    plain = plain_totals(TOTALS)

    assert plain["templates"] == [
        {"template": "CAKE", "category": "food", **_counts(1, 1, 1, 0, 0, 0), "redemptionRateBasisPoints": 10_000},
        {"template": "COFFEE", "category": "food", **_counts(3, 1, 2, 1, 0, 1), "redemptionRateBasisPoints": 3_333},
        {"template": "DRAFT", "category": "", **_counts(0, 0, 0, 0, 0, 0), "redemptionRateBasisPoints": 0},
    ]
    assert plain["categories"] == {
        "": {**_counts(0, 0, 0, 0, 0, 0), "redemptionRateBasisPoints": 0},
        "food": {**_counts(4, 2, 3, 1, 0, 1), "redemptionRateBasisPoints": 5_000},
    }


def test_the_table_leaves_out_what_issued_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Templates by code, then a line for each category."""
    print_totals(TOTALS)

    printed = capsys.readouterr().out
    assert "33.33%" in printed
    assert "50.00%" in printed
    assert "DRAFT" not in printed
    assert printed.index("CAKE") < printed.index("COFFEE") < printed.index("all")


def _counts(*figures: int) -> dict[str, int]:
    return dict(zip(("issued", "redeemed", "uses", "expired", "voided", "good"), figures, strict=True))
