#!/bin/sh
# Puts what the other services need to know into a volume for each of them, before they start: passwords, made up once and kept as long as
# the volumes are, and the keys of .env. Each container sees its own volume only, so all may read what is in it.
set -eu
umask 022

# A file appears under its name only when it is whole.
put() {
  cat >"$1.part"
  mv "$1.part" "$1"
}

password() {
  [ -s "$1" ] || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' | put "$1"
  cat "$1"
}

key() { sed -n "s/^$1=//p" /run/algolia-keys; }

owner=$(password /secrets/owner/password)
run=$(password /secrets/owner/run-password)
printf 'postgres://postgres:%s@postgres:5432/app' "$owner" | put /secrets/owner/database-url
printf 'postgres://wal2algolia:%s@postgres:5432/app' "$run" | put /secrets/run/database-url

api_key=$(key ALGOLIA_API_KEY)
admin_key=$(key ALGOLIA_ADMIN_KEY)
if [ -z "${ALGOLIA_APP_ID:-}" ]; then
  # What `wal2algolia local algolia` takes unless told otherwise.
  api_key=local-admin-key
  admin_key=local-admin-key
elif [ -z "$api_key" ]; then
  echo 'error: ALGOLIA_APP_ID is set without ALGOLIA_API_KEY' >&2
  echo '  remedy: set both in .env, or neither for the local Algolia server' >&2
  exit 78
fi
printf '%s' "$api_key" | put /secrets/run/algolia-api-key
printf '%s' "${admin_key:-$api_key}" | put /secrets/setup/algolia-admin-key
