#!/bin/sh
# Once for each Elasticsearch of the profile `logs`: the lifecycle of the log, Kibana's password, and a user for Filebeat
# who may only add lines. Safe to repeat. ELASTICSEARCH_URL without a user, and three passwords.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
: "${ELASTIC_PASSWORD:?}" "${KIBANA_SYSTEM_PASSWORD:?}" "${FILEBEAT_PASSWORD:?}"
ELASTICSEARCH_URL=$(printf %s "$ELASTICSEARCH_URL" | sed "s,://,://elastic:$ELASTIC_PASSWORD@,")
export ELASTICSEARCH_URL
sh "$here/install-template"
put() {
  curl --fail-with-body --silent --show-error -X PUT -H 'Content-Type: application/json' --data-binary @- \
    "$ELASTICSEARCH_URL/$1"
  echo
}
put _security/user/kibana_system/_password <<J
{"password": "$KIBANA_SYSTEM_PASSWORD"}
J
put _security/role/backend2_log_writer <<'J'
{"cluster": ["monitor"], "indices": [{"names": ["logs-backend2-*"], "privileges": ["create_doc", "auto_configure"]}]}
J
put _security/user/backend2_filebeat <<J
{"password": "$FILEBEAT_PASSWORD", "roles": ["backend2_log_writer"]}
J
