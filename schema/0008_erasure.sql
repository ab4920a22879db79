-- Erasure at somebody's request: their rows go before their time, with a certificate that names the request.
SET LOCAL search_path = zentriq, pg_temp;

-- Whom a request names: a person, or without one all of a tenant. No row if the position is of no request.
CREATE FUNCTION requested(p_log_id integer, p_request bigint) RETURNS TABLE (tenant_id uuid, subject uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT (e.data::jsonb ->> 'tenant_id')::uuid, (e.data::jsonb ->> 'subject')::uuid FROM events AS e
    WHERE e.log_id = p_log_id AND e.class = 'system' AND e.position = p_request AND e.type = 'erasure.begun'
        AND e.tenant_id = system_tenant()
$$;

-- The rows of a class that a request names: its person's, or its tenant's; up to a number, if one is given. "covered": the
-- entry stands in a bundle; "held": a legal hold covers it; erasable is what is covered and not held. In the order of the
-- streams' index, which finds them without a look at those that come after.
CREATE FUNCTION requested_events(
    p_log_id integer, p_class text, p_time timestamptz, p_request bigint, p_only_erasable boolean, p_limit integer
) RETURNS TABLE ("position" bigint, recorded_at timestamptz, commitment bytea, tenant_id uuid, stream_id text,
                 covered boolean, held boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp SET plan_cache_mode = force_custom_plan
SET enable_sort = off AS $$
DECLARE
    asked record;
    size bigint := covered_size(p_log_id);
BEGIN
    SELECT * INTO asked FROM requested(p_log_id, p_request);
    IF asked.tenant_id IS NULL OR p_class NOT IN ('capture', 'account') THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT e.position, e.recorded_at, e.commitment, e.tenant_id, e.stream_id, e.position < size, hold.held
    FROM events AS e
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM holds_in_force(p_log_id, p_time) AS h
            WHERE covers(h.tenant_id, h.subject, h.stream_id, h.class, h.from_time, h.to_time,
                         e.tenant_id, e.actor, e.stream_id, e.class, e.recorded_at)) AS held
        OFFSET 0) AS hold
    WHERE e.log_id = p_log_id AND e.class = p_class AND e.tenant_id = asked.tenant_id
        -- Streams named after a person are theirs as a whole, whoever wrote into them.
        AND (asked.subject IS NULL OR e.stream_id IN ('subject-' || asked.subject, 'restriction-' || asked.subject)
             OR (e.actor = asked.subject AND p_class = 'capture'))
        AND (NOT p_only_erasable OR (e.position < size AND NOT hold.held))
    ORDER BY e.stream_id, e.version LIMIT p_limit;
END $$;

CREATE FUNCTION remaining_requested(p_log_id integer, p_class text, p_time timestamptz, p_request bigint)
RETURNS TABLE (erasable bigint, uncovered bigint, held bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT count(*) FILTER (WHERE e.covered AND NOT e.held), count(*) FILTER (WHERE NOT e.covered AND NOT e.held),
           count(*) FILTER (WHERE e.held)
    FROM requested_events(p_log_id, p_class, p_time, p_request, false, NULL) AS e
$$;

-- Destroys such rows, up to a number, and gives their certificate: no row if none can go.
CREATE FUNCTION destroy_requested(p_log_id integer, p_class text, p_time timestamptz, p_request bigint, p_limit integer)
RETURNS TABLE (certificate text, first_position bigint, last_position bigint, count bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    versions bigint[];
    chosen record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('zentriq.erasure'), p_log_id);
    versions := register_versions(p_log_id);
    SELECT array_agg(e.position) AS positions, min(e.recorded_at) AS oldest, max(e.recorded_at) AS newest,
           string_agg('"' || e.position || '"', ',') AS list,
           string_agg(sha256('\x00'::bytea || e.commitment), ''::bytea) AS leaves,
           array_agg(e.tenant_id) AS tenants, array_agg(e.stream_id) AS streams
    INTO chosen
    FROM (SELECT * FROM requested_events(p_log_id, p_class, p_time, p_request, true, least(p_limit, 4096)) AS r
          ORDER BY r.position) AS e;
    IF chosen.positions IS NULL THEN
        RETURN;
    END IF;
    first_position := chosen.positions[1];
    last_position := chosen.positions[cardinality(chosen.positions)];
    count := cardinality(chosen.positions);
    certificate := format(
        '{"basis":"request","class":"%s","count":"%s","positions":[%s],"request":"%s","root":"%s"}',
        p_class, count, chosen.list, p_request,
        replace(encode(tree_root(chosen.leaves), 'base64'), E'\n', ''));
    PERFORM note_erasure(
        p_log_id, p_class, p_time, NULL, '{}', first_position, last_position, count, certificate, versions);
    PERFORM destroy_certified(
        p_log_id, p_class, chosen.positions, chosen.tenants, chosen.streams, chosen.oldest, chosen.newest);
    RETURN NEXT;
END $$;

-- People of a tenant whose key was not destroyed yet.
CREATE FUNCTION people_of(p_log_id integer, p_tenant uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT subject FROM subject_keys WHERE log_id = p_log_id AND tenant_id = p_tenant AND wrapped IS NOT NULL
$$;

-- Destroys the key of a person whom a request names, and who stands behind the handle: forget_subject(). Refused if a legal
-- hold may cover anything that the request names; none can come in between, as it takes an append. Like there, false if
-- there is no such key any more.
CREATE FUNCTION destroy_subject_key(p_log_id integer, p_request bigint, p_subject uuid, p_time timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE
    asked record;
BEGIN
    PERFORM FROM heads WHERE log_id = p_log_id FOR UPDATE;
    SELECT * INTO asked FROM requested(p_log_id, p_request);
    IF asked.tenant_id IS NULL OR asked.subject <> p_subject THEN
        RAISE EXCEPTION 'nobody has asked for the erasure of this person' USING ERRCODE = 'no_data_found';
    END IF;
    IF EXISTS (
        -- No time of the caller's own lets a hold run out.
        SELECT FROM holds_in_force(p_log_id, least(p_time, clock_timestamp())) AS h
        WHERE (h.tenant_id IS NULL OR h.tenant_id = asked.tenant_id)
            AND (h.subject IS NULL OR asked.subject IS NULL OR h.subject = asked.subject)
            AND (h.class IS NULL OR h.class IN ('capture', 'account')))
    THEN
        RAISE EXCEPTION 'a legal hold covers what the request names'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_hold';
    END IF;
    RETURN forget_subject(p_log_id, asked.tenant_id, p_subject);
END $$;

REVOKE ALL ON FUNCTION requested, requested_events, remaining_requested, destroy_requested, people_of, destroy_subject_key
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION remaining_requested, destroy_requested, people_of, destroy_subject_key TO zentriq_retention;
