#!/bin/sh
# Takes out of deployed services what no running program reads: source maps, TypeScript, prose but licences, links to
# commands, and pnpm's own notes, which hold times and paths. With SOURCE_DATE_EPOCH every file gets that time.
set -eu
deployed=$1
find "$deployed" -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.tsbuildinfo' \
  -o -name '.modules.yaml' -o -name '.pnpm-workspace-state*.json' -o -path '*/node_modules/.pnpm/lock.yaml' \) -delete
find "$deployed" -type f -iname '*.md' ! -iname '*licen[cs]e*' ! -iname '*notice*' ! -iname '*copying*' -delete
find "$deployed" -path '*/node_modules/*' -type d \( -name .bin -o -name '@types' -o -name '@types+*' \) -prune -exec rm -rf '{}' +
rm -f "$deployed"/*/pnpm-lock.yaml "$deployed"/*/pnpm-workspace.yaml
find "$deployed" -xtype l -delete
if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
  find "$deployed" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" '{}' +
fi
