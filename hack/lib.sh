# shellcheck shell=bash
# Sourced by every script in hack/: a few words for talking, timing and installing. Starts nothing by itself.

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() {
  warn "$*"
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# elapsed BEGIN: seconds with one decimal since BEGIN, an earlier $EPOCHREALTIME.
elapsed() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'; }

# step LABEL COMMAND...: runs the command and prints how long it took.
step() {
  local label=$1 begin=$EPOCHREALTIME
  shift
  "$@"
  printf '  %-30s %6s s\n' "$label" "$(elapsed "$begin")"
}

# wait_for SECONDS WHAT COMMAND...: tries the command five times a second until it succeeds.
wait_for() {
  local limit=$1 what=$2 end
  shift 2
  end=$((SECONDS + limit))
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || {
      warn "not ready after $limit s: $what"
      return 1
    }
    sleep 0.2
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif have sudo; then
    sudo "$@"
  else
    die "this needs root: $*"
  fi
}

# install_packages PACKAGE...: Debian packages that are not there yet; the package lists are fetched only when needed.
install_packages() {
  local package missing=()
  have apt-get || die "not a Debian system (no apt-get); please install: $*"
  for package; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "installing Debian packages: ${missing[*]}"
  apt_install "${missing[@]}" >/dev/null 2>&1 && return 0
  as_root apt-get update -q >/dev/null || die "apt-get update failed"
  apt_install "${missing[@]}" >/dev/null || die "could not install: ${missing[*]}"
}
apt_install() { as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"; }
