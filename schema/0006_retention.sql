-- Retention: the one way in which events leave the log. A row goes only because the policy in force lets it go, because
-- no legal hold covers it, and after the tree has kept its entry; and only together with a certificate, an event in the
-- log that says which rows went and why. Policies, holds and certificates are events of the system's own tenant.
SET LOCAL search_path = zentriq, pg_temp;

-- What was destroyed, one row a certificate. While its transaction lasts it is what lets the rows go; at the commit the
-- certificate must be in the log.
CREATE TABLE erasures (
    log_id         integer     NOT NULL,
    xact           xid8        NOT NULL DEFAULT pg_current_xact_id(),
    made_at        timestamptz NOT NULL DEFAULT now(),
    ordinal        integer     NOT NULL,  -- of the certificate among those of its transaction, from 1
    class          text        NOT NULL COLLATE "C",
    evaluated_at   timestamptz NOT NULL,  -- when policy and holds were looked at
    policy_version bigint      NOT NULL,  -- of the streams of policies and of holds, as they were then
    hold_version   bigint      NOT NULL,
    first_position bigint      NOT NULL,
    last_position  bigint      NOT NULL,
    count          bigint      NOT NULL CHECK (count > 0),
    part           text,                  -- the partition that is dropped with it
    carries        text[]      NOT NULL,  -- accounts whose balance must be carried forward: tenant, stream, version
    certificate    bytea       NOT NULL,  -- SHA-256 of the certificate
    PRIMARY KEY (log_id, xact, made_at, ordinal)
);
CREATE INDEX erasures_positions ON erasures (log_id, last_position);

CREATE TRIGGER erasures_append_only BEFORE UPDATE OR DELETE ON erasures
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER erasures_no_truncate BEFORE TRUNCATE ON erasures EXECUTE FUNCTION refuse_change();

