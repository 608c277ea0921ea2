#!/usr/bin/env bash
# Two PostgreSQL nodes under Patroni, for tests that take the primary away: a synchronous replica takes over.
# usage: patroni.sh up|down|tools|status|run COMMAND...|ctl COMMAND [NODE]
#   up      starts etcd and both nodes; ready when one is primary and the other its synchronous replica
#   down    ends them and leaves nothing behind
#   tools   installs what is missing where that is allowed (as root, or in CI), without starting anything
#   run     runs a command with SCIM_TEST_PATRONI in its environment: a folder with the files
#             url, admin-url   of the role that owns the database `scim`, and of a superuser; both name both nodes, ask
#                              for the one that takes writes, and hold passwords
#             1/, 2/           for each node: port, rest (the port where GET /primary answers 200 or 503), data
#             ca.crt, bin      as postgres.sh has them
#             ctl              a program with the commands below
#   ctl     pids NODE   Patroni's and the server's, on one line; 0 for what does not run
#           kill NODE   kill -9 of both and of the server's children
#           start NODE  after kill: Patroni starts the server again, as a replica when the other took over
#           settled     waits until one node is primary and the other its synchronous replica
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/env.sh"

STATE=$PROJECT/target/postgres/patroni
HOME_OF_SERVER=$(cat "$STATE/home" 2>/dev/null || true)
# The lease of a primary that died runs out after TTL seconds. The least that leaves room for a busy machine:
# loop_wait + 2 * retry_timeout may not be more. Newer versions of Patroni raise it to 20.
TTL=8 LOOP_WAIT=1 RETRY_TIMEOUT=3

# --- what is needed -------------------------------------------------------------------------------------------------

# The etcd that the cluster's tools brought, or the system's.
find_etcd() {
  local built=${XDG_CACHE_HOME:-$HOME/.cache}/scim-operator/cluster/bin/etcd
  if have etcd; then command -v etcd; elif [ -x "$built" ]; then say "$built"; else return 1; fi
}
need_patroni() {
  local packages=()
  need_postgres
  have patroni || packages+=(patroni python3-etcd)
  find_etcd >/dev/null || packages+=(etcd-server)
  have curl || packages+=(curl)
  [ "${#packages[@]}" -gt 0 ] || return 0
  may_install || die "a Patroni pair needs: ${packages[*]} (Debian's names); please install them"
  quietly_install "${packages[@]}"
}

# --- up -------------------------------------------------------------------------------------------------------------

# Not strict: without its replica a primary goes on alone, but says so in etcd first, and a node that etcd does not call
# synchronous is never promoted. So nothing that was acknowledged is lost with one node, and the other takes writes.
configuration() { # NODE ETCD-PORT PASSWORD REPLICATION-PASSWORD
  cat <<END
scope: scim
name: node$1
restapi: { listen: "127.0.0.1:$(cat "$STATE/$1/rest")", connect_address: "127.0.0.1:$(cat "$STATE/$1/rest")" }
etcd3: { hosts: "127.0.0.1:$2" }
bootstrap:
  dcs:
    ttl: $TTL
    loop_wait: $LOOP_WAIT
    retry_timeout: $RETRY_TIMEOUT
    synchronous_mode: true
    synchronous_mode_strict: false
    synchronous_node_count: 1
    postgresql:
      use_pg_rewind: true
      use_slots: true
      parameters: { max_connections: 200, wal_log_hints: "on", wal_keep_size: 256MB }
  initdb: [ { encoding: UTF8 }, { locale: C }, data-checksums ]
postgresql:
  listen: "127.0.0.1:$(cat "$STATE/$1/port")"
  connect_address: "127.0.0.1:$(cat "$STATE/$1/port")"
  data_dir: $HOME_OF_SERVER/node$1/data
  bin_dir: $BIN
  pgpass: $HOME_OF_SERVER/node$1/pgpass
  use_unix_socket: false
  remove_data_directory_on_rewind_failure: true
  remove_data_directory_on_diverged_timelines: true
  authentication:
    superuser: { username: postgres, password: "$3" }
    replication: { username: replicator, password: "$4" }
  pg_hba:
    - host replication replicator 127.0.0.1/32 scram-sha-256
    - host all all 127.0.0.1/32 scram-sha-256
  parameters:
    unix_socket_directories: ""
    shared_buffers: 128MB
    fsync: "on"
    synchronous_commit: "on"
    password_encryption: scram-sha-256
    ssl: "on"
    ssl_cert_file: $HOME_OF_SERVER/tls/server.crt
    ssl_key_file: $HOME_OF_SERVER/tls/server.key
    log_line_prefix: "%m [%p] %u@%d "
END
}

