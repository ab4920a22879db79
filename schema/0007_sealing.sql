-- Sealing: what is about a person is kept encrypted under a key of that person, which is wrapped by a key that is not in
-- the database. docs/SEALING.md tells the bytes.
SET LOCAL search_path = zentriq, pg_temp;

-- Keys of the log itself: the one that people are looked up by.
CREATE TABLE sealing_keys (
    log_id      integer     NOT NULL REFERENCES logs,
    purpose     text        NOT NULL CHECK (purpose = 'subject-lookup'),
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
-- opens. The rows of before have people in the clear; the service takes them over one by one.
ALTER TABLE subjects RENAME TO plain_subjects;
REVOKE ALL ON plain_subjects FROM zentriq_gateway;
GRANT SELECT, DELETE ON plain_subjects TO zentriq_gateway;
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

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['subjects', 'subject_keys'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY owner_all ON %I TO zentriq_owner USING (true) WITH CHECK (true)', name);
        EXECUTE format('CREATE POLICY tenant_only ON %I TO zentriq_gateway USING
            (tenant_id = nullif(current_setting(''zentriq.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;
CREATE POLICY read_all ON subject_keys FOR SELECT TO zentriq_projector, zentriq_auditor USING (true);
GRANT SELECT, INSERT ON sealing_keys, subjects, subject_keys TO zentriq_gateway;
GRANT SELECT ON subject_keys TO zentriq_projector, zentriq_auditor;

-- People who still stand in the clear, of any tenant: for the service alone, which takes them over.
CREATE FUNCTION plain_people(p_limit integer) RETURNS TABLE (tenant_id uuid, object_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT tenant_id, object_id FROM plain_subjects LIMIT p_limit
$$;

-- Destroys the key of a person, and with it all that is sealed under it, in every copy of the database; and forgets
-- whose handle it was. What the row held before is in the table's file until it is vacuumed. No append that seals under the
-- key can come after it: it waits for those under way. False if there is no such key any more.
CREATE FUNCTION destroy_subject_key(p_log_id integer, p_tenant uuid, p_subject uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    PERFORM FROM heads WHERE log_id = p_log_id FOR UPDATE;
    DELETE FROM subjects WHERE log_id = p_log_id AND tenant_id = p_tenant AND handle = p_subject;
    UPDATE subject_keys SET wrapped = NULL, destroyed_at = now()
    WHERE log_id = p_log_id AND tenant_id = p_tenant AND subject = p_subject AND wrapped IS NOT NULL;
    RETURN FOUND;
END $$;

-- As before, and each event plain with its salt, or sealed: then the envelope stands in the place of the salt, and the
-- key it names is its actor's own and was not destroyed.
DROP FUNCTION append;
CREATE FUNCTION append(
    p_log_id integer, p_size bigint, p_epoch bigint, p_root bytea, p_frontier bytea, p_recorded_at timestamptz,
    p_signer text, p_checkpoint text,
    e_class text[], e_tenant uuid[], e_stream text[], e_version bigint[], e_type text[], e_schema smallint[],
    e_id uuid[], e_actor uuid[], e_request uuid[], e_salt bytea[], e_commitment bytea[], e_data text[],
    s_tenant uuid[], s_stream text[], s_expected bigint[], s_version bigint[], s_position bigint[],
    s_due bigint[], s_state text[],
    o_tenant uuid[], o_key bytea[], o_fingerprint bytea[], o_position bigint[], o_response text[],
    e_key uuid[] DEFAULT NULL
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE
    added integer := cardinality(e_id);
    moved integer;
    made integer;
    violated text;
BEGIN
    -- unnest would fill a shorter array up with nulls, which the columns that may be null would take for values.
    IF added = 0
        OR ARRAY[cardinality(e_class), cardinality(e_tenant), cardinality(e_stream), cardinality(e_version),
                 cardinality(e_type), cardinality(e_schema), cardinality(e_actor), cardinality(e_request),
                 cardinality(e_salt), cardinality(e_commitment), cardinality(e_data)]
            IS DISTINCT FROM array_fill(added, ARRAY[11])
        OR ARRAY[cardinality(s_stream), cardinality(s_expected), cardinality(s_version), cardinality(s_position),
                 cardinality(s_due), cardinality(s_state)]
            IS DISTINCT FROM array_fill(cardinality(s_tenant), ARRAY[6])
        OR ARRAY[cardinality(o_key), cardinality(o_fingerprint), cardinality(o_position), cardinality(o_response)]
            IS DISTINCT FROM array_fill(cardinality(o_tenant), ARRAY[4])
    THEN
        RAISE EXCEPTION 'an append holds at least one event, and columns of one length'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- The heads of the streams move by as many versions as there are events, and to those. Summed over the batch, which
    -- costs a twentieth of the same question asked stream by stream; that one is for the replay.
    IF (SELECT (count(*)::numeric, sum(version)) FROM unnest(e_version) AS e (version))
        IS DISTINCT FROM (
            SELECT (sum(version - expected), sum((version - expected) * (version + expected + 1) / 2))
            FROM unnest(s_expected, s_version) AS s (expected, version))
        OR EXISTS (
            SELECT FROM unnest(s_expected, s_version, s_position) AS s (expected, version, position)
            WHERE version <= expected OR position < p_size OR position >= p_size + added)
    THEN
        RAISE EXCEPTION 'the heads of the streams do not follow from the events'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;

    UPDATE heads SET size = size + added, root = p_root, frontier = p_frontier, recorded_at = p_recorded_at,
                     checkpoint = p_checkpoint
    WHERE log_id = p_log_id AND size = p_size AND epoch = p_epoch AND recorded_at <= p_recorded_at AND signer = p_signer;
    IF NOT FOUND THEN
        RETURN 'head';
    END IF;

    IF EXISTS (
        SELECT FROM unnest(e_key, e_salt, e_data) AS e (key_id, salt, data)
        WHERE CASE WHEN key_id IS NULL THEN octet_length(salt) <> 32
                   ELSE octet_length(salt) < 95 OR get_byte(salt, 0) <> 1 OR data <> '' END)
        OR cardinality(e_key) <> added
    THEN
        RAISE EXCEPTION 'an event is plain with a salt, or sealed in an envelope'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF EXISTS (
        SELECT FROM unnest(e_key, e_tenant, e_actor) AS used (key_id, tenant_id, actor)
        WHERE used.key_id IS NOT NULL AND (
               SELECT k.wrapped IS NOT NULL AND k.tenant_id = used.tenant_id AND k.subject = used.actor
               FROM subject_keys AS k WHERE k.log_id = p_log_id AND k.key_id = used.key_id) IS NOT TRUE)
    THEN
        RAISE foreign_key_violation USING MESSAGE = 'an event is sealed under a key that is not there for it',
            CONSTRAINT = 'subject_keys';
    END IF;

    UPDATE streams AS head
    SET version = s.version, position = s.position, due_at = s.due_at, state = s.state
    FROM unnest(s_tenant, s_stream, s_expected, s_version, s_position, s_due, s_state)
        AS s (tenant_id, stream_id, expected, version, position, due_at, state)
    CROSS JOIN LATERAL (
        SELECT found.ctid FROM streams AS found
        WHERE found.log_id = p_log_id AND found.tenant_id = s.tenant_id AND found.stream_id = s.stream_id
            AND found.version = s.expected
        OFFSET 0) AS old
    WHERE s.expected > 0 AND head.ctid = old.ctid;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved < cardinality(s_tenant) THEN
        INSERT INTO streams (log_id, tenant_id, stream_id, version, position, due_at, state)
        SELECT p_log_id, s.tenant_id, s.stream_id, s.version, s.position, s.due_at, s.state
        FROM unnest(s_tenant, s_stream, s_expected, s_version, s_position, s_due, s_state)
            AS s (tenant_id, stream_id, expected, version, position, due_at, state)
        WHERE s.expected = 0;
        GET DIAGNOSTICS made = ROW_COUNT;
        IF moved + made < cardinality(s_tenant) THEN
            RAISE unique_violation USING CONSTRAINT = 'streams_pkey';
        END IF;
    END IF;

    INSERT INTO events (log_id, position, recorded_at, version, tenant_id, event_id, actor, request_id, schema_version,
                        class, stream_id, type, salt, commitment, data, key_id)
    SELECT p_log_id, p_size + e.ordinal - 1, p_recorded_at, e.version, e.tenant_id, e.event_id, e.actor, e.request_id,
           e.schema_version, e.class, e.stream_id, e.type, e.salt, e.commitment, e.data,
           e.key_id
    FROM unnest(e_class, e_tenant, e_stream, e_version, e_type, e_schema, e_id, e_actor, e_request, e_salt,
                e_commitment, e_data, coalesce(e_key, array_fill(NULL::uuid, ARRAY[added]))) WITH ORDINALITY
        AS e (class, tenant_id, stream_id, version, type, schema_version, event_id, actor, request_id, salt,
              commitment, data, key_id, ordinal);

    INSERT INTO outcomes (log_id, tenant_id, key, fingerprint, position, response)
    SELECT p_log_id, o.tenant_id, o.key, o.fingerprint, o.position, o.response
    FROM unnest(o_tenant, o_key, o_fingerprint, o_position, o_response)
        AS o (tenant_id, key, fingerprint, position, response);

    RETURN 'appended';
EXCEPTION WHEN unique_violation THEN
    -- Whatever was written in this block is undone.
    GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
    CASE violated
        WHEN 'streams_pkey' THEN RETURN 'stream';
        WHEN 'outcomes_pkey' THEN RETURN 'duplicate';
        ELSE RAISE;
    END CASE;
END $$;
REVOKE ALL ON FUNCTION append, plain_people, destroy_subject_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append, plain_people TO zentriq_gateway;
GRANT EXECUTE ON FUNCTION destroy_subject_key TO zentriq_retention;

-- Appends certificates, and what they carry forward: all that the retention role may append.
DROP FUNCTION append_erasure;
CREATE FUNCTION append_erasure(
    p_log_id integer, p_size bigint, p_epoch bigint, p_root bytea, p_frontier bytea, p_recorded_at timestamptz,
    p_signer text, p_checkpoint text,
    e_class text[], e_tenant uuid[], e_stream text[], e_version bigint[], e_type text[], e_schema smallint[],
    e_id uuid[], e_actor uuid[], e_request uuid[], e_salt bytea[], e_commitment bytea[], e_data text[],
    s_tenant uuid[], s_stream text[], s_expected bigint[], s_version bigint[], s_position bigint[],
    s_due bigint[], s_state text[],
    o_tenant uuid[], o_key bytea[], o_fingerprint bytea[], o_position bigint[], o_response text[],
    e_key uuid[]
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM unnest(e_class, e_stream, e_type) AS e (class, stream_id, type)
        WHERE (class, stream_id, type) IS DISTINCT FROM ('system', 'sweep', 'retention.swept')
            AND NOT (class = 'billing' AND stream_id LIKE 'carry-%' AND type = 'credit.carried'))
        OR cardinality(o_key) <> 0
        OR NOT EXISTS (SELECT FROM erasures AS e WHERE e.log_id = p_log_id AND e.xact = pg_current_xact_id_if_assigned()
                           AND e.made_at = now())
    THEN
        RAISE EXCEPTION 'only certificates of this transaction''s erasures are appended here'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN append(
        p_log_id, p_size, p_epoch, p_root, p_frontier, p_recorded_at, p_signer, p_checkpoint, e_class, e_tenant,
        e_stream, e_version, e_type, e_schema, e_id, e_actor, e_request, e_salt, e_commitment, e_data, s_tenant,
        s_stream, s_expected, s_version, s_position, s_due, s_state, o_tenant, o_key, o_fingerprint, o_position,
        o_response, e_key);
END $$;
REVOKE ALL ON FUNCTION append_erasure FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_erasure TO zentriq_retention;

-- The captures of an account: where they stand in the log. What was captured is read from there, so that it is kept
-- nowhere in the clear, and once. Made anew from the log.
DROP TABLE capture_history;
DELETE FROM projections WHERE name = 'capture_history';
CREATE TABLE capture_history (
    log_id      integer     NOT NULL,
    generation  integer     NOT NULL,
    tenant_id   uuid        NOT NULL,
    product     text        NOT NULL COLLATE "C",
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, product, position, generation, log_id)
);
ALTER TABLE capture_history ENABLE ROW LEVEL SECURITY;
ALTER TABLE capture_history FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON capture_history TO zentriq_owner USING (true) WITH CHECK (true);
CREATE POLICY projector_all ON capture_history TO zentriq_projector USING (true) WITH CHECK (true);
CREATE POLICY tenant_only ON capture_history FOR SELECT TO zentriq_gateway USING
    (tenant_id = nullif(current_setting('zentriq.tenant_id', true), '')::uuid);
CREATE POLICY read_all ON capture_history FOR SELECT TO zentriq_auditor USING (true);
-- Rows lie in the order of their time: a month of them is found by where it begins and ends.
CREATE INDEX capture_history_time ON capture_history USING brin (recorded_at) WITH (autosummarize = on);
GRANT SELECT, INSERT, DELETE ON capture_history TO zentriq_projector;
GRANT SELECT ON capture_history TO zentriq_gateway, zentriq_auditor;
