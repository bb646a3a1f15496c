#!/bin/sh
# Run once by the postgres image: the login that the endpoint uses, which may become the runtime's role and no other.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$RUNTIME_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE dossier_runtime NOLOGIN NOSUPERUSER NOBYPASSRLS;
CREATE ROLE dossier_app LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'password' IN ROLE dossier_runtime;
SQL
