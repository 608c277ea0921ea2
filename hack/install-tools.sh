#!/usr/bin/env bash
# Checks what building and testing need, and installs what Debian has of it. Rust and Go are asked for, not installed:
# which toolchain a machine has is its owner's choice.
# usage: install-tools.sh [build|test]
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/.."

wanted_rust=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
wanted_go=$(awk '$1 == "go" { print $2 }' hack/cluster/kube/go.mod)
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; } # WANTED FOUND

check_rust() {
  have cargo || die "cargo is missing: install Rust $wanted_rust or newer (https://rustup.rs)"
  at_least "$wanted_rust" "$(rustc -V | cut -d' ' -f2)" || die "Rust $wanted_rust or newer is needed; this is $(rustc -V)"
}
check_rust_components() {
  cargo fmt --version >/dev/null 2>&1 || die "rustfmt is missing: rustup component add rustfmt"
  cargo clippy --version >/dev/null 2>&1 || die "clippy is missing: rustup component add clippy"
}
# A Go from 1.21 on fetches the toolchain that a module asks for by itself.
check_go() {
  have go || die "go is missing: install Go $wanted_go or newer (https://go.dev/dl)"
  at_least 1.21 "$(go env GOVERSION | sed 's/^go//')" || die "Go $wanted_go or newer is needed; this is $(go env GOVERSION)"
}
# Packages only for programs that are not there: a machine that has them from elsewhere stays as it is.
packages() {
  local pair
  for pair; do have "${pair%%:*}" || say "${pair##*:}"; done
}
install_missing() {
  local missing
  mapfile -t missing < <(packages "$@")
  [ "${#missing[@]}" = 0 ] || install_packages "${missing[@]}"
}

install_missing gcc:gcc make:make git:git curl:curl
[ -e /usr/include/stdlib.h ] || install_packages libc6-dev
[ -e /etc/ssl/certs/ca-certificates.crt ] || install_packages ca-certificates
check_rust
if [ "${1:-test}" = test ]; then
  install_missing python3:python3 shellcheck:shellcheck jq:jq openssl:openssl
  check_rust_components
  check_go
fi
