-- Keep what died for inactivity dead when its account lives on (semantics 4.3).

ALTER TABLE {book}.accounts ADD COLUMN died_version bigint;
COMMENT ON COLUMN {book}.accounts.died_version IS
    'the wallet''s lots up to this version have died for inactivity, though the wallet lives on; what of them returns expires at once';
GRANT UPDATE (died_version) ON {book}.accounts TO scrip_app;

-- `scrip check` looks whether the database is its release's ------------------------------------------------------------
GRANT SELECT ON registry.alembic_version TO scrip_auditor;
