#!/bin/sh
# Starts a standby: on an empty volume it first copies the primary, whole or not at all. What it was made is kept: a
# promoted one starts as the primary it is. PRIMARY_HOST, POSTGRES_REPLICATION_PASSWORD, PGDATA on the volume, PGHOST a
# folder for the socket.
set -eu
if [ ! -d "$PGDATA" ]; then
  rm -rf "$PGDATA.partial"
  export PGPASSWORD="$POSTGRES_REPLICATION_PASSWORD"
  # One that was promoted has no slot yet: a copy brings none along.
  until psql --host "$PRIMARY_HOST" --username replicator --dbname postgres --quiet --output /dev/null --command "
      select pg_create_physical_replication_slot('standby')
      where not exists (select from pg_replication_slots where slot_name = 'standby')" \
    && pg_basebackup --host "$PRIMARY_HOST" --username replicator --pgdata "$PGDATA.partial" --wal-method stream \
      --slot standby --checkpoint fast --write-recovery-conf; do
    echo 'The primary cannot be copied yet; trying again' >&2
    rm -rf "$PGDATA.partial"
    sleep 2
  done
  mv "$PGDATA.partial" "$PGDATA"
fi
exec postgres -c unix_socket_directories="$PGHOST" "$@"
