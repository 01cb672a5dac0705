#!/bin/sh
# Runs the program for `restart: unless-stopped`, which starts a container again after every exit. That is right after a crash, and wrong
# where the same exit would only come again and push its message out of sight: wrong usage (64), a slot lost or a gap (76), a
# configuration or precondition (78). There it waits, unhealthy because nothing serves /readyz, until it is stopped; then it exits
# with the program's code.
program=''
stopping=''

stop() {
  stopping=yes
  [ -z "$program" ] || kill -TERM "$program"
}
trap stop TERM INT

node /app/dist/main.js "$@" &
program=$!
[ -z "$stopping" ] || kill -TERM "$program"
wait "$program"
code=$?
# A signal to this shell ends the wait, not the program.
while kill -0 "$program" 2>/dev/null; do
  wait "$program"
  code=$?
done
program=''

case $code in
  64 | 76 | 78)
    if [ -z "$stopping" ]; then
      echo "hold: exit code $code would only come again. Waiting; after the remedy: docker compose restart" >&2
      sleep infinity &
      wait $!
    fi
    ;;
esac
exit "$code"
