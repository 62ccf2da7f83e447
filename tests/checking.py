"""The checker as the end of a test."""

from ledger.reports.check import check_book


async def assert_clean(url: str, *, book_schema: str = "book") -> None:
    """Fails with every difference that `scrip check` finds."""
    report = await check_book(url, book_schema=book_schema, book_number=1)
    assert report.is_clean, [difference for rule in report.rules for difference in rule.differences]
