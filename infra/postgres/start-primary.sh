#!/bin/sh
# Starts a primary: on an empty volume it first makes the server, whole or not at all: the database, its owner, who is no
# superuser, whom the standby signs in as, and the slot that keeps what the standby has not read. The roles of the services
# come after the migrations, by `operate prepare`. PGDATA on the volume, PGHOST a folder for the socket, three passwords.
set -eu
if [ ! -d "$PGDATA" ]; then
  : "${POSTGRES_PASSWORD:?}" "${POSTGRES_OWNER_PASSWORD:?}" "${POSTGRES_REPLICATION_PASSWORD:?}"
  new=$PGDATA.partial
  rm -rf "$new"
  umask 077
  printf %s "$POSTGRES_PASSWORD" >/tmp/password
  initdb --pgdata "$new" --username postgres --pwfile /tmp/password --auth-local peer --auth-host scram-sha-256 \
    --encoding UTF8 --locale C.UTF-8 --data-checksums
  rm /tmp/password
  printf 'host %s scram-sha-256\n' 'all all all' 'replication replicator all' >>"$new/pg_hba.conf"
  pg_ctl --pgdata "$new" --wait --silent --options "-c listen_addresses= -c unix_socket_directories=$PGHOST" start
  psql --set ON_ERROR_STOP=1 --quiet --username postgres --dbname postgres <<'SQL'
\set owner_password `printf %s "$POSTGRES_OWNER_PASSWORD"`
\set replication_password `printf %s "$POSTGRES_REPLICATION_PASSWORD"`
create role backend2 login createrole nosuperuser password :'owner_password';
create database backend2 owner backend2;
create role replicator login replication password :'replication_password';
select pg_create_physical_replication_slot('standby');
SQL
  pg_ctl --pgdata "$new" --wait --silent --mode fast stop
  mv "$new" "$PGDATA"
fi
exec postgres -c unix_socket_directories="$PGHOST" "$@"
