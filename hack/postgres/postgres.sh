#!/usr/bin/env bash
# A PostgreSQL for tests, on loopback.
# usage: postgres.sh up|down|tools|status|psql ARGUMENTS...|run COMMAND...|ctl start|stop|restart|kill
#   up      starts one, or takes the one that runs
#   down    ends it and leaves nothing behind
#   tools   installs the server where that is allowed (as root, or in CI), without starting anything
#   psql    speaks to it as superuser
#   run     runs a command with SCIM_TEST_POSTGRES in its environment: a folder with the files
#             url, admin-url   of the role that owns the database `scim`, and of a superuser; both hold passwords
#             ca.crt           the authority of its certificate, which is for 127.0.0.1 and localhost; TLS is not a must
#             bin, data        where its programs and its data are
#             ctl              a program: ctl start|stop|restart|kill
#   ctl     kill is a crash: the server and its children end at once, like at a loss of power
# POSTGRES_STATE=FOLDER is a server of its own, for tests that stop it while others want theirs. POSTGRES_LISTEN=ADDRESS
# makes one that is started listen there too, for clients that are not on loopback; an address of this machine.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/env.sh"

STATE=$(readlink -m "${POSTGRES_STATE:-$PROJECT/target/postgres/main}")
HOME_OF_SERVER=$(cat "$STATE/home" 2>/dev/null || true)
DATA=$HOME_OF_SERVER/data
LISTEN=${POSTGRES_LISTEN:-}

running() { [ -n "$HOME_OF_SERVER" ] && [ -s "$STATE/url" ] && postmaster "$DATA" >/dev/null; }

# --- up and down ----------------------------------------------------------------------------------------------------

settings() {
  cat <<END
listen_addresses = '127.0.0.1${LISTEN:+, $LISTEN}'
unix_socket_directories = '$HOME_OF_SERVER/socket'
max_connections = 200
shared_buffers = 128MB
fsync = on
synchronous_commit = on
password_encryption = 'scram-sha-256'
ssl = on
ssl_cert_file = '$HOME_OF_SERVER/tls/server.crt'
ssl_key_file = '$HOME_OF_SERVER/tls/server.key'
log_line_prefix = '%m [%p] %u@%d '
log_lock_waits = on
log_checkpoints = off
include '$HOME_OF_SERVER/data/port.conf'
END
}

