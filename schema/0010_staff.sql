-- Staff access: who may reach the database, how they prove who they are, and what was granted to whom for how long.
-- The roles that are made for a grant are made by ops/postgres/access.sql, which a superuser has to run: no role that
-- anybody can log in as may make roles. docs/STAFF_ACCESS.md tells how it works together.
SET LOCAL search_path = zentriq, pg_temp;

-- Two people, and no third: the database itself has no more than two seats. Names and secrets are sealed.
CREATE TABLE staff_members (
    seat         smallint    NOT NULL PRIMARY KEY CHECK (seat IN (1, 2)),
    log_id       integer     NOT NULL REFERENCES logs,
    member       uuid        NOT NULL UNIQUE,
    version      integer     NOT NULL CHECK (version > 0),  -- of the factor
    algorithm    text        NOT NULL CHECK (algorithm IN ('SHA1', 'SHA256')),
    kek_version  integer     NOT NULL CHECK (kek_version > 0),
    wrapped      bytea       NOT NULL CHECK (octet_length(wrapped) = 61),
    secret       bytea       NOT NULL,
    name         bytea       NOT NULL,
    last_step    bigint      NOT NULL DEFAULT -1,  -- of the newest code that was used: none up to it is taken again
    failures     integer     NOT NULL DEFAULT 0,   -- attempts since the last one that succeeded
    locked_until timestamptz,
    position     bigint      NOT NULL              -- of the event that says so
);

-- Codes for the day on which a factor is lost, of 128 random bits each: kept as hashes, used once.
CREATE TABLE staff_recovery_codes (
    member  uuid        NOT NULL REFERENCES staff_members (member) ON DELETE CASCADE,
    hash    bytea       NOT NULL CHECK (octet_length(hash) = 32),
    used_at timestamptz,
    PRIMARY KEY (member, hash)
);

-- What became of each access that was asked for: the fold of its stream, which this database makes itself from the events
-- of the log. "version": events of the stream up to this one are in. Whoever joins what roles do with why, joins by role_name.
CREATE TABLE staff_accesses (
    access_id        uuid        NOT NULL PRIMARY KEY,
    log_id           integer     NOT NULL REFERENCES logs,
    version          bigint      NOT NULL,
    state            text        NOT NULL CHECK (state IN ('requested', 'denied', 'granted', 'revoked', 'ended')),
    is_break_glass   boolean     NOT NULL,
    requested_by     uuid        NOT NULL,  -- members of the roster, as it was then
    approved_by      uuid,
    scope            text        NOT NULL CHECK (scope IN ('tables', 'tenant', 'read-only', 'read-write')),
    tables           text[]      NOT NULL,
    tenant_id        uuid,
    reason           text        NOT NULL,
    ticket           text        NOT NULL,
    minutes          smallint    NOT NULL CHECK (minutes BETWEEN 1 AND 60),
    requested_at     timestamptz NOT NULL,
    position         bigint      NOT NULL,  -- of the event that asks for it
    granted_at       timestamptz,
    granted_position bigint,
    expires_at       timestamptz,
    role_name        text        UNIQUE COLLATE "C" CHECK (role_name ~ '^staff_[0-9a-f]{24}$'),
    opened_at        timestamptz,           -- when somebody first connected
    ended_at         timestamptz,
    ended_position   bigint,
    end_reason       text,
    reviewed_at      timestamptz,
    reviewed_by      uuid,
    CHECK ((scope = 'tables') = (tables <> '{}')),
    CHECK ((scope = 'tenant') = (tenant_id IS NOT NULL)),
    CHECK (state NOT IN ('granted', 'revoked', 'ended') OR
           (granted_at IS NOT NULL AND granted_position IS NOT NULL AND expires_at IS NOT NULL AND role_name IS NOT NULL)),
    CHECK (is_break_glass OR approved_by IS DISTINCT FROM requested_by)
);
CREATE INDEX staff_accesses_granted ON staff_accesses (granted_position DESC) WHERE granted_position IS NOT NULL;

