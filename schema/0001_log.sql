-- The log: one order, one head, append-only events, stream heads and outcomes.
-- Everything lives in the schema "zentriq" and belongs to the role "zentriq_owner". Text in keys is compared byte by
-- byte, whatever the database's locale is.

CREATE SCHEMA zentriq;
REVOKE ALL ON SCHEMA zentriq FROM PUBLIC;
GRANT USAGE ON SCHEMA zentriq TO zentriq_gateway, zentriq_projector, zentriq_retention, zentriq_auditor;
GRANT SELECT ON public.schema_migrations TO zentriq_gateway, zentriq_projector, zentriq_auditor;
SET LOCAL search_path = zentriq, pg_temp;

-- A log is the unit of order, of tamper evidence and of sharding: log_id leads every key.
CREATE TABLE logs (
    log_id     integer     NOT NULL PRIMARY KEY,
    origin     text        NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- One row a log, rewritten by every append: the compare-and-set that orders all writers.
CREATE TABLE heads (
    log_id      integer     NOT NULL PRIMARY KEY REFERENCES logs,
    size        bigint      NOT NULL,  -- events appended so far; the next position
    epoch       bigint      NOT NULL,  -- raised to fence a writer whose fate is unknown
    root        bytea       NOT NULL CHECK (octet_length(root) = 32),
    frontier    bytea       NOT NULL,  -- compact range: roots of the perfect subtrees, largest first
    recorded_at timestamptz NOT NULL,  -- of the newest event; never goes back
    signer      text        NOT NULL,  -- verifier key (signed note) of the one key that may sign for now
    checkpoint  text        NOT NULL   -- size and root, signed (C2SP tlog-checkpoint)
) WITH (fillfactor = 20);

-- An event. The canonical bytes that are hashed are rebuilt from these columns; nothing is stored twice.
CREATE TABLE events (
    log_id         integer     NOT NULL,
    position       bigint      NOT NULL,
    recorded_at    timestamptz NOT NULL,
    version        bigint      NOT NULL,
    tenant_id      uuid        NOT NULL,
    event_id       uuid        NOT NULL,
    actor          uuid,
    request_id     uuid,
    schema_version smallint    NOT NULL,
    class          text        NOT NULL COLLATE "C",
    stream_id      text        NOT NULL COLLATE "C",
    type           text        NOT NULL COLLATE "C",
    salt           bytea       NOT NULL,  -- 32 bytes; the envelope, when the event is sealed
    commitment     bytea       NOT NULL,  -- to salt and event: the entry of the tree, whose hash is the leaf
    data           text        NOT NULL,  -- empty, when the event is sealed
    key_id         uuid                   -- the actor's data key, when the event is sealed
) PARTITION BY LIST (class);

-- The newest version of every stream and, where commands are decided on it, its folded state.
CREATE TABLE streams (
    log_id    integer NOT NULL,
    tenant_id uuid    NOT NULL,
    stream_id text    NOT NULL COLLATE "C",
    version   bigint  NOT NULL,
    position  bigint  NOT NULL,  -- of its newest event
    due_at    bigint,            -- when the state next changes by time alone, µs since 1970
    state     text,              -- canonical JSON
    PRIMARY KEY (log_id, tenant_id, stream_id)
) WITH (fillfactor = 70);
CREATE INDEX streams_due ON streams (log_id, due_at) WHERE due_at IS NOT NULL;

-- What was answered under a key, for ever: a retry gets the same bytes, a second claim is refused.
CREATE TABLE outcomes (
    log_id      integer NOT NULL,
    tenant_id   uuid    NOT NULL,
    key         bytea   NOT NULL,
    fingerprint bytea   NOT NULL,
    position    bigint  NOT NULL,  -- of the first event of the command
    response    text    NOT NULL,
    PRIMARY KEY (log_id, tenant_id, key)
);

-- Append-only, for everyone: privileges keep the services out, triggers the owner too.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events EXECUTE FUNCTION refuse_change();
CREATE TRIGGER outcomes_append_only BEFORE UPDATE OR DELETE ON outcomes
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER outcomes_no_truncate BEFORE TRUNCATE ON outcomes EXECUTE FUNCTION refuse_change();
CREATE TRIGGER streams_no_delete BEFORE DELETE ON streams
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER streams_no_truncate BEFORE TRUNCATE ON streams EXECUTE FUNCTION refuse_change();
CREATE TRIGGER heads_no_delete BEFORE DELETE ON heads
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER heads_no_truncate BEFORE TRUNCATE ON heads EXECUTE FUNCTION refuse_change();

-- One list partition a retention class, one range partition a month below it.
CREATE TABLE retention_classes (class text NOT NULL COLLATE "C" PRIMARY KEY);
INSERT INTO retention_classes VALUES
    ('billing'), ('capture'), ('usage'), ('error'), ('access'), ('account'), ('system');

DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT class FROM retention_classes LOOP
        EXECUTE format('CREATE TABLE events_%s PARTITION OF events FOR VALUES IN (%L) PARTITION BY RANGE (recorded_at)',
                       name, name);
        EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON events_%s EXECUTE FUNCTION refuse_change()', name);
    END LOOP;
END $$;

-- Makes the partitions of every month from the first to the last that the two times touch. Attached, not created
-- in place, so that appends go on meanwhile. Returns how many were made.
CREATE FUNCTION ensure_partitions(from_time timestamptz, to_time timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    first_month timestamptz := date_trunc('month', from_time);
    month timestamptz;
    name text;
    partition text;
    made integer := 0;
BEGIN
    IF to_time < from_time OR to_time > from_time + interval '10 years' THEN
        RAISE EXCEPTION 'partitions can be made for at most ten years at once' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('zentriq.ensure_partitions'));
    FOR name IN SELECT class FROM retention_classes ORDER BY class LOOP
        month := first_month;
        WHILE month <= to_time LOOP
            partition := format('events_%s_%s', name, to_char(month, 'YYYY_MM'));
            IF to_regclass('zentriq.' || partition) IS NULL THEN
                EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING DEFAULTS)', partition);
                EXECUTE format('CREATE UNIQUE INDEX ON %I (log_id, position)', partition);
                EXECUTE format('CREATE UNIQUE INDEX ON %I (log_id, tenant_id, stream_id, version)', partition);
                EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I EXECUTE FUNCTION refuse_change()',
                               partition);
                EXECUTE format('ALTER TABLE events_%s ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                               name, partition, month, month + interval '1 month');
                made := made + 1;
            END IF;
            month := month + interval '1 month';
        END LOOP;
    END LOOP;
    RETURN made;
END $$;

SELECT ensure_partitions(now() - interval '1 month', now() + interval '3 months');

-- Registers a log with an empty tree; a second call with the same origin changes nothing.
CREATE FUNCTION create_log(p_log_id integer, p_origin text, p_signer text, p_checkpoint text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    INSERT INTO logs (log_id, origin) VALUES (p_log_id, p_origin) ON CONFLICT DO NOTHING;
    IF NOT EXISTS (SELECT FROM logs WHERE log_id = p_log_id AND origin = p_origin) THEN
        RAISE EXCEPTION 'log % has another origin than %', p_log_id, p_origin USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO heads VALUES (p_log_id, 0, 0, sha256(''), '', 'epoch', p_signer, p_checkpoint) ON CONFLICT DO NOTHING;
END $$;

-- The head, as it is; or locked until the transaction ends, so that nobody else appends meanwhile; or with its epoch
-- raised, which makes every append that was sent before under the old epoch fail: after it returns, the fate of those
-- appends is known for ever.
CREATE FUNCTION read_head(p_log_id integer) RETURNS SETOF heads
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT * FROM heads WHERE log_id = p_log_id
$$;
CREATE FUNCTION lock_head(p_log_id integer) RETURNS SETOF heads
LANGUAGE sql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT * FROM heads WHERE log_id = p_log_id FOR UPDATE
$$;
CREATE FUNCTION fence_head(p_log_id integer) RETURNS SETOF heads
LANGUAGE sql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    UPDATE heads SET epoch = epoch + 1 WHERE log_id = p_log_id RETURNING *
$$;

-- Whether an event is where its writer wanted it: settles, after fence_head, what became of an append.
CREATE FUNCTION holds_event(
    p_log_id integer, p_class text, p_recorded_at timestamptz, p_position bigint, p_event_id uuid
) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM events WHERE log_id = p_log_id AND class = p_class AND recorded_at = p_recorded_at
            AND position = p_position AND event_id = p_event_id)
$$;

-- Stream heads and outcomes for the one writer, across tenants: the n-th row answers the n-th argument. OFFSET 0 keeps
-- each look-up a look-up by the whole key: as a join, a plan made while the table is small reads all of it, and lives on
-- in the session while the table grows.
CREATE FUNCTION load_streams(p_log_id integer, p_tenants uuid[], p_streams text[])
RETURNS TABLE (ordinal bigint, version bigint, state text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT asked.ordinal, head.version, head.state
    FROM unnest(p_tenants, p_streams) WITH ORDINALITY AS asked (tenant_id, stream_id, ordinal)
    CROSS JOIN LATERAL (
        SELECT s.version, s.state FROM streams AS s
        WHERE s.log_id = p_log_id AND s.tenant_id = asked.tenant_id AND s.stream_id = asked.stream_id
        OFFSET 0) AS head
$$;
-- The same for readers: the state only where the version is another than the one that is known.
CREATE FUNCTION stream_heads(p_log_id integer, p_tenants uuid[], p_streams text[], p_known bigint[])
RETURNS TABLE (ordinal bigint, version bigint, "position" bigint, state text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT asked.ordinal, head.version, head.position, CASE WHEN head.version <> asked.known THEN head.state END
    FROM unnest(p_tenants, p_streams, p_known) WITH ORDINALITY AS asked (tenant_id, stream_id, known, ordinal)
    CROSS JOIN LATERAL (
        SELECT s.version, s.position, s.state FROM streams AS s
        WHERE s.log_id = p_log_id AND s.tenant_id = asked.tenant_id AND s.stream_id = asked.stream_id
        OFFSET 0) AS head
$$;
CREATE FUNCTION due_streams(p_log_id integer, p_time bigint, p_limit bigint)
RETURNS TABLE (tenant_id uuid, stream_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT tenant_id, stream_id FROM streams WHERE log_id = p_log_id AND due_at <= p_time ORDER BY due_at LIMIT p_limit
$$;
CREATE FUNCTION load_outcomes(p_log_id integer, p_tenants uuid[], p_keys bytea[])
RETURNS TABLE (ordinal bigint, fingerprint bytea, "position" bigint, response text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT asked.ordinal, found.fingerprint, found.position, found.response
    FROM unnest(p_tenants, p_keys) WITH ORDINALITY AS asked (tenant_id, key, ordinal)
    CROSS JOIN LATERAL (
        SELECT o.fingerprint, o.position, o.response FROM outcomes AS o
        WHERE o.log_id = p_log_id AND o.tenant_id = asked.tenant_id AND o.key = asked.key
        OFFSET 0) AS found
$$;

-- The only way a row gets into the log. Returns a status:
--   appended   everything was written, atomically
--   head       size, epoch or signer are not what the caller thought; nothing was written
--   duplicate  a key is taken already; nothing was written
--   stream     a stream is not at its expected version; nothing was written
-- The compare-and-set of the head comes first: whoever passes it is alone until the commit. What is found wrong after it
-- undoes it together with all else. What others than the gateway may append at all, may_append() says.
CREATE FUNCTION append(
    p_log_id integer, p_size bigint, p_epoch bigint, p_root bytea, p_frontier bytea, p_recorded_at timestamptz,
    p_signer text, p_checkpoint text,
    e_class text[], e_tenant uuid[], e_stream text[], e_version bigint[], e_type text[], e_schema smallint[],
    e_id uuid[], e_actor uuid[], e_request uuid[], e_salt bytea[], e_commitment bytea[], e_data text[], e_key uuid[],
    s_tenant uuid[], s_stream text[], s_expected bigint[], s_version bigint[], s_position bigint[],
    s_due bigint[], s_state text[],
    o_tenant uuid[], o_key bytea[], o_fingerprint bytea[], o_position bigint[], o_response text[]
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE
    added integer := cardinality(e_id);
    moved integer;
    made integer;
    violated text;
BEGIN
    IF session_user <> 'zentriq_gateway' AND NOT may_append(session_user, p_log_id, e_class, e_tenant, e_stream, e_type, o_key) THEN
        RAISE EXCEPTION 'this role may not append such events' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- unnest would fill a shorter array up with nulls, which the columns that may be null would take for values.
    IF added = 0
        OR ARRAY[cardinality(e_class), cardinality(e_tenant), cardinality(e_stream), cardinality(e_version),
                 cardinality(e_type), cardinality(e_schema), cardinality(e_actor), cardinality(e_request),
                 cardinality(e_salt), cardinality(e_commitment), cardinality(e_data), cardinality(e_key)]
            IS DISTINCT FROM array_fill(added, ARRAY[12])
        OR ARRAY[cardinality(s_stream), cardinality(s_expected), cardinality(s_version), cardinality(s_position),
                 cardinality(s_due), cardinality(s_state)]
            IS DISTINCT FROM array_fill(cardinality(s_tenant), ARRAY[6])
        OR ARRAY[cardinality(o_key), cardinality(o_fingerprint), cardinality(o_position), cardinality(o_response)]
            IS DISTINCT FROM array_fill(cardinality(o_tenant), ARRAY[4])
    THEN
        RAISE EXCEPTION 'an append holds at least one event, and columns of one length'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Plain, or sealed: then the envelope stands in the place of the salt (docs/SEALING.md).
    IF EXISTS (
        SELECT FROM unnest(e_key, e_salt, e_data) AS e (key_id, salt, data)
        WHERE CASE WHEN key_id IS NULL THEN octet_length(salt) <> 32
                   ELSE octet_length(salt) < 95 OR get_byte(salt, 0) <> 1 OR data <> '' END)
    THEN
        RAISE EXCEPTION 'an event is plain with a salt, or sealed in an envelope'
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

    -- Keys are destroyed under the lock of the head: whoever has it knows that the keys are there.
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
           e.schema_version, e.class, e.stream_id, e.type, e.salt, e.commitment, e.data, e.key_id
    FROM unnest(e_class, e_tenant, e_stream, e_version, e_type, e_schema, e_id, e_actor, e_request, e_salt,
                e_commitment, e_data, e_key) WITH ORDINALITY
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

-- Rows are seen by the owner's functions, and by whom a policy names. With a command, such as SELECT or ALL, the gateway has
-- them of one tenant only, and only in a transaction that has set zentriq.tenant_id.
CREATE FUNCTION protect_rows(p_tables text[], p_gateway text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY p_tables LOOP
        EXECUTE format('ALTER TABLE zentriq.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE zentriq.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY owner_all ON zentriq.%I TO zentriq_owner USING (true) WITH CHECK (true)', name);
        IF p_gateway IS NOT NULL THEN
            EXECUTE format('CREATE POLICY tenant_only ON zentriq.%I FOR %s TO zentriq_gateway USING
                (tenant_id = nullif(current_setting(''zentriq.tenant_id'', true), '''')::uuid)', name, p_gateway);
        END IF;
    END LOOP;
END $$;

SELECT protect_rows('{events,streams,outcomes}', 'SELECT');
CREATE POLICY read_all ON events FOR SELECT TO zentriq_projector, zentriq_auditor USING (true);
CREATE POLICY read_all ON streams FOR SELECT TO zentriq_projector, zentriq_auditor USING (true);
CREATE POLICY read_all ON outcomes FOR SELECT TO zentriq_projector, zentriq_auditor USING (true);

GRANT SELECT ON events, streams, outcomes TO zentriq_gateway, zentriq_projector, zentriq_auditor;
GRANT SELECT ON logs, heads TO zentriq_gateway, zentriq_projector, zentriq_auditor;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA zentriq FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append, create_log, read_head, lock_head, fence_head, holds_event, load_streams, stream_heads,
    due_streams, load_outcomes, ensure_partitions TO zentriq_gateway;
GRANT EXECUTE ON FUNCTION read_head TO zentriq_projector, zentriq_auditor;

-- Balances, readable with plain SQL: the inline projection is the folded state in the head of each account's stream.
CREATE VIEW balances WITH (security_invoker = true) AS
SELECT log_id, tenant_id, substr(stream_id, length('account-') + 1) AS product, version, position,
       (state::jsonb ->> 'balance')::bigint AS balance, (state::jsonb ->> 'held')::bigint AS held
FROM streams WHERE stream_id LIKE 'account-%';
GRANT SELECT ON balances TO zentriq_gateway, zentriq_projector, zentriq_auditor;
