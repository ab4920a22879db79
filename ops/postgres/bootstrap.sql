-- Roles and database of one cluster. Run by the superuser through ops/cluster at every start; changes nothing the
-- second time. Expects the psql variables NAME_password for each role that logs in, and owner_createdb (CREATEDB or
-- NOCREATEDB). Then the superuser runs access.sql in the database.

SET client_min_messages = warning;
SELECT format('CREATE ROLE %I', role)
FROM unnest(ARRAY['zentriq_owner', 'zentriq_gateway', 'zentriq_projector', 'zentriq_retention', 'zentriq_auditor',
                  'zentriq_access', 'zentriq_recorder', 'zentriq_staff', 'zentriq_rolemaker']) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec

ALTER ROLE zentriq_owner LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS :owner_createdb PASSWORD :'owner_password';
ALTER ROLE zentriq_gateway LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'gateway_password';
ALTER ROLE zentriq_projector LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'projector_password';
ALTER ROLE zentriq_retention LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'retention_password';
ALTER ROLE zentriq_auditor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'auditor_password';
ALTER ROLE zentriq_access LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'access_password';
ALTER ROLE zentriq_recorder LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'recorder_password';

-- What all temporary roles of staff are in; and what makes them, which nobody can log in as or become (access.sql).
ALTER ROLE zentriq_staff NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE zentriq_rolemaker NOLOGIN NOSUPERUSER NOCREATEDB CREATEROLE NOREPLICATION NOBYPASSRLS;
GRANT pg_signal_backend TO zentriq_rolemaker;
GRANT SET ON PARAMETER pgaudit.log, log_statement, log_duration, log_min_error_statement TO zentriq_rolemaker;
-- Who is logged in, and what is set: compared with what the server's log says.
GRANT pg_read_all_stats, pg_read_all_settings TO zentriq_recorder;

SELECT 'CREATE DATABASE zentriq OWNER zentriq_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'zentriq') \gexec

REVOKE CONNECT, TEMPORARY ON DATABASE zentriq FROM PUBLIC;
-- Staff gets in while it is recorded, which the database itself sees to (admit_staff).
GRANT CONNECT ON DATABASE zentriq
TO zentriq_owner, zentriq_gateway, zentriq_projector, zentriq_retention, zentriq_auditor, zentriq_access,
    zentriq_recorder;

-- What `zentriq maintenance` takes beside the ownership of the tables: checkpoints, and the segments of the write-ahead log.
GRANT pg_checkpoint TO zentriq_owner;
\connect zentriq
GRANT EXECUTE ON FUNCTION pg_switch_wal(), pg_ls_waldir() TO zentriq_owner;
