#!/bin/sh
# The commands of an operator, in the image "operations": operate COMMAND [OPTIONS].
set -eu
database=/app/node_modules/@backend2/database/dist
command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
  # What the books need before a release starts: tables, and each service's rights to them.
  prepare) node "$database/migrate-command.js" up --wait && exec node "$database/roles-command.js" --wait ;;
  migrate) exec node "$database/migrate-command.js" "$@" ;;
  roles) exec node "$database/roles-command.js" "$@" ;;
  backup) exec node /app/dist/backup-command.js "$@" ;;
  restore) exec node /app/dist/restore-command.js "$@" ;;
  make-bucket) exec node /app/dist/make-bucket-command.js "$@" ;;
  redis-acl) exec node /app/dist/redis-acl-command.js "$@" ;;
  # Node would take --env-file for its own, but for what stands behind two dashes.
  rotate-secret) exec node -- /app/dist/rotate-command.js "$@" ;;
  promote-standby) exec node /app/dist/promote-command.js "$@" ;;
  help | --help)
    echo 'operate prepare | migrate up|down|status | roles | backup | restore | redis-acl'
    echo '  | make-bucket | rotate-secret | promote-standby'
    echo 'Each but prepare says more with --help.'
    ;;
  *)
    echo "operate: there is no command \"$command\"; operate help lists them." >&2
    exit 2
    ;;
esac
