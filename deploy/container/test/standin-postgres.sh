#!/bin/sh
# The entry point of the PostgreSQL stand-in. It does what docker-compose.yml asks of the
# real image: a database and a password from a file on first use, then the server.
set -eu

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # shellcheck disable=SC2086 # a list of options
  initdb --username=postgres --pwfile="$POSTGRES_PASSWORD_FILE" ${POSTGRES_INITDB_ARGS:-} --pgdata="$PGDATA"
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  pg_ctl --options='-c listen_addresses=' --wait start
  PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE") psql --username=postgres --quiet --command="create database \"$POSTGRES_DB\""
  pg_ctl --mode=fast --wait stop
fi
exec "$@" -c listen_addresses='*'
