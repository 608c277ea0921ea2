#!/usr/bin/env bash
# Minutes or hours of a provider's traffic against one standalone endpoint on loopback, with kills in between.
# usage: make soak [MINUTES=30]
# Each round moves the directory from one known state to another and back. After every cycle the access views must be exactly
# those of the first round; every third round the endpoint is killed (-9) in the middle of a cycle and started again, and the
# next cycle must repair whatever the provider could not finish. At the end: requests, restarts, memory and size of the store;
# memory that keeps growing is a failure.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/.."

: "${BINARY:?run this as: make soak}"
MINUTES=${MINUTES:-30}
WORK=target/soak
KILL_EVERY=3
GROWTH_KB_MAX=65536 # resident memory after the first rounds, when caches are full
REQUESTS=0 RESTARTS=0 ROUNDS=0 PID=

start_endpoint() {
  "$BINARY" --log-format json standalone --manifests "$WORK/manifests" --data "$WORK/data" --listen "127.0.0.1:${PORT:-0}" \
    2>>"$WORK/endpoint.log" &
  PID=$!
  wait_for 30 "the endpoint (log: $WORK/endpoint.log)" ready
}
ready() {
  PORT=${PORT:-$(jq -rR 'fromjson? | select(.message == "listening") | .public | split(":") | last' "$WORK/endpoint.log" | tail -n 1)}
  [ -n "$PORT" ] && curl --silent --fail --max-time 2 "http://127.0.0.1:$PORT/readyz"
}
end_endpoint() {
  [ -z "$PID" ] || kill "-${1:-TERM}" "$PID" 2>/dev/null || true
  wait "$PID" 2>/dev/null || true
  PID=
}

cycle() { # PEOPLE-FILE
  "$BINARY" simulate --people "examples/people/change/$1.yaml" --url "http://127.0.0.1:$PORT/scim/v2" \
    --token-file "$WORK/data/api-keys/corp" --state "$WORK/provider.json" >"$WORK/cycle.log" 2>&1
}
count_requests() { REQUESTS=$((REQUESTS + $(sed -n 's/^requests \([0-9]*\) .*/\1/p' "$WORK/cycle.log" | tail -n 1))); }

# views: who has which access, without ids and times.
views() {
  (umask 077 && printf 'Authorization: Bearer %s\n' "$(cat "$WORK/data/api-keys/corp-access")" >"$WORK/header")
  curl --silent --show-error --fail-with-body --max-time 10 --header "@$WORK/header" \
    "http://127.0.0.1:$PORT/access/v1/users?count=100" | jq -S '[.users[] | {userName, active, tenants}] | sort_by(.userName)'
}
check() { # NAME: the first round defines, later rounds must agree
  views >"$WORK/now.json"
  if [ ! -e "$WORK/$1.json" ]; then cp "$WORK/now.json" "$WORK/$1.json"; fi
  diff "$WORK/$1.json" "$WORK/now.json" || die "round $ROUNDS: access after '$1' is not what it was in the first round"
}

move_to() { # NAME
  if [ $((ROUNDS % KILL_EVERY)) = 0 ]; then
    cycle "$1" &
    local provider=$!
    end_endpoint KILL # in the middle of the cycle, or just before its first request
    wait "$provider" || true
    RESTARTS=$((RESTARTS + 1))
    start_endpoint
  fi
  cycle "$1" || die "round $ROUNDS: $(tail -n 5 "$WORK/cycle.log")"
  count_requests
  check "$1"
}
memory_kb() { awk '/^VmRSS:/ { print $2 }' "/proc/$PID/status"; }

report() {
  say "rounds $ROUNDS, requests $REQUESTS, kills $RESTARTS, memory $1 kB, store $(du -sk "$WORK/data" | cut -f1) kB"
}

rm -rf "$WORK"
mkdir -p "$WORK"
cp -r examples/quickstart "$WORK/manifests"
trap 'end_endpoint' EXIT
trap 'exit 130' INT TERM
start_endpoint
end=$((SECONDS + MINUTES * 60))
# Two states of five people; the first rounds are warm-up for the memory figure.
warm=
while [ "$SECONDS" -lt "$end" ]; do
  ROUNDS=$((ROUNDS + 1))
  move_to before
  move_to after
  memory=$(memory_kb)
  if [ "$ROUNDS" = 20 ]; then warm=$memory; fi
  [ -z "$warm" ] || [ "$memory" -le $((warm + GROWTH_KB_MAX)) ] || die "memory grew from $warm kB to $memory kB"
  if [ $((ROUNDS % 50)) = 0 ]; then report "$memory"; fi
done
report "$(memory_kb)"
