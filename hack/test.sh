#!/usr/bin/env bash
# Everything that proves the product, from a bare checkout: one stage after the other, a time for each, a table at the end.
# The cluster's tools are built and the databases installed beside cargo's build, since the one waits for the network
# when the other computes.
# On a laptop the cluster stays up for the next run; in CI (CI=true) it is taken down, also after a failure, and a test
# that does not run is a failure. Logs: target/test-logs.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/.."

LOGS=target/test-logs
TABLE=$LOGS/table
BEGIN=$EPOCHREALTIME
export INSTA_UPDATE=no CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}
ci() { [ "${CI:-}" = true ]; }

row() { printf '%-16s %8s s  %s\n' "$@" >>"$TABLE"; }

# stage NAME COMMAND...: its output is shown and kept; the first failure ends the run.
stage() {
  local name=$1 begin=$EPOCHREALTIME
  shift
  printf '\n=== %s\n' "$name"
  if "$@" 2>&1 | tee "$LOGS/$name.log"; then
    row "$name" "$(elapsed "$begin")" ok
  else
    row "$name" "$(elapsed "$begin")" FAILED
    exit 1
  fi
}

# One after the other, since packages are installed by one at a time. On a laptop without a database the tests say so.
tools() {
  hack/postgres/postgres.sh tools || ! ci || return 1
  hack/postgres/patroni.sh tools || ! ci || return 1
  hack/conformance/tools.sh || ! ci || return 1
  hack/cluster/cluster.sh tools
}
# In a process group of its own (set -m), so that it can be ended with its children.
start_tools() {
  local begin=$EPOCHREALTIME
  set -m
  { tools && elapsed "$begin" >"$LOGS/tools.seconds"; } >"$LOGS/tools.log" 2>&1 &
  TOOLS=$!
  set +m
}
finish_tools() {
  local begin=$EPOCHREALTIME
  printf '\n=== tools\n'
  if wait "$TOOLS"; then
    cat "$LOGS/tools.log"
    row tools "$(cat "$LOGS/tools.seconds")" "ok (beside the build; waited $(elapsed "$begin") s)"
    TOOLS=
  else
    TOOLS=
    cat "$LOGS/tools.log"
    row tools "$(elapsed "$begin")" FAILED
    exit 1
  fi
}

# Whatever happened: nothing of this run keeps running in CI, and the table is the last thing seen but for the summary.
finish() {
  local status=$? sum
  trap - EXIT
  [ -z "${TOOLS:-}" ] || kill -- "-$TOOLS" 2>/dev/null || true
  if ci; then
    hack/cluster/cluster.sh down || status=1
    make postgres-down || status=1
  fi
  sum=$(summary "$status") || status=1
  row total "$(elapsed "$BEGIN")" "$([ "$status" = 0 ] && echo ok || echo FAILED)"
  printf '\n%s\n%s\n' "$(cat "$TABLE")" "$sum"
  exit "$status"
}

# cargo prints one such line for each test binary; this is their sum, in the same form.
summary() {
  cat "$LOGS"/*.log | awk -v status="$1" -v ci="${CI:-}" -v seconds="$(elapsed "$BEGIN")" '
    /^test result: / {
      for (i = 2; i <= NF; i++) {
        if ($i ~ /^passed/) passed += $(i - 1)
        if ($i ~ /^failed/) failed += $(i - 1)
        if ($i ~ /^ignored/) ignored += $(i - 1)
      }
    }
    END {
      if (ci == "true" && ignored > 0) { print "in CI no test may be ignored"; status = 1 }
      printf "test result: %s. %d passed; %d failed; %d ignored; 0 measured; 0 filtered out; finished in %ss\n",
        status == 0 ? "ok" : "FAILED", passed, failed, ignored, seconds
      exit status != 0
    }'
}

rm -rf "$LOGS"
mkdir -p "$LOGS"
trap finish EXIT
trap 'exit 130' INT TERM
stage packages hack/install-tools.sh test
start_tools
stage build make tests-built
stage lint make lint
stage unit make unit
stage fuzz make fuzz
stage postgres-tests make postgres-tests
finish_tools
stage generated make drift
stage cluster make cluster
stage image make image
stage cluster-tests make cluster-tests
stage alone-tests make alone-tests
stage conformance make conformance
