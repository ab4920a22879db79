-- The token vault: refresh tokens of people, each sealed under a key of its own. docs/VAULT.md tells the bytes.
SET LOCAL search_path = zentriq, pg_temp;

-- One row for each person and product, with the newest generation of the token and no other: a rotation writes over it,
-- a disconnect deletes it, in the transaction that appends the event.
CREATE TABLE vault_tokens (
    log_id      integer     NOT NULL REFERENCES logs,
    tenant_id   uuid        NOT NULL,
    subject     uuid        NOT NULL,  -- the person's handle
    product     text        NOT NULL COLLATE "C",
    record_id   uuid        NOT NULL,  -- another one whenever the person connects anew
    generation  bigint      NOT NULL CHECK (generation > 0),
    kek_version integer     NOT NULL CHECK (kek_version > 0),
    wrapped     bytea       NOT NULL CHECK (octet_length(wrapped) = 61),
    envelope    bytea       NOT NULL CHECK (octet_length(envelope) BETWEEN 62 AND 16384),
    scopes      text[]      NOT NULL,
    stored_at   timestamptz NOT NULL,
    used_at     timestamptz NOT NULL,
    -- Who may ask the identity provider: whoever has the newest fence, as long as its time has not come.
    fence       bigint      NOT NULL DEFAULT 0,
    busy_until  timestamptz,
    -- What it answered last, sealed, for those who asked at the same time.
    answer      bytea       CHECK (octet_length(answer) BETWEEN 62 AND 32768),
    answered_at timestamptz,
    PRIMARY KEY (log_id, tenant_id, subject, product),
    CHECK ((answer IS NULL) = (answered_at IS NULL))
);
CREATE INDEX vault_tokens_used ON vault_tokens (log_id, used_at);

-- How many leases were asked for in the present window of so many seconds: by a person, and by a tenant as a whole
-- (subject all zeros).
CREATE TABLE vault_leases (
    log_id    integer     NOT NULL REFERENCES logs,
    tenant_id uuid        NOT NULL,
    subject   uuid        NOT NULL,
    seconds   integer     NOT NULL CHECK (seconds > 0),
    since     timestamptz NOT NULL,
    count     bigint      NOT NULL CHECK (count > 0),
    PRIMARY KEY (log_id, tenant_id, subject, seconds)
);

SELECT protect_rows('{vault_tokens,vault_leases}', 'ALL');
GRANT SELECT, INSERT, UPDATE, DELETE ON vault_tokens, vault_leases TO zentriq_gateway;

-- Whose tokens were not used since, of any tenant: names, and nothing of what is in the rows.
CREATE FUNCTION unused_tokens(p_log_id integer, p_before timestamptz, p_limit integer)
RETURNS TABLE (tenant_id uuid, subject uuid, product text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
    SELECT tenant_id, subject, product FROM vault_tokens
    WHERE log_id = p_log_id AND used_at < p_before ORDER BY used_at LIMIT p_limit
$$;

-- Forgets counts whose windows ended long before; returns how many.
CREATE FUNCTION forget_leases(p_log_id integer, p_before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = zentriq, pg_temp AS $$
DECLARE forgotten bigint;
BEGIN
    DELETE FROM vault_leases WHERE log_id = p_log_id AND since < least(p_before, clock_timestamp() + interval '1 hour');
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END $$;

REVOKE ALL ON FUNCTION unused_tokens, forget_leases FROM PUBLIC;
GRANT EXECUTE ON FUNCTION unused_tokens, forget_leases TO zentriq_gateway;
