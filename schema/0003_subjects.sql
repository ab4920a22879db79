-- Who stands behind a handle. The log knows handles only, so deleting a row here makes its events nobody's.
SET LOCAL search_path = zentriq, pg_temp;

CREATE TABLE subjects (
    tenant_id  uuid        NOT NULL,
    object_id  uuid        NOT NULL,  -- the person's identifier at the identity provider
    handle     uuid        NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, object_id)
);
ALTER TABLE subjects ENABLE ROW LEVEL SECURITY;
ALTER TABLE subjects FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON subjects TO zentriq_owner USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON subjects TO zentriq_gateway USING
    (tenant_id = nullif(current_setting('zentriq.tenant_id', true), '')::uuid);
GRANT SELECT, INSERT ON subjects TO zentriq_gateway;
