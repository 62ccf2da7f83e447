-- Tell whether anybody committed while a statement waited for its locks.

CREATE FUNCTION registry.snapshot_after(locked bigint) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN pg_current_snapshot();
END $$;
COMMENT ON FUNCTION registry.snapshot_after IS
    'The snapshot that a statement would have if it began now; asked for the count of the rows that were locked, after them.';
REVOKE EXECUTE ON FUNCTION registry.snapshot_after FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.snapshot_after TO scrip_app;