initialise() {
  local password=$1
  own "$DATA" "$HOME_OF_SERVER/socket" "$HOME_OF_SERVER/tls" "$HOME_OF_SERVER/log"
  certificates "$HOME_OF_SERVER/tls" "$LISTEN"
  cp "$HOME_OF_SERVER/tls/ca.crt" "$STATE/ca.crt"
  chmod 644 "$STATE/ca.crt"
  secret "$HOME_OF_SERVER/password" <<<"$password"
  give "$HOME_OF_SERVER/password" "$HOME_OF_SERVER"/tls/*
  as_server "$BIN/initdb" --pgdata "$DATA" --username postgres --pwfile "$HOME_OF_SERVER/password" --encoding UTF8 \
    --locale C --auth-local scram-sha-256 --auth-host scram-sha-256 >"$HOME_OF_SERVER/initdb.log" 2>&1 ||
    die "$(cat "$HOME_OF_SERVER/initdb.log")"
  rm -f "$HOME_OF_SERVER/password"
  settings >>"$DATA/postgresql.conf"
  [ -z "$LISTEN" ] || say "host all all all scram-sha-256" >>"$DATA/pg_hba.conf"
}

start() {
  forget "$DATA/postmaster.pid" "$HOME_OF_SERVER"/socket/.*.lock
  as_server "$BIN/pg_ctl" start --pgdata "$DATA" --wait --timeout 60 --silent --log "$HOME_OF_SERVER/log/server.log"
}

# Another port when somebody took this one in between.
start_on_a_free_port() {
  local log=$HOME_OF_SERVER/log/server.log
  for _ in {1..10}; do
    PORT=$(free_ports 1)
    say "port = $PORT" >"$DATA/port.conf"
    give "$DATA/port.conf"
    start >/dev/null 2>&1 && return 0
    grep -q 'could not bind' "$log" || break
    rm -f "$log"
  done
  die "$(tail -n 20 "$log")"
}

# What tests read. The password of the role goes over standard input: it is in no argument list.
describe() {
  local password=$1 admin_password=$2
  secret "$STATE/pgpass" <<<"127.0.0.1:$PORT:*:postgres:$admin_password"
  psql_as_admin --dbname postgres >/dev/null <<END
CREATE ROLE scim LOGIN PASSWORD '$password';
CREATE DATABASE scim OWNER scim;
END
  say "$BIN" >"$STATE/bin"
  say "$DATA" >"$STATE/data"
  printf '#!/bin/sh\nPOSTGRES_STATE=%q exec %q ctl "$@"\n' "$STATE" "$POSTGRES_SCRIPTS/postgres.sh" >"$STATE/ctl"
  chmod 755 "$STATE/ctl"
  secret "$STATE/admin-url" <<<"postgres://postgres:$admin_password@127.0.0.1:$PORT/postgres"
  secret "$STATE/url" <<<"postgres://scim:$password@127.0.0.1:$PORT/scim" # last: there is a server when there is a url
}

psql_as_admin() {
  PGPASSFILE=$STATE/pgpass "$(cat "$STATE/bin" 2>/dev/null || say "$BIN")/psql" --no-psqlrc --quiet \
    --set ON_ERROR_STOP=1 --host 127.0.0.1 --port "$(port)" --username postgres "$@"
}
port() { sed 's/.* = //' "$DATA/port.conf"; }

command_up() {
  if running; then
    say "postgres: already up (127.0.0.1:$(port))"
    return
  fi
  [ -z "$HOME_OF_SERVER" ] || command_down # it was ended from outside, or its start was
  local begin=$EPOCHREALTIME password admin_password
  need_postgres
  make_home
  DATA=$HOME_OF_SERVER/data
  say "$HOME_OF_SERVER" >"$STATE/home" # first: a start that dies half-way is still found by `down`
  password=$(random_password)
  admin_password=$(random_password)
  initialise "$admin_password"
  start_on_a_free_port
  describe "$password" "$admin_password"
  say "postgres: $("$BIN/postgres" --version | cut -d' ' -f3) on 127.0.0.1:$PORT, $(elapsed "$begin") s"
}

command_down() {
  local pid
  [ -n "$HOME_OF_SERVER" ] || {
    say "postgres: none is up"
    return
  }
  if pid=$(postmaster "$DATA"); then crash "$pid"; fi
  rm -rf "$HOME_OF_SERVER"
  rm -f "$STATE"/{url,admin-url,pgpass,ca.crt,bin,data,ctl,home}
  say "postgres: down"
}

# --- while it is up -------------------------------------------------------------------------------------------------

command_status() {
  if running; then say "up, 127.0.0.1:$(port), pid $(postmaster "$DATA")"; else say "down"; fi
}

# Stopped servers keep their port and their data.
command_ctl() {
  local pid
  [ -s "$STATE/url" ] || die "no server is up; run 'make postgres' first"
  BIN=$(cat "$STATE/bin")
  case ${1:-} in
    start) start ;;
    stop) as_server "$BIN/pg_ctl" stop --pgdata "$DATA" --mode fast --wait --timeout 60 --silent ;;
    restart)
      command_ctl stop
      start
      ;;
    kill)
      pid=$(postmaster "$DATA") || die "the server does not run"
      crash "$pid"
      ;;
    *) die "usage: postgres.sh ctl start|stop|restart|kill" ;;
  esac
}

command_run() {
  running || die "no server is up; run 'make postgres' first"
  export SCIM_TEST_POSTGRES=$STATE
  exec "$@"
}

mkdir -p "$STATE"
case ${1:-} in
  up | down)
    exec 9>"$STATE/lock"
    flock 9
    HOME_OF_SERVER=$(cat "$STATE/home" 2>/dev/null || true) # whoever had the lock may have changed it
    DATA=$HOME_OF_SERVER/data
    "command_$1"
    ;;
  tools) need_postgres ;;
  status) command_status ;;
  psql) psql_as_admin "${@:2}" ;;
  ctl) command_ctl "${2:-}" ;;
  run) command_run "${@:2}" ;;
  *) usage && exit 2 ;;
esac
