#!/usr/bin/env bash
# A Kubernetes for development and tests.
# usage: cluster.sh up|down|tools|load ARCHIVE|volumes|apiserver STEP|status|is-up|env|run COMMAND...
#   up       starts one, or takes the one that runs; writes its kubeconfig to the cache folder
#   down     ends what `up` started and leaves nothing behind
#   tools    builds what `up` needs, without starting anything
#   load     gives an image archive (docker format) to the cluster
#   volumes  gives Released volumes back (`up` does it too)
#   apiserver stop    kills the API server and keeps it from coming back; start starts it again, with all it knew;
#            status tells by its exit code whether both can be done here
#   status   tells what runs; is-up tells it by its exit code
#   env      prints what a shell needs: eval "$(hack/cluster/cluster.sh env)"
#   run      runs a command with the cluster's kubeconfig in its environment and the tools in its PATH
# Where it comes from, in this order: CLUSTER=current (your own context; never touched without being asked), kind when
# Docker or Podman answers, else a single node from source. CLUSTER=kind or CLUSTER=source insists.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/env.sh"

# Every provider defines: missing (prints what it lacks), tools, running, up, down, load ARCHIVE, volumes. One whose API
# server may be killed defines api_server_stop and api_server_start, too.
provider_file() { say "$CLUSTER_SCRIPTS/provider-$1.sh"; }
use() {
  local file
  file=$(provider_file "$1")
  [ -f "$file" ] || die "CLUSTER=$1 is none of: current kind source"
  # shellcheck source=/dev/null
  . "$file"
}

choose() {
  local name lacks report=""
  for name in ${CLUSTER:-kind source}; do
    use "$name"
    lacks=$(missing)
    if [ -z "$lacks" ]; then
      CHOSEN=$name
      return
    fi
    report+=$(printf '\n  %s: %s' "$name" "$(paste -sd, <<<"$lacks" | sed 's/,/, /g')")
  done
  die "no cluster can be started here:$report
  or point your kubectl at one and say CLUSTER=current"
}

# The one that is up stays the one in use until `down`, unless CLUSTER asks for another.
chosen_or_running() {
  CHOSEN=$(cat "$PROVIDER_FILE" 2>/dev/null || true)
  if [ -n "$CHOSEN" ] && [ "$CHOSEN" != "${CLUSTER:-$CHOSEN}" ]; then
    die "a cluster by '$CHOSEN' is up; 'make cluster-down' first"
  fi
  if [ -n "$CHOSEN" ]; then use "$CHOSEN"; else choose; fi
}

command_up() {
  chosen_or_running
  if running; then
    say "cluster: already up ($CHOSEN)"
  else
    say "cluster: starting ($CHOSEN)"
    tools
    # Written first: a start that dies half-way is still found by `down` and by the next `up`.
    say "$CHOSEN" >"$PROVIDER_FILE"
    up
  fi
  volumes
  say "export KUBECONFIG=$KUBECONFIG_FILE"
}
command_down() {
  CHOSEN=$(cat "$PROVIDER_FILE" 2>/dev/null || true)
  [ -n "$CHOSEN" ] || {
    say "cluster: none is up"
    return
  }
  use "$CHOSEN"
  down
  rm -f "$PROVIDER_FILE" "$KUBECONFIG_FILE"
  say "cluster: down ($CHOSEN)"
}
command_tools() {
  chosen_or_running
  tools
}
command_load() {
  chosen_or_running
  running || die "no cluster is up; run 'make cluster' first"
  load "$1"
}
command_volumes() {
  chosen_or_running
  volumes
}
command_apiserver() {
  CHOSEN=$(cat "$PROVIDER_FILE" 2>/dev/null || true)
  [ -n "$CHOSEN" ] || die "no cluster is up; run 'make cluster' first"
  use "$CHOSEN"
  declare -F api_server_stop >/dev/null || die "CLUSTER=$CHOSEN: its API server is not ours to end"
  case ${1:-} in
    status) ;;
    stop | start) "api_server_$1" ;;
    *) die "usage: cluster.sh apiserver stop|start|status" ;;
  esac
}
command_run() {
  [ -s "$KUBECONFIG_FILE" ] || die "no cluster is up; run 'make cluster' first"
  export KUBECONFIG=$KUBECONFIG_FILE SCIM_OPERATOR_TEST_KUBECONFIG=$KUBECONFIG_FILE PATH="$BIN:$PATH"
  exec "$@"
}
command_env() {
  [ -s "$KUBECONFIG_FILE" ] || die "no cluster is up; run 'make cluster' first"
  printf 'export KUBECONFIG=%q\nexport PATH=%q:"%s"\n' "$KUBECONFIG_FILE" "$BIN" "\$PATH"
}
is_up() {
  [ -s "$PROVIDER_FILE" ] || return 1
  use "$(cat "$PROVIDER_FILE")"
  running
}
command_status() { if is_up; then say "up ($(cat "$PROVIDER_FILE"))"; else say "down"; fi; }

mkdir -p "$CACHE"
case ${1:-} in
  up | down)
    exec 9>"$CACHE/lock"
    flock 9 # two starts at once would fight over the bridge
    "command_$1"
    ;;
  tools | volumes | status | env) "command_$1" ;;
  is-up) is_up ;;
  run) command_run "${@:2}" ;;
  apiserver) command_apiserver "${2:-}" ;;
  load) command_load "${2:?usage: cluster.sh load ARCHIVE}" ;;
  *) sed -n '2,/^set -/ { /^#/ s/^# \{0,1\}//p }' "$0" && exit 2 ;;
esac
