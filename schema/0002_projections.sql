-- Asynchronous projections: rows that can be thrown away and made again from the log. Several generations of one
-- projection may exist; the gateway reads the active one, a rebuild fills the next beside it.
SET LOCAL search_path = zentriq, pg_temp;

CREATE TABLE projections (
    log_id        integer     NOT NULL REFERENCES logs,
    name          text        NOT NULL COLLATE "C",
    generation    integer     NOT NULL,
    active        boolean     NOT NULL DEFAULT false,
    next_position bigint      NOT NULL DEFAULT 0,        -- everything before it is in
    recorded_at   timestamptz NOT NULL DEFAULT 'epoch',  -- of the last event that is in
    PRIMARY KEY (log_id, name, generation)
);
CREATE UNIQUE INDEX projections_active ON projections (log_id, name) WHERE active;

-- Events that a projection could not take, with the reason: visible until a rebuild takes them.
CREATE TABLE parked_events (
    log_id     integer     NOT NULL,
    name       text        NOT NULL COLLATE "C",
    generation integer     NOT NULL,
    position   bigint      NOT NULL,
    reason     text        NOT NULL,
    parked_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log_id, name, generation, position),
    FOREIGN KEY (log_id, name, generation) REFERENCES projections ON DELETE CASCADE
);

-- The captures of an account: where they stand in the log. What was captured is read from there, so that it is kept
-- nowhere in the clear, and once. The tenant leads the key: most comparisons on the way down its index end there.
CREATE TABLE capture_history (
    log_id      integer     NOT NULL,
    generation  integer     NOT NULL,
    tenant_id   uuid        NOT NULL,
    product     text        NOT NULL COLLATE "C",
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, product, position, generation, log_id)
);
-- Rows lie in the order of their time: a month of them is found by where it begins and ends.
CREATE INDEX capture_history_time ON capture_history USING brin (recorded_at) WITH (autosummarize = on);

CREATE TABLE credit_statement (
    log_id      integer     NOT NULL,
    generation  integer     NOT NULL,
    tenant_id   uuid        NOT NULL,
    product     text        NOT NULL COLLATE "C",
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    kind        text        NOT NULL,
    units       bigint      NOT NULL,
    change      bigint      NOT NULL,  -- of the balance; a hold changes nothing yet
    balance     bigint      NOT NULL CHECK (balance >= 0),
    reference   text,
    PRIMARY KEY (tenant_id, product, position, generation, log_id)
);

SELECT protect_rows('{capture_history,credit_statement}', 'SELECT');
CREATE POLICY projector_all ON capture_history TO zentriq_projector USING (true) WITH CHECK (true);
CREATE POLICY projector_all ON credit_statement TO zentriq_projector USING (true) WITH CHECK (true);
CREATE POLICY read_all ON capture_history FOR SELECT TO zentriq_auditor USING (true);
CREATE POLICY read_all ON credit_statement FOR SELECT TO zentriq_auditor USING (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON projections, parked_events TO zentriq_projector;
GRANT SELECT, INSERT, DELETE ON capture_history, credit_statement TO zentriq_projector;
GRANT SELECT ON projections, parked_events, capture_history, credit_statement TO zentriq_gateway, zentriq_auditor;
