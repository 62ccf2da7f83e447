"""The database's shape as text, without what differs from run to run."""

from migrations.dump import normalise

DUMP = """--
-- PostgreSQL database dump
--

\\restrict Xr3kq

SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);



CREATE SCHEMA book;


--
-- Name: f
--

CREATE FUNCTION book.f() RETURNS void AS $$
BEGIN
    -- a comment inside stays
    SET LOCAL jit = off;
END $$;

\\unrestrict Xr3kq
"""


def test_only_the_shape_remains() -> None:
    """Session settings and random lines go, bodies of functions stay."""
    assert normalise(DUMP) == (
        "CREATE SCHEMA book;\n\n"
        "CREATE FUNCTION book.f() RETURNS void AS $$\nBEGIN\n"
        "    -- a comment inside stays\n    SET LOCAL jit = off;\nEND $$;\n"
    )
