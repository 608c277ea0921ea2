# shellcheck shell=bash
# Local processes by name. A process is remembered as "pid start-time": after a reboot the pid may be somebody else's.

start_time() { sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# start NAME COMMAND...: in the background, in a session of its own, its output in logs/NAME.log.
start() {
  local name=$1 pid
  shift
  nohup setsid "$@" >"$DATA/logs/$name.log" 2>&1 </dev/null 8>&- 9>&- &
  pid=$!
  printf '%s %s\n' "$pid" "$(start_time "$pid")" >"$DATA/run/$name.pid"
}

pid_of() { cut -d' ' -f1 "$DATA/run/$1.pid" 2>/dev/null; }
alive() {
  local pid since
  read -r pid since 2>/dev/null <"$DATA/run/$1.pid" || return 1
  [ -n "$since" ] && [ "$(start_time "$pid")" = "$since" ]
}
gone() { ! alive "$1"; }

# stop NAME...: asks all, waits up to ten seconds for each, then insists.
stop() {
  local name
  for name; do
    if alive "$name"; then kill "$(pid_of "$name")"; fi
  done
  for name; do
    wait_for 10 "end of $name" gone "$name" || kill -9 "$(pid_of "$name")" || true
    rm -f "$DATA/run/$name.pid"
  done
}

# stop_now NAME: asks nobody.
stop_now() {
  if alive "$1"; then kill -9 "$(pid_of "$1")"; fi
  wait_for 10 "end of $1" gone "$1"
  rm -f "$DATA/run/$1.pid"
}