-- What staff can be given at all, and which columns of it (null: all). What is not here, nobody is given: keys, whatever is
-- sealed, salts, this file's own tables. Only what is computed from the log can be given for writing.
CREATE TABLE staff_relations (
    name        text    NOT NULL PRIMARY KEY COLLATE "C",
    columns     text[],
    is_tenants  boolean NOT NULL,  -- its rows are of tenants, and row-level security keeps them apart
    is_writable boolean NOT NULL DEFAULT false
);
INSERT INTO staff_relations (name, columns, is_tenants, is_writable) VALUES
    ('logs', NULL, false, false), ('heads', NULL, false, false),
    ('events', '{log_id,position,recorded_at,version,tenant_id,event_id,actor,request_id,schema_version,class,stream_id,type,commitment,data,key_id}', true, false),
    ('streams', NULL, true, false),
    ('outcomes', '{log_id,tenant_id,position,response}', true, false),
    ('projections', NULL, false, true), ('parked_events', NULL, false, true),
    ('capture_history', NULL, true, true), ('credit_statement', NULL, true, true),
    ('privacy_requests', NULL, true, true), ('erasures', NULL, false, false), ('handovers', NULL, false, false),
    ('cosignatures', NULL, false, false);

SELECT protect_rows('{staff_members,staff_recovery_codes,staff_accesses}');

-- Customers read which accesses concern them: those to their own rows, and those to everybody's.
CREATE POLICY concerned ON staff_accesses FOR SELECT TO zentriq_gateway USING (
    state IN ('granted', 'revoked', 'ended')
    AND (tenant_id IS NULL OR tenant_id = nullif(current_setting('zentriq.tenant_id', true), '')::uuid));
GRANT SELECT (access_id, log_id, state, is_break_glass, scope, tables, tenant_id, reason, granted_at, granted_position,
              expires_at, role_name, opened_at, ended_at, ended_position, end_reason, reviewed_at)
    ON staff_accesses TO zentriq_gateway;

