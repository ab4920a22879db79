-- Sealing: what is about a person is kept encrypted under a key of that person, which is wrapped by a key that is not in
-- the database. docs/SEALING.md tells the bytes.
SET LOCAL search_path = zentriq, pg_temp;

-- Keys of the log itself: the one that people are looked up by, and the one that the texts of what staff does are sealed
-- under.
CREATE TABLE sealing_keys (
    log_id      integer     NOT NULL REFERENCES logs,
    purpose     text        NOT NULL CHECK (purpose IN ('subject-lookup', 'staff-record')),
    kek_version integer     NOT NULL CHECK (kek_version > 0),
    wrapped     bytea       NOT NULL CHECK (octet_length(wrapped) = 61),
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log_id, purpose)
);

-- The data key of a person of a tenant, one for ever. Destroyed, its row stays and says when.
CREATE TABLE subject_keys (
    log_id       integer     NOT NULL REFERENCES logs,
    key_id       uuid        NOT NULL,
    tenant_id    uuid        NOT NULL,
    subject      uuid        NOT NULL,  -- the person's handle: the actor of the events
    kek_version  integer     NOT NULL CHECK (kek_version > 0),
    wrapped      bytea       CHECK (octet_length(wrapped) = 61),
    created_at   timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    PRIMARY KEY (log_id, key_id),
    UNIQUE (log_id, tenant_id, subject),
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
CREATE INDEX subject_keys_destroyed ON subject_keys (log_id, tenant_id) WHERE wrapped IS NULL;

-- Who stands behind a handle: found by a code that only the lookup key gives, and told by what only the person's own key
-- opens. The log knows handles only, so deleting a row here makes its events nobody's.
CREATE TABLE subjects (
    log_id     integer     NOT NULL,
    tenant_id  uuid        NOT NULL,
    lookup     bytea       NOT NULL CHECK (octet_length(lookup) = 32),
    handle     uuid        NOT NULL,
    object     bytea       NOT NULL CHECK (octet_length(object) = 45),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log_id, tenant_id, lookup),
    FOREIGN KEY (log_id, tenant_id, handle) REFERENCES subject_keys (log_id, tenant_id, subject)
);
CREATE UNIQUE INDEX subjects_handle ON subjects (log_id, tenant_id, handle);

SELECT protect_rows('{subjects,subject_keys}', 'ALL'), protect_rows('{sealing_keys}');
CREATE POLICY gateway_all ON sealing_keys TO zentriq_gateway USING (true) WITH CHECK (true);
CREATE POLICY read_all ON subject_keys FOR SELECT TO zentriq_projector, zentriq_auditor USING (true);
GRANT SELECT, INSERT ON sealing_keys, subjects, subject_keys TO zentriq_gateway;
GRANT SELECT ON subject_keys TO zentriq_projector, zentriq_auditor;

-- Destroys the key of a person, and with it all that is sealed under it, in every copy of the database; and forgets
-- whose handle it was. What the row held before is in the table's file until it is vacuumed. No append that seals under the
-- key can come after it: it waits for those under way. False if there is no such key any more. No service may call it:
-- destroy_subject_key() asks first whether it may.
CREATE FUNCTION forget_subject(p_log_id integer, p_tenant uuid, p_subject uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    PERFORM FROM heads WHERE log_id = p_log_id FOR UPDATE;
    DELETE FROM subjects WHERE log_id = p_log_id AND tenant_id = p_tenant AND handle = p_subject;
    UPDATE subject_keys SET wrapped = NULL, destroyed_at = now()
    WHERE log_id = p_log_id AND tenant_id = p_tenant AND subject = p_subject AND wrapped IS NOT NULL;
    RETURN FOUND;
END $$;
REVOKE ALL ON FUNCTION forget_subject FROM PUBLIC;
