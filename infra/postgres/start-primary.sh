#!/bin/sh
# Starts a primary: on an empty volume it first makes the server, whole or not at all: the database, its owner, who is no
# superuser, whom the standby signs in as, and the slot that keeps what the standby has not read. The roles of the services
# come after the migrations, by `operate prepare`. Where the standby was promoted meanwhile, an empty volume becomes the
# standby of that one. PGDATA on the volume, PGHOST a folder for the socket, STANDBY_HOST, three passwords.
set -eu
if [ ! -d "$PGDATA" ]; then
  : "${POSTGRES_PASSWORD:?}" "${POSTGRES_OWNER_PASSWORD:?}" "${POSTGRES_REPLICATION_PASSWORD:?}"
  follows=$(PGPASSWORD=$POSTGRES_REPLICATION_PASSWORD PGCONNECT_TIMEOUT=5 psql --host "$STANDBY_HOST" --username replicator \
    --dbname postgres --no-align --tuples-only --command 'select pg_is_in_recovery()' 2>/dev/null || echo absent)
  case $follows in
    f) PRIMARY_HOST=$STANDBY_HOST exec start-standby "$@" ;;
    t)
      echo "This volume is empty and $STANDBY_HOST has the data: promote it, or remove its volume to begin with none." >&2
      exit 1
      ;;
  esac
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