start_etcd() { # PORT PEER-PORT
  local etcd=$HOME_OF_SERVER/etcd/etcd options=()
  install -m 755 "$(find_etcd)" "$etcd" # a copy, since the server's user need not be able to reach the original
  # What it keeps need not survive the machine, and a slow disk must not look like a lost primary.
  if "$etcd" --help 2>&1 | grep -q unsafe-no-fsync; then options+=(--unsafe-no-fsync); fi
  spawn etcd "$etcd" --name scim --data-dir "$HOME_OF_SERVER/etcd/data" "${options[@]}" \
    --listen-client-urls "http://127.0.0.1:$1" --advertise-client-urls "http://127.0.0.1:$1" \
    --listen-peer-urls "http://127.0.0.1:$2" --initial-advertise-peer-urls "http://127.0.0.1:$2" \
    --initial-cluster "scim=http://127.0.0.1:$2"
  wait_for 20 etcd get "http://127.0.0.1:$1/health"
}
get() { curl --silent --fail --max-time 5 --noproxy '*' "$1"; }

start_node() {
  forget "$HOME_OF_SERVER/node$1/data/postmaster.pid"
  spawn "patroni$1" "$(command -v patroni)" "$HOME_OF_SERVER/node$1/patroni.yml"
}

prepare() { # ETCD-PORT PASSWORD
  local node replication
  replication=$(random_password)
  own "$HOME_OF_SERVER"/{tls,log,etcd,node1,node2}
  certificates "$HOME_OF_SERVER/tls"
  give "$HOME_OF_SERVER"/tls/*
  cp "$HOME_OF_SERVER/tls/ca.crt" "$STATE/ca.crt"
  chmod 644 "$STATE/ca.crt"
  for node in 1 2; do
    secret "$HOME_OF_SERVER/node$node/patroni.yml" < <(configuration "$node" "$1" "$2" "$replication")
    give "$HOME_OF_SERVER/node$node/patroni.yml"
    say "$HOME_OF_SERVER/node$node/data" >"$STATE/$node/data"
  done
}

# Passwords go over standard input and files: they are in no argument list.
describe() { # PASSWORD ADMIN-PASSWORD
  local hosts
  hosts=127.0.0.1:$(cat "$STATE/1/port"),127.0.0.1:$(cat "$STATE/2/port")
  secret "$STATE/pgpass" <<<"127.0.0.1:*:*:postgres:$2"
  PGPASSFILE=$STATE/pgpass "$BIN/psql" --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
    "postgres://postgres@$hosts/postgres?target_session_attrs=read-write" <<END
CREATE ROLE scim LOGIN PASSWORD '$1';
CREATE DATABASE scim OWNER scim;
END
  say "$BIN" >"$STATE/bin"
  printf '#!/bin/sh\nexec %q ctl "$@"\n' "$POSTGRES_SCRIPTS/patroni.sh" >"$STATE/ctl"
  chmod 755 "$STATE/ctl"
  secret "$STATE/admin-url" <<<"postgres://postgres:$2@$hosts/postgres?target_session_attrs=read-write"
  secret "$STATE/url" <<<"postgres://scim:$1@$hosts/scim?target_session_attrs=read-write" # last: there is a pair
}

# Primary, replica, and etcd says that the replica is synchronous.
settled() {
  local first second
  first=http://127.0.0.1:$(cat "$STATE/1/rest") second=http://127.0.0.1:$(cat "$STATE/2/rest")
  { get "$first/primary" && get "$second/synchronous"; } || { get "$second/primary" && get "$first/synchronous"; }
}
wait_settled() {
  wait_for 90 "a primary and its synchronous replica" settled ||
    die "$(tail -n 15 "$HOME_OF_SERVER"/log/*.log)"
}

command_up() {
  if [ -n "$HOME_OF_SERVER" ] && [ -s "$STATE/url" ] && spawned etcd >/dev/null; then
    # A test that failed may have left a node dead.
    for node in 1 2; do command_ctl start "$node"; done
    wait_settled
    say "patroni: already up"
    return
  fi
  [ -z "$HOME_OF_SERVER" ] || command_down
  local begin=$EPOCHREALTIME node password admin_password ports
  need_patroni
  make_home
  say "$HOME_OF_SERVER" >"$STATE/home" # first: a start that dies half-way is still found by `down`
  mapfile -t ports < <(free_ports 6)
  for node in 1 2; do
    mkdir -p "$STATE/$node"
    say "${ports[node - 1]}" >"$STATE/$node/port"
    say "${ports[node + 1]}" >"$STATE/$node/rest"
  done
  password=$(random_password)
  admin_password=$(random_password)
  prepare "${ports[4]}" "$admin_password"
  start_etcd "${ports[4]}" "${ports[5]}" || die "$(tail -n 15 "$HOME_OF_SERVER/log/etcd.log")"
  for node in 1 2; do start_node "$node"; done
  wait_settled
  describe "$password" "$admin_password"
  say "patroni: $(patroni --version | cut -d' ' -f2), nodes on 127.0.0.1:${ports[0]} and :${ports[1]}, $(elapsed "$begin") s"
}

command_down() {
  local node pid
  [ -n "$HOME_OF_SERVER" ] || {
    say "patroni: none is up"
    return
  }
  for node in 1 2; do kill_node "$node"; done
  if pid=$(spawned etcd); then crash "$pid"; fi
  rm -rf "$HOME_OF_SERVER" "$STATE"/{1,2}
  rm -f "$STATE"/{url,admin-url,pgpass,ca.crt,bin,ctl,home}
  say "patroni: down"
}

# --- while it is up -------------------------------------------------------------------------------------------------

server_pid() { postmaster "$HOME_OF_SERVER/node$1/data" || true; }
patroni_pid() { spawned "patroni$1" || true; }

kill_node() {
  local pids
  mapfile -t pids < <(patroni_pid "$1" && server_pid "$1")
  [ "${#pids[@]}" = 0 ] || crash "${pids[@]}"
}

command_ctl() {
  [ -s "$STATE/url" ] || die "no pair is up; run 'hack/postgres/patroni.sh up' first"
  case "${1:-} ${2:-}" in
    "settled ") wait_settled ;;
    "pids "[12]) printf '%d %d\n' "$(patroni_pid "$2")" "$(server_pid "$2")" ;;
    "kill "[12]) kill_node "$2" ;;
    "start "[12]) [ -n "$(patroni_pid "$2")" ] || start_node "$2" ;;
    *) die "usage: patroni.sh ctl pids|kill|start 1|2, or settled" ;;
  esac
}

command_status() {
  local node
  [ -s "$STATE/url" ] || {
    say "down"
    return
  }
  for node in 1 2; do
    say "node $node: 127.0.0.1:$(cat "$STATE/$node/port"), $(get "http://127.0.0.1:$(cat "$STATE/$node/rest")/patroni" || say "no answer")"
  done
}

command_run() {
  [ -s "$STATE/url" ] || die "no pair is up; run 'hack/postgres/patroni.sh up' first"
  export SCIM_TEST_PATRONI=$STATE
  exec "$@"
}

mkdir -p "$STATE"
case ${1:-} in
  up | down)
    exec 9>"$STATE/lock"
    flock 9
    HOME_OF_SERVER=$(cat "$STATE/home" 2>/dev/null || true)
    "command_$1"
    ;;
  tools) need_patroni ;;
  status) command_status ;;
  ctl | run) "command_$1" "${@:2}" ;;
  *) usage && exit 2 ;;
esac
