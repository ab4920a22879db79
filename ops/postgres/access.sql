-- The roles of staff: made for a grant, and gone after it. Run by a superuser in the database, before and after it is
-- migrated alike, through ops/cluster at every start; changes nothing the second time.
--
-- Making roles takes a role that may (CREATEROLE), and whoever may that can, in PostgreSQL 15, alter every role but a
-- superuser. So nobody can log in as zentriq_rolemaker, or become it; it owns the functions below, and they do this and no
-- more. Nobody but a superuser can replace them.

SET check_function_bodies = off;  -- they call what a migration makes
CREATE SCHEMA IF NOT EXISTS zentriq_access;
REVOKE ALL ON SCHEMA zentriq_access FROM PUBLIC;
GRANT USAGE ON SCHEMA zentriq_access TO zentriq_access;

-- What role names of this database begin with: roles belong to all databases of a server.
CREATE OR REPLACE FUNCTION zentriq_access.role_prefix() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'staff_' || lpad(to_hex(oid::bigint), 8, '0') FROM pg_database WHERE datname = current_database()
$$;

-- No role but those of staff is touched here.
CREATE OR REPLACE FUNCTION zentriq_access.require_staff(p_role text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_role !~ '^staff_' THEN
        RAISE EXCEPTION 'that is no role of staff' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

-- Makes the role of an access that was granted, with the password that this verifier (RFC 5803) is of; a role that is there
-- gets the new password. Refused unless the event that grants it is in the log.
CREATE OR REPLACE FUNCTION zentriq_access.open_role(p_access uuid, p_verifier text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    role_name text;
    until timestamptz;
BEGIN
    SELECT a.role_name, a.expires_at INTO role_name, until FROM zentriq.access_to_open(p_access) AS a;
    IF p_verifier !~ '^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$' THEN
        RAISE EXCEPTION 'a verifier is wanted, never a password' USING ERRCODE = 'invalid_parameter_value';
    ELSIF role_name IS NULL OR left(role_name, 14) <> zentriq_access.role_prefix() THEN
        RAISE EXCEPTION 'the role is not named after this database' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
        EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', role_name, p_verifier);
        RETURN role_name;
    END IF;
    EXECUTE format(
        'CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 2
         PASSWORD %L VALID UNTIL %L IN ROLE zentriq_staff', role_name, p_verifier, until);
    EXECUTE format('ALTER ROLE %I SET pgaudit.log = ''all''', role_name);
    -- What pgAudit does not see: statements that fail, and functions called beside SQL.
    EXECUTE format('ALTER ROLE %I SET log_statement = ''all''', role_name);
    EXECUTE format('ALTER ROLE %I SET log_min_error_statement = ''error''', role_name);
    EXECUTE format('ALTER ROLE %I SET log_duration = on', role_name);
    EXECUTE format('ALTER ROLE %I SET search_path = zentriq', role_name);
    EXECUTE format('ALTER ROLE %I SET statement_timeout = ''5min''', role_name);
    EXECUTE format('ALTER ROLE %I SET lock_timeout = ''2s''', role_name);
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''1min''', role_name);
    EXECUTE format('ALTER ROLE %I SET idle_session_timeout = ''10min''', role_name);
    IF (SELECT a.scope FROM zentriq.access_to_open(p_access) AS a) <> 'read-write' THEN
        EXECUTE format('ALTER ROLE %I SET default_transaction_read_only = on', role_name);
    END IF;
    PERFORM zentriq.give_staff_rights(p_access);
    RETURN role_name;
END $$;

-- Roles of staff that there are: of this database, of one that is gone, or named as none of ours is.
CREATE OR REPLACE FUNCTION zentriq_access.roles() RETURNS TABLE (role_name text, is_explained boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.rolname::text, zentriq.explains_staff_role(r.rolname) FROM pg_roles AS r
    WHERE r.rolname ~ '^staff_' AND (
        left(r.rolname, 14) = zentriq_access.role_prefix() OR r.rolname !~ '^staff_[0-9a-f]{24}$'
        OR NOT EXISTS (SELECT FROM pg_database AS d
                       WHERE 'staff_' || lpad(to_hex(d.oid::bigint), 8, '0') = left(r.rolname, 14)))
    ORDER BY r.rolname
$$;

-- The end of a role, step by step, each committed before the next. First nobody logs in any more.
CREATE OR REPLACE FUNCTION zentriq_access.close_role(p_role text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM zentriq_access.require_staff(p_role);
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = p_role) THEN
        EXECUTE format('ALTER ROLE %I NOLOGIN CONNECTION LIMIT 0 PASSWORD NULL', p_role);
    END IF;
END $$;

-- Then whoever is logged in is thrown out. Gives the number of sessions that were there: again, until there are none.
CREATE OR REPLACE FUNCTION zentriq_access.terminate_role(p_role text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM zentriq_access.require_staff(p_role);
    RETURN (SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = p_role);
END $$;

-- Then it loses its rights.
CREATE OR REPLACE FUNCTION zentriq_access.revoke_role(p_role text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM zentriq_access.require_staff(p_role);
    PERFORM zentriq.take_staff_rights(p_role);
END $$;

-- Then it goes, unless somebody is still logged in. It can own nothing that would be in the way.
CREATE OR REPLACE FUNCTION zentriq_access.drop_role(p_role text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM zentriq_access.require_staff(p_role);
    IF EXISTS (SELECT FROM pg_stat_activity WHERE usename = p_role) THEN
        RAISE EXCEPTION 'somebody is still logged in' USING ERRCODE = 'object_in_use';
    END IF;
    EXECUTE format('DROP ROLE IF EXISTS %I', p_role);
END $$;

-- And is gone.
CREATE OR REPLACE FUNCTION zentriq_access.is_role_gone(p_role text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = p_role)
        AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE usename = p_role)
$$;

DO $$
DECLARE made regprocedure;
BEGIN
    FOR made IN SELECT oid FROM pg_proc WHERE pronamespace = 'zentriq_access'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO zentriq_rolemaker', made);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO zentriq_access', made);
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA zentriq_access TO zentriq_rolemaker;

-- What everybody may call by default, and nobody has to: whoever made a large object would own it, and who holds the lock of
-- a migration or a sweep keeps it from beginning.
DO $$
DECLARE named regprocedure;
BEGIN
    FOR named IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace
            AND (proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lowrite', 'lo_truncate',
                             'lo_truncate64', 'lo_unlink')
                 OR proname ~ '^pg_(try_)?advisory_(xact_)?lock')
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', named);
        IF named::text ~ 'advisory' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO zentriq_owner', named);
        END IF;
    END LOOP;
END $$;