-- Proving who one is. The secret is handed out for an attempt only, and the attempt counts as failed until its code is used:
-- from the fifth on each locks for a while, twice as long as the one before, up to an hour.
CREATE FUNCTION begin_staff_attempt(p_seat smallint) RETURNS TABLE (
    log_id integer, member uuid, version integer, algorithm text, kek_version integer, wrapped bytea, secret bytea,
    locks boolean, locked_seconds integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    RETURN QUERY
    UPDATE staff_members AS m
    SET failures = m.failures + 1,
        locked_until = CASE WHEN m.failures >= 4
            THEN now() + least(interval '1 hour', interval '1 minute' * power(2, least(m.failures - 4, 6))) END
    WHERE m.seat = p_seat AND (m.locked_until IS NULL OR m.locked_until <= now())
    RETURNING m.log_id, m.member, m.version, m.algorithm, m.kek_version, m.wrapped, m.secret,
              m.locked_until IS NOT NULL, NULL::integer;
    IF NOT FOUND THEN
        RETURN QUERY
        SELECT m.log_id, m.member, m.version, m.algorithm, m.kek_version, NULL::bytea, NULL::bytea, true,
               ceil(extract(epoch FROM m.locked_until - now()))::integer
        FROM staff_members AS m WHERE m.seat = p_seat;
    END IF;
END $$;

-- Uses a code up, if it is newer than every one that was used. False if it is not.
CREATE FUNCTION use_staff_code(p_member uuid, p_version integer, p_step bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    UPDATE staff_members SET last_step = p_step, failures = 0, locked_until = NULL
    WHERE member = p_member AND version = p_version AND last_step < p_step;
    RETURN FOUND;
END $$;

CREATE FUNCTION use_staff_recovery_code(p_member uuid, p_hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    UPDATE staff_recovery_codes SET used_at = now() WHERE member = p_member AND hash = p_hash AND used_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE staff_members SET failures = 0, locked_until = NULL WHERE member = p_member;
    RETURN true;
END $$;

-- Who sits where, without the secrets.
CREATE FUNCTION staff_roster() RETURNS TABLE (
    seat smallint, member uuid, version integer, algorithm text, kek_version integer, wrapped bytea, name bytea,
    locked_until timestamptz, "position" bigint, recovery_codes bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT m.seat, m.member, m.version, m.algorithm, m.kek_version, m.wrapped, m.name, m.locked_until, m.position,
           (SELECT count(*) FROM staff_recovery_codes AS c WHERE c.member = m.member AND c.used_at IS NULL)
    FROM staff_members AS m ORDER BY m.seat
$$;

-- The payload of an event of staff that is in the log; an error if it is not.
CREATE FUNCTION staff_event(p_log_id integer, p_position bigint, p_types text[]) RETURNS events
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE found_event events;
BEGIN
    SELECT * INTO found_event FROM events AS e
    WHERE e.log_id = p_log_id AND e.class = 'access' AND e.position = p_position AND e.tenant_id = system_tenant()
        AND e.stream_id LIKE 'staff-%' AND e.type = ANY (p_types);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such event at position %', p_position USING ERRCODE = 'no_data_found';
    END IF;
    RETURN found_event;
END $$;

-- The last thing that the log says of a seat; an error if the event at this position is not that.
CREATE FUNCTION staff_seat_event(p_log_id integer, p_position bigint, p_types text[]) RETURNS events
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE told events := staff_event(p_log_id, p_position, p_types);
BEGIN
    IF EXISTS (
        SELECT FROM events AS e
        WHERE e.log_id = p_log_id AND e.class = 'access' AND e.tenant_id = told.tenant_id
            AND e.stream_id = told.stream_id AND e.version > told.version
            AND e.type IN ('staff.enrolled', 'staff.replaced', 'staff.removed')
            AND e.data::jsonb -> 'seat' = told.data::jsonb -> 'seat')
    THEN
        RAISE EXCEPTION 'the log says something else of the seat since' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN told;
END $$;

-- Fills a seat, or gives it a new factor, as an event of the log says.
CREATE FUNCTION seat_staff_member(
    p_log_id integer, p_position bigint, p_kek_version integer, p_wrapped bytea, p_secret bytea, p_name bytea,
    p_codes bytea[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE
    told events := staff_seat_event(p_log_id, p_position, ARRAY['staff.enrolled', 'staff.replaced']);
    said jsonb := told.data::jsonb;
BEGIN
    IF told.type = 'staff.replaced' THEN
        DELETE FROM staff_members WHERE seat = (said ->> 'seat')::smallint AND position < p_position;
    END IF;
    INSERT INTO staff_members (seat, log_id, member, version, algorithm, kek_version, wrapped, secret, name, position)
    VALUES ((said ->> 'seat')::smallint, p_log_id, (said ->> 'member')::uuid, (said ->> 'version')::integer,
            said ->> 'algorithm', p_kek_version, p_wrapped, p_secret, p_name, p_position);
    INSERT INTO staff_recovery_codes (member, hash) SELECT (said ->> 'member')::uuid, unnest(p_codes);
END $$;

-- Empties a seat, as an event of the log says; whoever was seated after it stays. Nothing happens the second time.
CREATE FUNCTION unseat_staff_member(p_log_id integer, p_position bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE told events := staff_event(p_log_id, p_position, ARRAY['staff.removed']);
BEGIN
    DELETE FROM staff_members
    WHERE seat = (told.data::jsonb ->> 'seat')::smallint AND member = (told.data::jsonb ->> 'member')::uuid
        AND position < p_position;
END $$;

-- Takes the next event of an access in. Nothing happens the second time. A grant that breaks a rule, which none of ours
-- does, is taken in as a refusal: nothing ever comes of it. Break-glass is for reading, and for one at a time: until the
-- other person has reviewed it, there is no further one for the same member.
CREATE FUNCTION note_access(p_log_id integer, p_position bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE
    told events := staff_event(p_log_id, p_position, ARRAY[
        'access.requested', 'access.granted', 'access.denied', 'access.opened', 'access.revoked', 'access.ended',
        'access.reviewed']);
    said jsonb := told.data::jsonb;
    access uuid := substr(told.stream_id, length('staff-') + 1)::uuid;
    known staff_accesses;
    may boolean;
BEGIN
    IF told.type = 'access.requested' THEN
        INSERT INTO staff_accesses (access_id, log_id, version, state, is_break_glass, requested_by, scope, tables,
                                    tenant_id, reason, ticket, minutes, requested_at, position)
        VALUES (access, p_log_id, told.version, 'requested', (said ->> 'break_glass')::boolean, told.actor,
                said ->> 'scope', ARRAY(SELECT jsonb_array_elements_text(said -> 'tables')),
                (said ->> 'tenant_id')::uuid, said ->> 'reason', said ->> 'ticket', (said ->> 'minutes')::smallint,
                told.recorded_at, p_position)
        ON CONFLICT (access_id) DO NOTHING;
        RETURN;
    END IF;
    SELECT * INTO known FROM staff_accesses AS a WHERE a.access_id = access AND a.log_id = p_log_id FOR UPDATE;
    IF known.version >= told.version THEN
        RETURN;
    ELSIF known.version IS DISTINCT FROM told.version - 1 THEN
        RAISE EXCEPTION 'events of the access are missing' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    CASE told.type
        WHEN 'access.granted' THEN
            -- So that of two break-glass of one member, the second sees the first.
            PERFORM FROM staff_members AS m WHERE m.member = known.requested_by FOR NO KEY UPDATE;
            may := known.state = 'requested' AND told.actor IS NOT NULL
                AND known.is_break_glass = (told.actor = known.requested_by)
                AND EXISTS (SELECT FROM staff_members AS m WHERE m.member = told.actor)
                AND EXISTS (SELECT FROM staff_members AS m WHERE m.member = known.requested_by)
                AND (said ->> 'expires_at')::timestamptz <= told.recorded_at
                    + interval '1 minute' * least(known.minutes, CASE WHEN known.is_break_glass THEN 15 ELSE 60 END)
                AND NOT EXISTS (
                    SELECT unnest(known.tables) EXCEPT SELECT r.name FROM staff_relations AS r)
                AND (NOT known.is_break_glass OR (known.scope <> 'read-write' AND NOT EXISTS (
                    SELECT FROM staff_accesses AS a
                    WHERE a.log_id = p_log_id AND a.access_id <> access AND a.is_break_glass
                        AND a.requested_by = known.requested_by AND a.state IN ('granted', 'revoked', 'ended')
                        AND a.reviewed_at IS NULL)));
            UPDATE staff_accesses AS a
            SET state = CASE WHEN may THEN 'granted' ELSE 'denied' END,
                approved_by = CASE WHEN may AND NOT known.is_break_glass THEN told.actor END,
                granted_at = told.recorded_at, granted_position = p_position,
                expires_at = (said ->> 'expires_at')::timestamptz, role_name = said ->> 'role'
            WHERE a.access_id = access;
        WHEN 'access.denied' THEN
            UPDATE staff_accesses AS a SET state = 'denied' WHERE a.access_id = access AND a.state = 'requested';
        WHEN 'access.opened' THEN
            UPDATE staff_accesses AS a SET opened_at = coalesce(a.opened_at, told.recorded_at) WHERE a.access_id = access;
        WHEN 'access.revoked' THEN
            UPDATE staff_accesses AS a SET state = 'revoked' WHERE a.access_id = access AND a.state = 'granted';
        WHEN 'access.ended' THEN
            UPDATE staff_accesses AS a
            SET state = 'ended', ended_at = told.recorded_at, ended_position = p_position, end_reason = said ->> 'reason'
            WHERE a.access_id = access AND a.state IN ('granted', 'revoked');
        WHEN 'access.reviewed' THEN
            UPDATE staff_accesses AS a SET reviewed_at = told.recorded_at, reviewed_by = told.actor
            WHERE a.access_id = access AND a.requested_by <> told.actor;
    END CASE;
    UPDATE staff_accesses AS a SET version = told.version WHERE a.access_id = access;
END $$;

-- Accesses, newest first: all, or those of which something is still to come.
CREATE FUNCTION list_staff_accesses(p_log_id integer, p_all boolean) RETURNS SETOF staff_accesses
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT * FROM staff_accesses AS a
    WHERE a.log_id = p_log_id
        AND (p_all OR a.state IN ('granted', 'revoked')
             OR (a.state = 'requested' AND a.requested_at > now() - interval '1 hour')
             OR (a.is_break_glass AND a.granted_at IS NOT NULL AND a.reviewed_at IS NULL AND a.state = 'ended'))
    ORDER BY a.position DESC LIMIT 1000
$$;

-- Those of these names that staff can't be given.
CREATE FUNCTION unknown_staff_relations(p_names text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT unnest(p_names) EXCEPT SELECT r.name FROM staff_relations AS r
$$;

-- For the functions that make roles, which their owner alone may call. An access that may be opened now: it was granted, and
-- the event that says so is in the log, and its time is not over. Locked, so that it does not end meanwhile.
CREATE FUNCTION access_to_open(p_access uuid) RETURNS staff_accesses
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE
    known staff_accesses;
    told events;
BEGIN
    SELECT * INTO known FROM staff_accesses AS a
    WHERE a.access_id = p_access AND a.state = 'granted' AND a.expires_at > clock_timestamp() FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the access is not granted, or is over' USING ERRCODE = 'insufficient_privilege';
    ELSIF NOT is_recording(known.log_id) THEN
        RAISE EXCEPTION 'nobody gets in while what staff does is not recorded' USING ERRCODE = 'insufficient_privilege';
    END IF;
    told := staff_event(known.log_id, known.granted_position, ARRAY['access.granted']);
    IF told.stream_id <> 'staff-' || p_access OR told.data::jsonb ->> 'role' IS DISTINCT FROM known.role_name
        OR (told.data::jsonb ->> 'expires_at')::timestamptz IS DISTINCT FROM known.expires_at
    THEN
        RAISE EXCEPTION 'the log grants something else' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN known;
END $$;

-- Whether a grant explains that there is such a role.
CREATE FUNCTION explains_staff_role(p_role text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM staff_accesses AS a
        WHERE a.role_name = p_role AND a.state = 'granted' AND a.expires_at > clock_timestamp())
$$;

-- Gives the role of an access what it was granted, and nothing else.
CREATE FUNCTION give_staff_rights(p_access uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE
    granted staff_accesses := access_to_open(p_access);
    relation staff_relations;
BEGIN
    FOR relation IN
        SELECT * FROM staff_relations AS r
        WHERE CASE granted.scope WHEN 'tables' THEN r.name = ANY (granted.tables) WHEN 'tenant' THEN r.is_tenants
                                 ELSE true END
    LOOP
        EXECUTE format('GRANT SELECT %s ON %I TO %I',
                       '(' || (SELECT string_agg(quote_ident(c), ',') FROM unnest(relation.columns) AS c) || ')',
                       relation.name, granted.role_name);
        IF granted.scope = 'read-write' AND relation.is_writable THEN
            EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %I TO %I', relation.name, granted.role_name);
        END IF;
    END LOOP;
END $$;

-- Takes everything back that a role was given on objects of this database.
CREATE FUNCTION take_staff_rights(p_role text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE relation regclass;
BEGIN
    FOR relation IN
        SELECT DISTINCT d.objid::regclass FROM pg_shdepend AS d JOIN pg_roles AS r ON r.oid = d.refobjid
        WHERE d.refclassid = 'pg_authid'::regclass AND d.classid = 'pg_class'::regclass AND d.deptype = 'a'
            AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND r.rolname = p_role
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %I', relation, p_role);
    END LOOP;
END $$;

-- The tenant whose rows the role of this session sees; null for all of them. An error once its time is over, even if nobody
-- has ended it. The role is that of the log-in, which no statement changes.
CREATE FUNCTION staff_tenant() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE known staff_accesses;
BEGIN
    SELECT * INTO known FROM staff_accesses AS a
    WHERE a.role_name = session_user AND a.state = 'granted' AND a.expires_at > clock_timestamp();
    IF NOT FOUND OR NOT is_recording(known.log_id) THEN
        RAISE EXCEPTION 'the access is over' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN known.tenant_id;
END $$;

DO $$
DECLARE relation record;
BEGIN
    FOR relation IN
        SELECT r.name, r.is_writable FROM staff_relations AS r JOIN pg_class AS c
            ON c.relname = r.name AND c.relnamespace = 'zentriq'::regnamespace
        WHERE c.relrowsecurity
    LOOP
        EXECUTE format(
            'CREATE POLICY staff ON %I FOR %s TO zentriq_staff
             USING ((SELECT zentriq.staff_tenant()) IS NULL OR tenant_id = (SELECT zentriq.staff_tenant()))',
            relation.name, CASE WHEN relation.is_writable THEN 'ALL' ELSE 'SELECT' END);
    END LOOP;
END $$;

-- When the events of an access are swept, what was made of them goes with them.
CREATE FUNCTION forget_accesses() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    DELETE FROM staff_accesses AS a
    WHERE a.log_id = NEW.log_id AND a.state IN ('requested', 'denied', 'ended') AND NOT EXISTS (
        SELECT FROM events AS e WHERE e.log_id = a.log_id AND e.class = 'access'
            AND e.position = coalesce(a.granted_position, a.position));
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER forget_accesses AFTER INSERT ON erasures DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.class = 'access') EXECUTE FUNCTION forget_accesses();

REVOKE ALL ON FUNCTION begin_staff_attempt, use_staff_code, use_staff_recovery_code, staff_roster, staff_event, staff_seat_event,
    seat_staff_member, unseat_staff_member, note_access, list_staff_accesses, unknown_staff_relations, access_to_open,
    explains_staff_role, give_staff_rights, take_staff_rights, staff_tenant, forget_accesses FROM PUBLIC;
GRANT USAGE ON SCHEMA zentriq TO zentriq_access, zentriq_rolemaker, zentriq_staff;
GRANT EXECUTE ON FUNCTION begin_staff_attempt, use_staff_code, use_staff_recovery_code, staff_roster,
    seat_staff_member, unseat_staff_member, note_access, list_staff_accesses, unknown_staff_relations TO zentriq_access;
GRANT EXECUTE ON FUNCTION access_to_open, explains_staff_role, give_staff_rights, take_staff_rights TO zentriq_rolemaker;
GRANT EXECUTE ON FUNCTION staff_tenant TO zentriq_staff;
