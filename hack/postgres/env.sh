# shellcheck shell=bash disable=SC2034 # the names are used by the scripts that source this file
# Sourced by the scripts of this folder: finds or installs PostgreSQL, and the words for running servers of it on
# loopback. Starts nothing by itself.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

POSTGRES_SCRIPTS=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
PROJECT=$(readlink -f "$POSTGRES_SCRIPTS/../..")
export LC_ALL=C

ci() { [ "${CI:-}" = true ]; }
# usage: the head of a script, from its second line on.
usage() { sed -n '2,/^set -/ { /^#/ s/^# \{0,1\}//p }' "$0"; }

# --- the programs ---------------------------------------------------------------------------------------------------

# The folder of the newest server: Debian keeps one folder for each version, others have it in the PATH.
find_postgres() {
  local folder
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
    if [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ]; then
      say "$folder"
      return
    fi
  done
  have postgres || return 1
  folder=$(dirname "$(readlink -f "$(command -v postgres)")")
  [ -x "$folder/initdb" ] && say "$folder"
}

# Only who is root already, or a CI, gets packages without being asked.
may_install() { have apt-get && { [ "$(id -u)" = 0 ] || { ci && have sudo; }; }; }

# quietly_install PACKAGE...: one script at a time, and no service of the packages starts: neither Debian's default
# cluster nor anything else.
quietly_install() (
  policy=/usr/sbin/policy-rc.d
  mkdir -p "$PROJECT/target/postgres"
  exec 7>"$PROJECT/target/postgres/install.lock"
  flock 7
  as_root install -d /etc/postgresql-common/createcluster.d
  say 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.d/no-default-cluster.conf >/dev/null
  if [ ! -e "$policy" ]; then
    trap 'as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  install_packages "$@"
)

# Sets BIN; installs what is missing where that is allowed.
need_postgres() {
  BIN=$(find_postgres) && have openssl && return 0
  may_install || die "PostgreSQL is missing: install your system's packages for the server (Debian: postgresql) and for openssl"
  quietly_install postgresql openssl
  BIN=$(find_postgres) || die "the package postgresql brought no /usr/lib/postgresql/*/bin/postgres"
}

# --- a user for the server ------------------------------------------------------------------------------------------

# PostgreSQL refuses to run as root.
server_user() {
  if [ "$(id -u)" != 0 ]; then
    id -un
  elif id postgres >/dev/null 2>&1; then
    say postgres
  else
    say nobody
  fi
}
# become COMMAND...: turns this shell into the command, as that user, in a folder that it may read, with an environment
# that says nothing and without the files that locks are held with.
become() {
  local user
  user=$(server_user)
  set -- env -i PATH="$PATH" HOME="$HOME_OF_SERVER" USER="$user" LC_ALL=C "$@"
  [ "$(id -u)" != 0 ] || set -- setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups -- "$@"
  cd "$HOME_OF_SERVER" && exec "$@" 9>&-
}
# as_server COMMAND...: runs it to its end.
as_server() { (become "$@"); }
# spawn NAME COMMAND...: in the background, in a session of its own, its output in log/NAME.log, its pid in NAME.pid.
spawn() {
  local name=$1
  shift
  (become setsid "$@") >>"$HOME_OF_SERVER/log/$name.log" 2>&1 </dev/null &
  say "$!" >"$HOME_OF_SERVER/$name.pid"
}
# spawned NAME: prints the pid of what was spawned when it runs.
spawned() {
  local pid
  pid=$(cat "$HOME_OF_SERVER/$1.pid" 2>/dev/null) && ours "$pid" && say "$pid"
}

# make_home: a folder outside the checkout, which the server's user need not be able to reach; its name is unique, so
# that a process with it in its command line is ours.
make_home() {
  HOME_OF_SERVER=$(mktemp -d /tmp/scim-postgres.XXXXXXXX)
  chmod 711 "$HOME_OF_SERVER"
}
# own FOLDER...: made for the server's user alone.
own() { install -d -m 700 -o "$(server_user)" -g "$(id -gn "$(server_user)")" "$@"; }
# secret FILE: standard input goes into a file that only its owner reads.
secret() { (umask 077 && cat >"$1"); }
give() { # FILE...: to the server's user
  [ "$(id -u)" != 0 ] || chown "$(server_user):$(id -gn "$(server_user)")" "$@"
}
random_password() { openssl rand -hex 24; }

# --- ports, processes, certificates ---------------------------------------------------------------------------------

# free_ports COUNT: ports that nothing listens on, below those that the kernel gives to outgoing connections: they are
# still free when a server comes back to them. Whoever takes one must be ready for somebody else having been faster.
free_ports() {
  local port count=$1
  for port in $(shuf -i 20000-31999 -n 200); do
    [ "$count" -gt 0 ] || return 0
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
    say "$port"
    count=$((count - 1))
  done
  [ "$count" = 0 ] || die "no free port on loopback"
}

# ours PID: runs, and its command line names our folder; a pid from before a reboot may be somebody else's.
ours() { [ -n "$1" ] && tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -qF "$HOME_OF_SERVER"; }
# postmaster DATA: prints the pid of the server of this data folder when it runs.
postmaster() {
  local pid
  pid=$(head -n 1 "$1/postmaster.pid" 2>/dev/null) && ours "$pid" && say "$pid"
}
children() { cat "/proc/$1/task/$1/children" 2>/dev/null || pgrep -P "$1" || true; }
gone() {
  local pid
  for pid; do [ ! -e "/proc/$pid" ] || grep -q '^State:.*Z' "/proc/$pid/status" 2>/dev/null || return 1; done
}
# forget FILE...: removes lock files of a server that is dead but not yet reaped (a container's first process may take its
# time, or never do it): to the next server it would look alive. What is stale otherwise, PostgreSQL sees by itself.
forget() {
  local file pid
  for file; do
    pid=$(head -n 1 "$file" 2>/dev/null) || continue
    if grep -q '^State:.*Z' "/proc/$pid/status" 2>/dev/null; then rm -f "$file"; fi
  done
}
# crash PID...: as if the machine had lost power: these and their children end at once, none of them asked; waits for
# their end, since a server does not start beside a child of its predecessor.
crash() {
  local pid pids=("$@")
  for pid; do mapfile -t -O "${#pids[@]}" pids < <(children "$pid" | xargs -r -n 1); done
  kill -9 "${pids[@]}" 2>/dev/null || true
  wait_for 10 "the end of ${pids[*]}" gone "${pids[@]}"
}

# certificates FOLDER [ADDRESS]: ca.crt, server.crt and server.key for loopback, and for this address.
certificates() {
  local folder=$1 address=${2:-}
  cat >"$folder/openssl.cnf" <<END
[req]
distinguished_name = name
prompt = no
[name]
CN = PostgreSQL of the tests
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost${address:+, IP:$address}
END
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config "$folder/openssl.cnf")
  (
    umask 077
    openssl req -x509 "${key[@]}" -extensions authority -days 30 -keyout "$folder/ca.key" -out "$folder/ca.crt"
    openssl req -new "${key[@]}" -subj /CN=localhost -keyout "$folder/server.key" -out "$folder/server.csr"
    openssl x509 -req -in "$folder/server.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -CAcreateserial -days 30 \
      -extfile "$folder/openssl.cnf" -extensions server -out "$folder/server.crt"
  ) >"$folder/openssl.log" 2>&1 || die "$(cat "$folder/openssl.log")"
  rm -f "$folder/ca.key" "$folder/server.csr"
}
