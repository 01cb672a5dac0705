#!/bin/sh
# `setup` for `docker compose up`, which runs it every time. The publication is made first and once: where it stands and the slot does not,
# somebody may have dropped the slot, and making it anew would hide the rows that nobody read. That is the operator's to decide.
set -eu
plan=$(node /app/dist/main.js setup --dry-run --json)
case $plan in
  *'CREATE PUBLICATION'*) ;;
  *pg_create_logical_replication_slot*)
    if [ "${NEW_SLOT:-}" != yes ]; then
      echo 'error: the publication stands and the slot does not: it was dropped, or an earlier setup did not get that far' >&2
      echo '  remedy: docker compose run --rm -e NEW_SLOT=yes setup; after a slot that was dropped, close the gap (docs/operations.md)' >&2
      exit 76
    fi
    ;;
esac
exec node /app/dist/main.js setup