-- Makes this connection the one that does something, as long as it lives: one that dies leaves nothing to wait for. False if
-- there is another one.
CREATE FUNCTION take_lease(p_name text, p_log_id integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    -- One whose machine is gone is noticed within a minute.
    PERFORM set_config(name, setting, false) FROM (VALUES
        ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3')) AS k (name, setting);
    RETURN pg_try_advisory_lock(hashtext(p_name), p_log_id);
END $$;

-- The one that sweeps.
CREATE FUNCTION take_sweep_lease(p_log_id integer) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT take_lease('zentriq.sweep', p_log_id)
$$;

CREATE FUNCTION end_sweep_lease(p_log_id integer) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT pg_advisory_unlock(hashtext('zentriq.sweep'), p_log_id)
$$;

-- The tenant of what belongs to no customer: policies, holds, certificates.
CREATE FUNCTION system_tenant() RETURNS uuid
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT '00000000-0000-0000-0000-000000000000'::uuid $$;

-- The first instant that is still kept: midnight, UTC, of the first day whose last day of keeping is not over. Days are
-- those of the calendar; a month that lacks the day ends it on its last one.
CREATE FUNCTION retention_cutoff(p_time timestamptz, p_period interval) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    today date := (p_time AT TIME ZONE 'UTC')::date;
    day date := (today - p_period)::date;
BEGIN
    WHILE (day + p_period)::date < today LOOP
        day := day + 1;
    END LOOP;
    WHILE (day - 1 + p_period)::date >= today LOOP
        day := day - 1;
    END LOOP;
    RETURN day::timestamp AT TIME ZONE 'UTC';
END $$;

-- The rule of the policy in force by which time alone ends the keeping of a class; no row if there is none. What falls
-- below a legal minimum is none, whoever wrote it into the log; and what the log says of itself stays for ever.
CREATE FUNCTION retention_rules(p_log_id integer)
RETURNS TABLE ("position" bigint, version bigint, class text, maximum interval)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT e.position, e.version, rule ->> 'class', (rule ->> 'maximum')::interval
    FROM streams AS s
    JOIN events AS e ON e.log_id = s.log_id AND e.class = 'system' AND e.position = s.position
    CROSS JOIN jsonb_array_elements(e.data::jsonb -> 'rules') AS rule
    WHERE s.log_id = p_log_id AND s.tenant_id = system_tenant() AND s.stream_id = 'policy'
        AND rule ->> 'trigger' = 'recorded' AND rule ->> 'action' = 'erase' AND rule ->> 'class' <> 'system'
        AND (rule ->> 'maximum')::interval >= CASE rule ->> 'class'
            WHEN 'billing' THEN interval '7 years' WHEN 'access' THEN interval '12 months' ELSE interval '0' END
$$;

-- Holds that were placed, not released, and have not run out. Every condition of a hold that is given must be met.
CREATE FUNCTION holds_in_force(p_log_id integer, p_time timestamptz)
RETURNS TABLE (hold_id uuid, tenant_id uuid, subject uuid, stream_id text, class text,
               from_time timestamptz, to_time timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    WITH history AS (
        SELECT e.type, e.data::jsonb AS data FROM events AS e
        WHERE e.log_id = p_log_id AND e.class = 'system' AND e.tenant_id = system_tenant() AND e.stream_id = 'hold')
    SELECT (data ->> 'hold_id')::uuid, (data ->> 'tenant_id')::uuid, (data ->> 'subject')::uuid, data ->> 'stream',
           data ->> 'class', (data ->> 'from')::timestamptz, (data ->> 'to')::timestamptz
    FROM history AS placed
    WHERE type = 'retention.hold_placed'
        AND (data ->> 'until' IS NULL OR (data ->> 'until')::timestamptz > p_time)
        AND NOT EXISTS (SELECT FROM history AS released WHERE released.type = 'retention.hold_released'
                            AND released.data ->> 'hold_id' = placed.data ->> 'hold_id')
$$;

-- Whether a hold covers an event. A person's are what they caused, and every stream that ends with their handle.
CREATE FUNCTION covers(
    h_tenant uuid, h_subject uuid, h_stream text, h_class text, h_from timestamptz, h_to timestamptz,
    e_tenant uuid, e_actor uuid, e_stream text, e_class text, e_recorded_at timestamptz
) RETURNS boolean LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (h_tenant IS NULL OR h_tenant = e_tenant)
        AND (h_subject IS NULL OR h_subject IS NOT DISTINCT FROM e_actor OR right(e_stream, 37) = '-' || h_subject)
        AND (h_stream IS NULL OR h_stream = e_stream) AND (h_class IS NULL OR h_class = e_class)
        AND (h_from IS NULL OR h_from <= e_recorded_at) AND (h_to IS NULL OR h_to > e_recorded_at);
END $$;

CREATE FUNCTION stream_version(p_log_id integer, p_stream text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT coalesce((SELECT version FROM streams
                     WHERE log_id = p_log_id AND tenant_id = system_tenant() AND stream_id = p_stream), 0)
$$;

-- The versions of the streams of policies and of holds. To be read before anything else that decides what goes: what is
-- added to them afterwards, seen or not, then refuses the commit (require_certificate).
CREATE FUNCTION register_versions(p_log_id integer) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT ARRAY[stream_version(p_log_id, 'policy'), stream_version(p_log_id, 'hold')]
$$;

-- What is before this position stands in bundles, which keep its entries.
CREATE FUNCTION covered_size(p_log_id integer) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT 256 * coalesce(max(index) + 1, 0) FROM bundles WHERE log_id = p_log_id
$$;

-- The rows of a class before a time, from a position on, that may go: no hold covers them, and their entries stand in
-- bundles. What was carried forward last for an account stays, whatever its age: its balance rests on it.
CREATE FUNCTION expired_events(
    p_log_id integer, p_class text, p_time timestamptz, p_cutoff timestamptz, p_from bigint, p_limit integer
) RETURNS SETOF events LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off AS $$
    SELECT e.* FROM events AS e
    WHERE e.log_id = p_log_id AND e.class = p_class AND e.recorded_at < p_cutoff AND e.position >= p_from
        AND e.position < (SELECT covered_size(p_log_id))
        AND NOT EXISTS (
            SELECT FROM holds_in_force(p_log_id, p_time) AS h
            WHERE covers(h.tenant_id, h.subject, h.stream_id, h.class, h.from_time, h.to_time,
                         e.tenant_id, e.actor, e.stream_id, e.class, e.recorded_at))
        -- An account is folded from its oldest event on: what follows one that is held stays with it.
        AND (p_class <> 'billing' OR NOT EXISTS (
            SELECT FROM holds_in_force(p_log_id, p_time) AS h
            JOIN events AS o ON o.log_id = e.log_id AND o.class = 'billing' AND o.tenant_id = e.tenant_id
                AND o.stream_id = e.stream_id AND o.version < e.version AND o.recorded_at < p_cutoff
            WHERE covers(h.tenant_id, h.subject, h.stream_id, h.class, h.from_time, h.to_time,
                         o.tenant_id, o.actor, o.stream_id, o.class, o.recorded_at)))
        AND (e.type <> 'credit.carried' OR e.version < (
            SELECT s.version FROM streams AS s
            WHERE s.log_id = e.log_id AND s.tenant_id = e.tenant_id AND s.stream_id = e.stream_id))
    ORDER BY e.position LIMIT p_limit
$$;

-- What destroy_rows() would destroy: for whoever folds it before it goes.
CREATE FUNCTION due_events(
    p_log_id integer, p_class text, p_time timestamptz, p_cutoff timestamptz, p_from bigint, p_limit integer
) RETURNS SETOF events LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT e.* FROM retention_rules(p_log_id) AS r
    CROSS JOIN LATERAL expired_events(
        p_log_id, p_class, p_time, least(p_cutoff, retention_cutoff(p_time, r.maximum)), p_from, p_limit) AS e
    WHERE r.class = p_class ORDER BY e.position
$$;

-- In slices, as what a function returns is kept until it is counted.
CREATE FUNCTION count_due(p_log_id integer, p_class text, p_time timestamptz, p_cutoff timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE
    total bigint := 0;
    counted bigint;
    next_position bigint := 0;
BEGIN
    LOOP
        SELECT count(*), max(e.position) + 1 INTO counted, next_position
        FROM due_events(p_log_id, p_class, p_time, p_cutoff, next_position, 65536) AS e;
        total := total + counted;
        EXIT WHEN counted < 65536;
    END LOOP;
    RETURN total;
END $$;

-- What was carried forward last for these accounts.
CREATE FUNCTION carried_events(p_log_id integer, p_tenants uuid[], p_streams text[]) RETURNS SETOF events
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT e.*
    FROM (SELECT DISTINCT tenant_id, 'carry-' || substr(stream_id, length('account-') + 1) AS stream_id
          FROM unnest(p_tenants, p_streams) AS a (tenant_id, stream_id) WHERE stream_id LIKE 'account-%') AS asked
    JOIN streams AS s ON s.log_id = p_log_id AND s.tenant_id = asked.tenant_id AND s.stream_id = asked.stream_id
    JOIN events AS e ON e.log_id = p_log_id AND e.class = 'billing' AND e.tenant_id = s.tenant_id
        AND e.stream_id = s.stream_id AND e.version = s.version
$$;

-- The root of the tree (RFC 9162, section 2.1) over leaf hashes, 32 bytes each, one after the other.
CREATE FUNCTION tree_root(p_leaves bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    level bytea := p_leaves;
    nodes integer := octet_length(p_leaves) / 32;
BEGIN
    WHILE nodes > 1 LOOP
        -- A node without a sibling moves up as it is.
        level := (SELECT string_agg(sha256('\x01'::bytea || substr(level, 64 * i + 1, 64)), ''::bytea)
                  FROM generate_series(0, nodes / 2 - 1) AS i)
            || substr(level, 64 * (nodes / 2) + 1);
        nodes := (nodes + 1) / 2;
    END LOOP;
    RETURN level;
END $$;

-- Keeps the hash of a certificate: the caller appends it in the same transaction, as it is.
CREATE FUNCTION note_erasure(
    p_log_id integer, p_class text, p_time timestamptz, p_part text, p_carries text[], p_first bigint, p_last bigint,
    p_count bigint, p_certificate text, p_versions bigint[]
) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    INSERT INTO erasures (log_id, ordinal, class, evaluated_at, policy_version, hold_version, first_position,
                          last_position, count, part, carries, certificate)
    SELECT p_log_id, coalesce(max(e.ordinal), 0) + 1, p_class, p_time, p_versions[1], p_versions[2], p_first, p_last,
           p_count, p_part, p_carries, sha256(convert_to(p_certificate, 'UTF8'))
    FROM erasures AS e WHERE e.log_id = p_log_id AND e.xact = pg_current_xact_id() AND e.made_at = now();
$$;

-- Writes the certificate of a sweep. Its positions are a bitmap from "first" on, the highest bit of a byte first.
CREATE FUNCTION certify(
    p_log_id integer, p_class text, p_time timestamptz, p_cutoff timestamptz, p_policy bigint, p_part text,
    p_carries text[], p_first bigint, p_last bigint, p_count bigint, p_bits text, p_leaves bytea, p_versions bigint[]
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE
    body text := format(
        '{"basis":"policy","bits":"%s","class":"%s","count":"%s","cutoff":"%s","first":"%s","policy":"%s","root":"%s"}',
        -- Without the length that stands before the bits.
        replace(encode(substr(varbit_send(p_bits::varbit), 5), 'base64'), E'\n', ''), p_class, p_count,
        to_char(p_cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), p_first, p_policy,
        replace(encode(tree_root(p_leaves), 'base64'), E'\n', ''));
BEGIN
    PERFORM note_erasure(p_log_id, p_class, p_time, p_part, p_carries, p_first, p_last, p_count, body, p_versions);
    RETURN body;
END $$;

-- Only what this transaction is going to certify may go.
CREATE FUNCTION refuse_erasure() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT FROM erasures AS e
        WHERE e.log_id = OLD.log_id AND e.xact = pg_current_xact_id_if_assigned() AND e.made_at = now()
            AND e.class = OLD.class AND OLD.position BETWEEN e.first_position AND e.last_position)
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the log is append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
DROP TRIGGER events_append_only ON events;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_erasure();

-- The commit of an erasure: its certificate is in the log, the policy and the holds are those it was decided by.
CREATE FUNCTION require_certificate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE
    head heads;
    total bigint;
    found text;
BEGIN
    SELECT * INTO head FROM heads WHERE log_id = NEW.log_id;
    SELECT count(*) INTO total FROM erasures
    WHERE log_id = NEW.log_id AND xact = NEW.xact AND made_at = NEW.made_at;
    SELECT e.data INTO found FROM events AS e
    WHERE e.log_id = NEW.log_id AND e.class = 'system' AND e.recorded_at = head.recorded_at
        AND e.position = head.size - total + NEW.ordinal - 1 AND e.tenant_id = system_tenant()
        AND e.stream_id = 'sweep' AND e.type = 'retention.swept';
    IF found IS NULL OR sha256(convert_to(found, 'UTF8')) <> NEW.certificate THEN
        RAISE EXCEPTION 'events go only together with their certificate' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF head.recorded_at < NEW.evaluated_at OR head.recorded_at > clock_timestamp() + interval '1 hour' THEN
        RAISE EXCEPTION 'the certificate is of another time than the erasure'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF stream_version(NEW.log_id, 'policy') <> NEW.policy_version
        OR stream_version(NEW.log_id, 'hold') <> NEW.hold_version
    THEN
        RAISE EXCEPTION 'policy or holds have changed meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
    IF EXISTS (
        SELECT FROM unnest(NEW.carries) AS carry
        WHERE NOT EXISTS (
            SELECT FROM events AS e
            WHERE e.log_id = NEW.log_id AND e.class = 'billing' AND e.recorded_at = head.recorded_at
                AND e.type = 'credit.carried'
                AND carry = format('%s %s %s', e.tenant_id, 'account-' || substr(e.stream_id, length('carry-') + 1),
                                   e.data::jsonb ->> 'version')))
    THEN
        RAISE EXCEPTION 'the balance of an account is not carried forward'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF to_regclass('zentriq.' || quote_ident(NEW.part)) IS NOT NULL THEN
        RAISE EXCEPTION 'partition % was certified and is still there', NEW.part
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER erasures_certified AFTER INSERT ON erasures DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION require_certificate();

-- Keeps the projections of a class from taking anything, until this transaction ends: what they would have read of rows that
-- go with it, they read again. To be called before what they have of these rows is deleted.
CREATE FUNCTION stop_projections(p_log_id integer, p_class text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    -- A new generation is begun under the lock of the active one: the second look finds all that there are.
    FOR look IN 1..2 LOOP
        PERFORM FROM projections AS p
        WHERE p.log_id = p_log_id AND p.name = CASE p_class
            WHEN 'capture' THEN 'capture_history' WHEN 'billing' THEN 'credit_statement'
            WHEN 'access' THEN 'privacy_requests' END
        ORDER BY p.generation FOR UPDATE;
    END LOOP;
END $$;

-- Destroys rows that this transaction has certified, and what the projections have of them.
CREATE FUNCTION destroy_certified(
    p_log_id integer, p_class text, p_positions bigint[], p_tenants uuid[], p_streams text[], p_oldest timestamptz,
    p_newest timestamptz
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    gone bigint;
BEGIN
    DELETE FROM events AS e
    USING unnest(p_positions) AS due (place)
    WHERE e.log_id = p_log_id AND e.class = p_class AND e.position = due.place
        AND e.recorded_at >= p_oldest AND e.recorded_at <= p_newest;
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone <> cardinality(p_positions) THEN
        RAISE EXCEPTION 'rows were destroyed meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
    PERFORM stop_projections(p_log_id, p_class);
    IF p_class = 'capture' THEN
        DELETE FROM capture_history AS c
        USING unnest(p_tenants, p_streams, p_positions) AS due (tenant_id, stream_id, "position")
        WHERE c.log_id = p_log_id AND c.tenant_id = due.tenant_id AND c.position = due.position
            AND c.product = substr(due.stream_id, length('capture-') + 1);
    ELSIF p_class = 'billing' THEN
        DELETE FROM credit_statement AS c
        USING unnest(p_tenants, p_streams, p_positions) AS due (tenant_id, stream_id, "position")
        WHERE c.log_id = p_log_id AND c.tenant_id = due.tenant_id AND c.position = due.position
            AND c.product = substr(due.stream_id, length('account-') + 1);
    ELSIF p_class = 'access' THEN
        DELETE FROM privacy_requests AS p
        USING unnest(p_tenants, p_positions) AS due (tenant_id, "position")
        WHERE p.log_id = p_log_id AND p.tenant_id = due.tenant_id AND p.position = due.position;
    END IF;
END $$;

-- Destroys the oldest rows of a class that are due, up to a number, and gives their certificate: no row if none is due.
-- What the projections have of them goes with them.
CREATE FUNCTION destroy_rows(
    p_log_id integer, p_class text, p_time timestamptz, p_cutoff timestamptz, p_from bigint, p_limit integer
) RETURNS TABLE (certificate text, first_position bigint, last_position bigint, count bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    versions bigint[];
    rule record;
    cutoff timestamptz;
    chosen record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('zentriq.erasure'), p_log_id);
    versions := register_versions(p_log_id);
    SELECT r.position, r.maximum INTO rule FROM retention_rules(p_log_id) AS r WHERE r.class = p_class;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    cutoff := least(p_cutoff, retention_cutoff(p_time, rule.maximum));
    SELECT array_agg(e.position) AS positions, min(e.recorded_at) AS oldest, max(e.recorded_at) AS newest,
           string_agg(repeat('0', e.gap) || '1', '') AS bits,
           string_agg(sha256('\x00'::bytea || e.commitment), ''::bytea) AS leaves,
           array_agg(e.tenant_id) AS tenants, array_agg(e.stream_id) AS streams, array_agg(e.version) AS versions
    INTO chosen
    FROM (SELECT due.*, due.position - min(due.position) OVER () AS distance,
                 (due.position - lag(due.position, 1, due.position - 1) OVER (ORDER BY due.position) - 1)::integer AS gap
          FROM expired_events(p_log_id, p_class, p_time, cutoff, p_from, least(p_limit, 65536)) AS due
          ORDER BY due.position) AS e
    WHERE e.distance < 1048576;
    IF chosen.positions IS NULL THEN
        RETURN;
    END IF;
    first_position := chosen.positions[1];
    last_position := chosen.positions[cardinality(chosen.positions)];
    count := cardinality(chosen.positions);
    certificate := certify(
        p_log_id, p_class, p_time, cutoff, rule.position, NULL,
        ARRAY(SELECT format('%s %s %s', tenant_id, stream_id, max(version))
              FROM unnest(chosen.tenants, chosen.streams, chosen.versions) AS c (tenant_id, stream_id, version)
              WHERE stream_id LIKE 'account-%' GROUP BY tenant_id, stream_id),
        first_position, last_position, count, chosen.bits, chosen.leaves, versions);
    PERFORM destroy_certified(
        p_log_id, p_class, chosen.positions, chosen.tenants, chosen.streams, chosen.oldest, chosen.newest);
    RETURN NEXT;
END $$;

-- The oldest partition of a class that is due as a whole, which no hold and no other log has a part in: certificates for
-- all of its rows, in order. To be followed by their append and by drop_certified(). No row if there is no such
-- partition. Nobody can put a row into it from here on.
CREATE FUNCTION certify_partition(p_log_id integer, p_class text, p_time timestamptz, p_cutoff timestamptz)
RETURNS TABLE (certificate text, first_position bigint, last_position bigint, count bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp SET timezone = 'UTC' SET work_mem = '128MB' SET jit = off
SET enable_seqscan = off AS $$
DECLARE
    versions bigint[];
    rule record;
    cutoff timestamptz;
    name text;
    month timestamptz;
    next_position bigint;
    rows record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('zentriq.erasure'), p_log_id);
    versions := register_versions(p_log_id);
    SELECT r.position, r.maximum INTO rule FROM retention_rules(p_log_id) AS r WHERE r.class = p_class;
    -- What was folded from a billing row has to be carried forward, account by account.
    IF NOT FOUND OR p_class = 'billing' THEN
        RETURN;
    END IF;
    cutoff := least(p_cutoff, retention_cutoff(p_time, rule.maximum));
    FOR name IN
        SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = to_regclass('zentriq.events_' || quote_ident(p_class))
        ORDER BY c.relname COLLATE "C"
    LOOP
        month := to_date(right(name, 7), 'YYYY_MM');
        EXIT WHEN month + interval '1 month' > cutoff;
        CONTINUE WHEN EXISTS (
            SELECT FROM holds_in_force(p_log_id, p_time) AS h
            WHERE (h.class IS NULL OR h.class = p_class)
                AND (h.from_time IS NULL OR h.from_time < month + interval '1 month')
                AND (h.to_time IS NULL OR h.to_time > month));
        EXECUTE format('LOCK TABLE %I IN SHARE MODE', name);
        EXECUTE format('SELECT (SELECT min(log_id) = $1 AND max(log_id) = $1 FROM %I) AS own,
                               (SELECT max(position) FROM %1$I WHERE log_id = $1) AS last', name)
            INTO rows USING p_log_id;
        CONTINUE WHEN rows.own IS NOT TRUE OR rows.last >= covered_size(p_log_id);
        next_position := 0;
        LOOP
            EXECUTE format('
                SELECT min(position) AS first, max(position) AS last, count(*) AS count,
                       string_agg(repeat(''0'', gap) || ''1'', '''') AS bits,
                       string_agg(sha256(''\x00''::bytea || commitment), ''''::bytea) AS leaves
                FROM (SELECT position, commitment,
                             (position - lag(position, 1, position - 1) OVER (ORDER BY position) - 1)::integer AS gap
                      FROM %I WHERE log_id = $1 AND position >= $2
                          AND position < 1048576 + (SELECT min(position) FROM %1$I WHERE log_id = $1 AND position >= $2)
                      ORDER BY position) AS ordered', name)
                INTO rows USING p_log_id, next_position;
            EXIT WHEN rows.count = 0;
            first_position := rows.first;
            last_position := rows.last;
            count := rows.count;
            certificate := certify(
                p_log_id, p_class, p_time, cutoff, rule.position, name, '{}', rows.first, rows.last, rows.count,
                rows.bits, rows.leaves, versions);
            next_position := last_position + 1;
            RETURN NEXT;
        END LOOP;
        PERFORM stop_projections(p_log_id, p_class);
        IF p_class = 'capture' THEN
            DELETE FROM capture_history AS c
            WHERE c.log_id = p_log_id AND c.recorded_at >= month AND c.recorded_at < month + interval '1 month';
        ELSIF p_class = 'access' THEN
            DELETE FROM privacy_requests AS p
            WHERE p.log_id = p_log_id AND p.recorded_at >= month AND p.recorded_at < month + interval '1 month';
        END IF;
        RETURN;
    END LOOP;
END $$;

-- Drops the partition that this transaction has certified. To be called last: from here to the commit, nobody reads or
-- appends to the class. Gives up soon if somebody is reading it.
CREATE FUNCTION drop_certified(p_log_id integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp SET lock_timeout = '50ms' AS $$
DECLARE name text;
BEGIN
    FOR name IN
        SELECT DISTINCT part FROM erasures
        WHERE log_id = p_log_id AND xact = pg_current_xact_id() AND made_at = now() AND part IS NOT NULL
    LOOP
        EXECUTE format('DROP TABLE %I', name);
    END LOOP;
END $$;

-- Drops the partitions of a class that are due as a whole and have no rows left. Returns how many.
CREATE FUNCTION drop_empty_partitions(p_log_id integer, p_class text, p_time timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp SET timezone = 'UTC' SET lock_timeout = '50ms' AS $$
DECLARE
    cutoff timestamptz;
    name text;
    filled boolean;
    dropped integer := 0;
BEGIN
    SELECT retention_cutoff(least(p_time, clock_timestamp()), r.maximum) INTO cutoff
    FROM retention_rules(p_log_id) AS r WHERE r.class = p_class;
    FOR name IN
        SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = to_regclass('zentriq.events_' || quote_ident(p_class))
            AND to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= cutoff
        ORDER BY c.relname COLLATE "C"
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
        CONTINUE WHEN filled;
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', name);
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
        CONTINUE WHEN filled;
        EXECUTE format('DROP TABLE %I', name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;

-- Whether an append holds only what this role may append: of retention, the certificates of what this transaction destroys,
-- and what they carry forward; of the recorder, what staff does. The gateway appends for everybody else, and is not asked.
CREATE FUNCTION may_append(
    p_role name, p_log_id integer, e_class text[], e_tenant uuid[], e_stream text[], e_type text[], o_key bytea[]
) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    CASE p_role
        WHEN 'zentriq_retention' THEN
            RETURN cardinality(o_key) = 0
                AND EXISTS (SELECT FROM erasures AS e WHERE e.log_id = p_log_id
                                AND e.xact = pg_current_xact_id_if_assigned() AND e.made_at = now())
                AND NOT EXISTS (
                    SELECT FROM unnest(e_class, e_stream, e_type) AS e (class, stream_id, type)
                    WHERE (class, stream_id, type) IS DISTINCT FROM ('system', 'sweep', 'retention.swept')
                        AND NOT (class = 'billing' AND stream_id LIKE 'carry-%' AND type = 'credit.carried'));
        WHEN 'zentriq_recorder' THEN
            RETURN cardinality(o_key) = 0
                AND NOT EXISTS (
                    SELECT FROM unnest(e_class, e_tenant, e_stream) AS e (class, tenant_id, stream_id)
                    WHERE (class, tenant_id) IS DISTINCT FROM ('access', system_tenant())
                        OR (stream_id = 'alert' OR stream_id LIKE 'session-%') IS NOT TRUE);
        ELSE
            RETURN pg_has_role(p_role, 'zentriq_owner', 'MEMBER');
    END CASE;
END $$;

-- What is due by a day (exclusive), by class, tenant and the day from which it is due; and how much of it is held.
CREATE FUNCTION retention_schedule(p_log_id integer, p_time timestamptz, p_until timestamptz)
RETURNS TABLE (class text, tenant_id uuid, due_on date, count bigint, held bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp SET timezone = 'UTC'
SET plan_cache_mode = force_custom_plan SET jit = off AS $$
    WITH rules AS MATERIALIZED (
        SELECT rule.class, rule.maximum, retention_cutoff(p_until, rule.maximum) AS cutoff
        FROM retention_rules(p_log_id) AS rule)
    SELECT r.class, d.tenant_id, (d.day + r.maximum)::date + 1, sum(d.count)::bigint, sum(d.held)::bigint
    FROM rules AS r CROSS JOIN LATERAL (
        SELECT e.tenant_id, e.recorded_at::date AS day, count(*),
               count(*) FILTER (WHERE EXISTS (
                   SELECT FROM holds_in_force(p_log_id, p_time) AS h
                   WHERE covers(h.tenant_id, h.subject, h.stream_id, h.class, h.from_time, h.to_time,
                                e.tenant_id, e.actor, e.stream_id, e.class, e.recorded_at))) AS held
        FROM events AS e
        WHERE e.class = r.class AND e.log_id = p_log_id AND e.recorded_at < r.cutoff
            AND (e.type <> 'credit.carried' OR e.version < (
                SELECT s.version FROM streams AS s
                WHERE s.log_id = e.log_id AND s.tenant_id = e.tenant_id AND s.stream_id = e.stream_id))
        GROUP BY 1, 2) AS d
    GROUP BY 1, 2, 3 ORDER BY 1, 3, 2
$$;

-- Whether an event was here once, whoever's, and is no more.
CREATE FUNCTION is_erased(p_log_id integer, p_position bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT EXISTS (SELECT FROM heads WHERE log_id = p_log_id AND p_position >= 0 AND p_position < size)
        AND NOT EXISTS (SELECT FROM events WHERE log_id = p_log_id AND position = p_position)
$$;

-- How many events of these positions are no more.
CREATE FUNCTION count_erased(p_log_id integer, p_from bigint, p_to bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM erasures WHERE log_id = p_log_id AND last_position >= p_from
                                 AND first_position < p_to)
        THEN p_to - p_from - (SELECT count(*) FROM events
                              WHERE log_id = p_log_id AND position >= p_from AND position < p_to)
        ELSE 0 END
$$;

GRANT SELECT ON erasures TO zentriq_auditor;
REVOKE ALL ON FUNCTION take_lease, take_sweep_lease, end_sweep_lease, system_tenant, retention_cutoff, retention_rules,
    holds_in_force, covers, stream_version, register_versions, covered_size, stop_projections, destroy_certified,
    expired_events, due_events, count_due, carried_events, tree_root, note_erasure, certify, refuse_erasure,
    require_certificate, destroy_rows, certify_partition, drop_certified, drop_empty_partitions, may_append,
    retention_schedule, is_erased, count_erased FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_sweep_lease, end_sweep_lease, due_events, count_due, carried_events, destroy_rows,
    certify_partition, drop_certified, drop_empty_partitions, append, lock_head, load_streams, ensure_partitions
    TO zentriq_retention;
GRANT EXECUTE ON FUNCTION retention_schedule, is_erased, count_erased TO zentriq_gateway, zentriq_auditor;
