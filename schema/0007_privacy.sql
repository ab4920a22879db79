-- What people asked of their data, for those who answer it: a row for each event, so that a row goes with its event.
SET LOCAL search_path = zentriq, pg_temp;

CREATE TABLE privacy_requests (
    log_id      integer     NOT NULL,
    generation  integer     NOT NULL,
    tenant_id   uuid        NOT NULL,
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    request_id  uuid        NOT NULL,
    subject     uuid        NOT NULL,  -- handle
    step        text        NOT NULL COLLATE "C",  -- requested, fulfilled, refused
    kind        text,                  -- of what was requested, as are the next three
    channel     text,
    received_at timestamptz,
    due         timestamptz,
    reason      text,                  -- of what was refused
    PRIMARY KEY (tenant_id, position, generation, log_id),
    CHECK (step IN ('requested', 'fulfilled', 'refused')),
    CHECK ((step = 'requested') = (kind IS NOT NULL AND channel IS NOT NULL AND received_at IS NOT NULL
                                   AND due IS NOT NULL)),
    CHECK ((step = 'refused') = (reason IS NOT NULL))
);
CREATE INDEX privacy_requests_steps ON privacy_requests (request_id, tenant_id);

SELECT protect_rows('{privacy_requests}');
CREATE POLICY projector_all ON privacy_requests TO zentriq_projector USING (true) WITH CHECK (true);
CREATE POLICY read_all ON privacy_requests FOR SELECT TO zentriq_auditor USING (true);

-- People read their own requests from their own stream; whoever answers them reads across tenants, as an auditor does.
GRANT SELECT, INSERT, DELETE ON privacy_requests TO zentriq_projector;
GRANT SELECT ON privacy_requests TO zentriq_auditor;
