-- Reading the log by time: recorded_at never goes back as positions grow, so a time is a position.
SET LOCAL search_path = zentriq, pg_temp;

-- The first position whose event was recorded at that time or later; the log's size if there is none. Halves the log
-- until it is found, by key, so that no index on the time has to be kept by every append. Runs with the owner's rights
-- so that a service that sees one tenant at a time need not look for that tenant's next event; what it tells is a
-- number between two sizes of the log.
CREATE FUNCTION position_at(p_log_id integer, p_time timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = zentriq, pg_temp SET enable_seqscan = off AS $$
DECLARE
    low bigint := 0;
    high bigint;
    middle bigint;
    found_position bigint;
    found_time timestamptz;
BEGIN
    SELECT size INTO high FROM heads WHERE log_id = p_log_id;
    WHILE low < high LOOP
        middle := low + (high - low) / 2;
        SELECT e.position, e.recorded_at INTO found_position, found_time FROM events AS e
        WHERE e.log_id = p_log_id AND e.position >= middle AND e.position < high ORDER BY e.position LIMIT 1;
        IF NOT FOUND OR found_time >= p_time THEN
            high := middle;
        ELSE
            low := found_position + 1;
        END IF;
    END LOOP;
    RETURN high;
END $$;

REVOKE ALL ON FUNCTION position_at FROM PUBLIC;
GRANT EXECUTE ON FUNCTION position_at TO zentriq_gateway, zentriq_auditor;
