-- Epochs of the key-encryption key: which version wraps, which ones only unwrap, which ones are gone. The key itself is not
-- here. A table whose rows hold a wrapped key (log_id, kek_version, wrapped) has the trigger "key_epoch"; all that follows
-- finds it by that.
SET LOCAL search_path = zentriq, pg_temp;

CREATE TABLE key_encryption_keys (
    log_id       integer     NOT NULL REFERENCES logs,
    version      integer     NOT NULL CHECK (version > 0),
    state        text        NOT NULL CHECK (state IN ('active', 'superseded', 'retired')),
    activated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log_id, version)
);
CREATE UNIQUE INDEX key_encryption_keys_active ON key_encryption_keys (log_id) WHERE state = 'active';
GRANT SELECT ON key_encryption_keys TO zentriq_gateway, zentriq_retention;

-- Only the active version wraps, and what was destroyed does not come back. Epochs change under the exclusive form of the
-- lock: afterwards there is no row, in this transaction or another, that was wrapped with the version before.
CREATE FUNCTION check_key_epoch() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    IF NEW.wrapped IS NULL THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.wrapped IS NULL THEN
            RAISE EXCEPTION 'a key that was destroyed does not come back'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'key_destroyed';
        END IF;
        IF (NEW.log_id, NEW.kek_version, NEW.wrapped) = (OLD.log_id, OLD.kek_version, OLD.wrapped) THEN
            RETURN NEW;
        END IF;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtext('zentriq.key_epoch'), NEW.log_id);
    -- The first version that wraps anything in a log begins its first epoch.
    IF NOT EXISTS (SELECT FROM key_encryption_keys WHERE log_id = NEW.log_id) THEN
        INSERT INTO key_encryption_keys (log_id, version, state) VALUES (NEW.log_id, NEW.kek_version, 'active')
        ON CONFLICT DO NOTHING;
    END IF;
    IF NOT EXISTS (SELECT FROM key_encryption_keys
                   WHERE log_id = NEW.log_id AND version = NEW.kek_version AND state = 'active') THEN
        RAISE EXCEPTION 'another version of the key-encryption key wraps'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'key_epoch_active';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER key_epoch BEFORE INSERT OR UPDATE ON sealing_keys FOR EACH ROW EXECUTE FUNCTION check_key_epoch();
CREATE TRIGGER key_epoch BEFORE INSERT OR UPDATE ON subject_keys FOR EACH ROW EXECUTE FUNCTION check_key_epoch();
CREATE TRIGGER key_epoch BEFORE INSERT OR UPDATE ON vault_tokens FOR EACH ROW EXECUTE FUNCTION check_key_epoch();
CREATE TRIGGER key_epoch BEFORE INSERT OR UPDATE ON staff_members FOR EACH ROW EXECUTE FUNCTION check_key_epoch();
CREATE INDEX subject_keys_kek ON subject_keys (log_id, kek_version, key_id) WHERE wrapped IS NOT NULL;
CREATE INDEX vault_tokens_kek ON vault_tokens (log_id, kek_version, record_id);

-- Who wraps anew: sees what is wrapped, and puts another wrapping in its place.
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['sealing_keys', 'subject_keys', 'vault_tokens', 'staff_members'] LOOP
        EXECUTE format('CREATE POLICY rewrap_read ON %I FOR SELECT TO zentriq_retention USING (true)', name);
        EXECUTE format('CREATE POLICY rewrap_write ON %I FOR UPDATE TO zentriq_retention USING (true)', name);
    END LOOP;
END $$;
GRANT SELECT, UPDATE (kek_version, wrapped) ON sealing_keys, subject_keys TO zentriq_retention;
GRANT SELECT (log_id, tenant_id, subject, product, record_id, generation, kek_version, wrapped),
      UPDATE (kek_version, wrapped) ON vault_tokens TO zentriq_retention;
GRANT SELECT (log_id, member, version, kek_version, wrapped), UPDATE (kek_version, wrapped)
    ON staff_members TO zentriq_retention;

-- Makes this connection the one that changes epochs and wraps anew, as long as it lives. False if there is another one.
CREATE FUNCTION take_key_lease(p_log_id integer) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT take_lease('zentriq.key_rotation', p_log_id)
$$;

-- Tables with wrapped keys.
CREATE FUNCTION wrapped_key_tables() RETURNS SETOF regclass
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT tgrelid::regclass FROM pg_trigger WHERE tgfoid = 'check_key_epoch'::regproc AND NOT tgisinternal ORDER BY 1
$$;

-- How many keys each version wraps, by table.
CREATE FUNCTION count_wrapped_keys(p_log_id integer) RETURNS TABLE (kind text, version integer, count bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE
    place regclass;
BEGIN
    FOR place IN SELECT wrapped_key_tables() LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %L::text, kek_version, count(*) FROM %s WHERE log_id = $1 AND wrapped IS NOT NULL
             GROUP BY kek_version ORDER BY kek_version', place, place) USING p_log_id;
    END LOOP;
END $$;

-- Lets a version wrap, in the place of the one before. The log must say so already.
CREATE FUNCTION activate_key_epoch(p_log_id integer, p_version integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE
    recorded timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('zentriq.key_epoch'), p_log_id);
    SELECT max(e.recorded_at) INTO recorded FROM events AS e
    WHERE e.log_id = p_log_id AND e.class = 'system' AND e.tenant_id = system_tenant() AND e.stream_id = 'kek'
        AND e.type = 'kek.activated' AND (e.data::jsonb ->> 'version')::integer = p_version;
    IF recorded IS NULL THEN
        RAISE EXCEPTION 'the log does not say that this version wraps' USING ERRCODE = 'no_data_found';
    END IF;
    IF EXISTS (SELECT FROM key_encryption_keys WHERE log_id = p_log_id AND version >= p_version) THEN
        RAISE EXCEPTION 'there is this version, or a newer one, already' USING ERRCODE = 'unique_violation';
    END IF;
    UPDATE key_encryption_keys SET state = 'superseded' WHERE log_id = p_log_id AND state = 'active';
    INSERT INTO key_encryption_keys (log_id, version, state, activated_at)
    VALUES (p_log_id, p_version, 'active', recorded);
END $$;

-- Retires a version that wraps no more, unless keys are left that it wraps: how many.
CREATE FUNCTION retire_key_epoch(p_log_id integer, p_version integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE
    remaining bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('zentriq.key_epoch'), p_log_id);
    IF NOT EXISTS (SELECT FROM key_encryption_keys
                   WHERE log_id = p_log_id AND version = p_version AND state <> 'active') THEN
        RAISE EXCEPTION 'this version wraps, or is not there' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT coalesce(sum(c.count), 0) INTO remaining FROM count_wrapped_keys(p_log_id) AS c WHERE c.version = p_version;
    IF remaining = 0 THEN
        UPDATE key_encryption_keys SET state = 'retired' WHERE log_id = p_log_id AND version = p_version;
    END IF;
    RETURN remaining;
END $$;

REVOKE ALL ON FUNCTION check_key_epoch, take_key_lease, wrapped_key_tables, count_wrapped_keys, activate_key_epoch,
    retire_key_epoch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_key_lease, count_wrapped_keys, activate_key_epoch, retire_key_epoch TO zentriq_retention;
