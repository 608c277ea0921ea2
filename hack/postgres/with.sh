#!/usr/bin/env bash
# Runs a command with a PostgreSQL and, if wanted, a Patroni pair (SCIM_TEST_POSTGRES, SCIM_TEST_PATRONI).
# usage: with.sh postgres [patroni] -- COMMAND...
# What is not up is started. The single server stays up for the next run (`make postgres-down`); the pair is ended after
# the command. In CI what is missing is a failure; elsewhere the command runs without it, and says which tests it skips.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/env.sh"

wanted=()
until [ $# = 0 ] || [ "$1" = -- ]; do
  wanted+=("$1")
  shift
done
[ $# -gt 1 ] || { usage && exit 2; }
shift
command=("$@")

started=
finish() {
  local status=$?
  trap - EXIT
  [ -z "$started" ] || "$POSTGRES_SCRIPTS/patroni.sh" down || status=1
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

for name in "${wanted[@]}"; do
  script=$POSTGRES_SCRIPTS/$name.sh
  if ci || "$script" tools; then
    if [ "$name" = patroni ] && [ "$("$script" status)" = down ]; then started=1; fi
    "$script" up
    command=("$script" run "${command[@]}")
  else
    warn "SKIPPED: what needs $name"
  fi
done
"${command[@]}"
