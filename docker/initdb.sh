#!/bin/sh
# Runs once, as the owner of a new database, behind the SQL of postgres/.
set -eu
echo "include = '/etc/postgresql/wal2algolia.conf'" >>"$PGDATA/postgresql.conf"
# Read by psql itself, so that the password stands on no command line.
psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
\set password `cat /run/secrets/run-password`
ALTER ROLE wal2algolia PASSWORD :'password';
SQL
