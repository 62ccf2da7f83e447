-- Create the attributes that a programme keeps of its members.

CREATE TABLE registry.member_attributes (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    code text NOT NULL,
    type text NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT member_attributes_pk PRIMARY KEY (id),
    CONSTRAINT member_attributes_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes (id),
    CONSTRAINT member_attributes_code_unique UNIQUE (programme_id, code),
    CONSTRAINT member_attributes_type_known CHECK (type IN ('TEXT', 'INTEGER', 'BOOLEAN'))
);
COMMENT ON TABLE registry.member_attributes IS
    'What the bank may say of a member beside its tiers and segments. An attribute never changes its type.';
CREATE CONSTRAINT TRIGGER member_attributes_have_events AFTER INSERT OR UPDATE ON registry.member_attributes
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();
CREATE TRIGGER member_attributes_stand AFTER INSERT OR UPDATE ON registry.member_attributes
    FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();
CREATE TRIGGER member_attributes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.member_attributes
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT, INSERT ON registry.member_attributes TO scrip_app;
GRANT SELECT ON registry.member_attributes TO scrip_auditor;

-- The values lie in the row of the member's other facts, which is read where somebody asks for one of them -------------
ALTER TABLE {book}.member_facts
    ADD COLUMN attributes text NOT NULL DEFAULT '{}',
    ADD CONSTRAINT member_facts_attributes_are_json CHECK (attributes IS JSON OBJECT);
GRANT UPDATE (attributes) ON {book}.member_facts TO scrip_app;
