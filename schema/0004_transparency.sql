-- The tree in tiles (C2SP tlog-tiles), the keys that signed it, and what others have seen of it.
SET LOCAL search_path = zentriq, pg_temp;

-- The entries of 256 positions, in order: 8,192 bytes. They outlive the rows they were taken from.
CREATE TABLE bundles (
    log_id  integer NOT NULL,
    index   bigint  NOT NULL,
    entries bytea   NOT NULL CHECK (octet_length(entries) = 8192),
    PRIMARY KEY (log_id, index)
);
ALTER TABLE bundles ALTER COLUMN entries SET STORAGE EXTERNAL;  -- hashes don't compress

-- Roots of the full subtrees of 256, 65,536, … entries: what the hash tiles above the lowest level consist of.
CREATE TABLE subtrees (
    log_id integer  NOT NULL,
    level  smallint NOT NULL CHECK (level BETWEEN 1 AND 7),
    index  bigint   NOT NULL,
    hash   bytea    NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (log_id, level, index)
);

-- A key of the log was followed by another: the checkpoint of that moment, signed with both.
CREATE TABLE handovers (
    log_id     integer     NOT NULL REFERENCES logs,
    number     integer     NOT NULL,
    size       bigint      NOT NULL,
    old_signer text        NOT NULL,
    new_signer text        NOT NULL,
    checkpoint text        NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log_id, number)
);

-- The newest cosignature of each witness, with the checkpoint it stands under.
CREATE TABLE cosignatures (
    log_id     integer     NOT NULL REFERENCES logs,
    witness    text        NOT NULL,  -- verifier key
    size       bigint      NOT NULL,
    checkpoint text        NOT NULL,  -- the log's signature, and the witness's
    seen_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log_id, witness)
);

-- Bundles and subtrees follow each other without gaps; the same call twice changes nothing.
CREATE FUNCTION add_bundles(p_log_id integer, p_first bigint, p_entries bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    IF p_first > (SELECT coalesce(max(index) + 1, 0) FROM bundles WHERE log_id = p_log_id) THEN
        RAISE EXCEPTION 'bundles have no gaps' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO bundles (log_id, index, entries)
    SELECT p_log_id, p_first + b.ordinal - 1, b.entries FROM unnest(p_entries) WITH ORDINALITY AS b (entries, ordinal)
    ON CONFLICT DO NOTHING;
END $$;
CREATE FUNCTION add_subtrees(p_log_id integer, p_level smallint, p_first bigint, p_hashes bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    IF p_first > (SELECT coalesce(max(index) + 1, 0) FROM subtrees WHERE log_id = p_log_id AND level = p_level) THEN
        RAISE EXCEPTION 'subtrees have no gaps' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO subtrees (log_id, level, index, hash)
    SELECT p_log_id, p_level, p_first + s.ordinal - 1, s.hash FROM unnest(p_hashes) WITH ORDINALITY AS s (hash, ordinal)
    ON CONFLICT DO NOTHING;
END $$;

-- What a client needs of the rows beyond the last full bundle, or behind a builder that lags: commitments, of no use
-- to anyone who doesn't know salt and event.
CREATE FUNCTION commitments(p_log_id integer, p_from bigint, p_to bigint)
RETURNS TABLE ("position" bigint, commitment bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT e.position, e.commitment FROM events AS e
    WHERE e.log_id = p_log_id AND e.position >= p_from AND e.position < p_to ORDER BY e.position
$$;

CREATE FUNCTION add_cosignature(p_log_id integer, p_witness text, p_size bigint, p_checkpoint text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    INSERT INTO cosignatures AS known (log_id, witness, size, checkpoint)
    VALUES (p_log_id, p_witness, p_size, p_checkpoint)
    ON CONFLICT (log_id, witness) DO UPDATE
        SET size = excluded.size, checkpoint = excluded.checkpoint, seen_at = excluded.seen_at
        WHERE known.size <= excluded.size
$$;

-- From now on the new key signs, and the old one no more: an append of a service that still has it is refused, what it
-- has under way too. For the owner alone. Returns false if the head has moved on.
CREATE FUNCTION hand_over(p_log_id integer, p_size bigint, p_old text, p_new text, p_checkpoint text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
BEGIN
    UPDATE heads SET signer = p_new, checkpoint = p_checkpoint, epoch = epoch + 1
    WHERE log_id = p_log_id AND size = p_size AND signer = p_old;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO handovers (log_id, number, size, old_signer, new_signer, checkpoint)
    SELECT p_log_id, coalesce(max(number), 0) + 1, p_size, p_old, p_new, p_checkpoint
    FROM handovers WHERE log_id = p_log_id;
    RETURN true;
END $$;

CREATE TRIGGER handovers_append_only BEFORE UPDATE OR DELETE ON handovers
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER handovers_no_truncate BEFORE TRUNCATE ON handovers EXECUTE FUNCTION refuse_change();

-- The projector builds, the gateway serves.
GRANT SELECT ON bundles, subtrees, handovers, cosignatures TO zentriq_gateway, zentriq_projector, zentriq_auditor;
REVOKE ALL ON FUNCTION add_bundles, add_subtrees, commitments, add_cosignature, hand_over FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_bundles, add_subtrees TO zentriq_projector;
GRANT EXECUTE ON FUNCTION commitments TO zentriq_gateway, zentriq_projector, zentriq_auditor;
GRANT EXECUTE ON FUNCTION add_cosignature TO zentriq_gateway;
