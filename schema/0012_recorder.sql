-- What the recorder keeps, which reads the server's own log and records in ours what staff does: how far it has read, moved
-- in one transaction with the events that come of it, so that no line is recorded twice or lost.
-- Nobody of the staff gets in, or sees a row, unless it is at work. docs/STAFF_ACCESS.md tells how it works together.
SET LOCAL search_path = zentriq, pg_temp;

CREATE TABLE recorders (
    log_id     integer     NOT NULL PRIMARY KEY REFERENCES logs,
    holder     uuid        NOT NULL,  -- the process that records, alone
    held_until timestamptz NOT NULL,
    heard_at   timestamptz,           -- when the newest mark was made that came back through the server's log
    file       text,                  -- that is being read; null: nothing was read yet
    device     bigint,
    inode      bigint,
    read_to    bigint      CHECK (read_to >= 0),
    digest     bytea       CHECK (octet_length(digest) = 32),  -- SHA-256 of the file's bytes up to there
    state      text        NOT NULL DEFAULT '{}',
    CHECK ((file IS NULL) = (read_to IS NULL) AND (file IS NULL) = (digest IS NULL))
);

-- Whoever records takes the lease, and renews it. No row while somebody else has it.
CREATE FUNCTION hold_recorder(p_log_id integer, p_holder uuid, p_seconds integer) RETURNS SETOF recorders
LANGUAGE sql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    INSERT INTO recorders AS r (log_id, holder, held_until)
    VALUES (p_log_id, p_holder, clock_timestamp() + make_interval(secs => p_seconds))
    ON CONFLICT (log_id) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
    WHERE r.holder = excluded.holder OR r.held_until < clock_timestamp()
    RETURNING *
$$;

-- Moves on from where this recorder has read to; an error if another one has come in between.
CREATE FUNCTION advance_recorder(
    p_log_id integer, p_holder uuid, p_from_file text, p_from bigint, p_file text, p_device bigint, p_inode bigint,
    p_read_to bigint, p_digest bytea, p_state text, p_heard_at timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    UPDATE recorders AS r
    SET file = p_file, device = p_device, inode = p_inode, read_to = p_read_to, digest = p_digest, state = p_state,
        heard_at = CASE WHEN p_heard_at IS NULL THEN r.heard_at
                        ELSE greatest(r.heard_at, least(p_heard_at, clock_timestamp())) END
    WHERE r.log_id = p_log_id AND r.holder = p_holder
        AND r.file IS NOT DISTINCT FROM p_from_file AND r.read_to IS NOT DISTINCT FROM p_from;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another recorder has come first' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END $$;

-- Writes a mark into the server's log, where the recorder has to meet it again. Gives the time.
CREATE FUNCTION mark_server_log(p_mark uuid) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE made timestamptz := clock_timestamp();
BEGIN
    RAISE LOG 'zentriq mark %', p_mark;
    RETURN made;
END $$;

-- Whether what staff does is being recorded: within the last minute a mark came back.
CREATE FUNCTION is_recording(p_log_id integer) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM recorders AS r WHERE r.log_id = p_log_id AND r.heard_at > clock_timestamp() - interval '1 minute')
$$;

-- Lets staff connect to this database while it is recorded, and nobody of it otherwise. Says which.
CREATE FUNCTION admit_staff(p_log_id integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE recording boolean := is_recording(p_log_id);
BEGIN
    IF has_database_privilege('zentriq_staff', current_database(), 'CONNECT') IS DISTINCT FROM recording THEN
        EXECUTE format(CASE WHEN recording THEN 'GRANT CONNECT ON DATABASE %I TO zentriq_staff'
                            ELSE 'REVOKE CONNECT ON DATABASE %I FROM zentriq_staff' END, current_database());
    END IF;
    RETURN recording;
END $$;

-- The accesses that these roles were made for.
CREATE FUNCTION recorded_accesses(p_roles text[]) RETURNS TABLE (role_name text, access_id uuid, ended_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT a.role_name, a.access_id, a.ended_at FROM staff_accesses AS a
    WHERE a.role_name = ANY (p_roles) AND a.state IN ('granted', 'revoked', 'ended')
$$;

REVOKE ALL ON FUNCTION hold_recorder, advance_recorder, mark_server_log, is_recording, admit_staff, recorded_accesses
    FROM PUBLIC;
GRANT USAGE ON SCHEMA zentriq TO zentriq_recorder;
GRANT EXECUTE ON FUNCTION hold_recorder, advance_recorder, mark_server_log, recorded_accesses, append, ensure_partitions,
    load_streams, lock_head TO zentriq_recorder;
-- The one key that it seals under.
CREATE POLICY staff_record ON sealing_keys TO zentriq_recorder
    USING (purpose = 'staff-record') WITH CHECK (purpose = 'staff-record');
GRANT SELECT, INSERT ON sealing_keys TO zentriq_recorder;
GRANT SELECT ON key_encryption_keys TO zentriq_recorder;
GRANT EXECUTE ON FUNCTION admit_staff TO zentriq_access;
