#!/usr/bin/env bash
# Runs the SCIM test suites that others publish, each against a fresh `standalone`, and writes docs/conformance.md.
# Fails when something fails or is skipped that hack/conformance/expected.txt does not name, or when something named
# there does not fail any more: the list only ever gets shorter (UPDATE=1 takes off what is mended). BINARY names the
# program.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/.."
. hack/conformance/lib.sh

BINARY=${BINARY:-target/$(uname -m)-unknown-linux-gnu/release/scim-operator}
SUITES=(scim2-cli scim-sanity)

listening() { sed -n 's/.*"message":"listening".*"public":"\([^"]*\)".*/\1/p' "$home/log" | grep .; }
ready() { curl --silent --fail --noproxy '*' "http://$address/readyz"; }
stop() {
  kill "$program" 2>/dev/null || true
  wait "$program" 2>/dev/null || true
  program=
}
finish() {
  [ -z "${program:-}" ] || stop
  rm -rf "${home:-}"
}

# run SUITE: what it printed stays in target/conformance/results/SUITE.
run() {
  local suite=$1 folder=$cache/results/$1
  rm -rf "$folder"
  mkdir -p "$folder"
  home=$(mktemp -d)
  mkdir "$home/manifests"
  cp "hack/conformance/$suite.yaml" "$home/manifests/"
  "$BINARY" --log-format json standalone --manifests "$home/manifests" --data "$home/data" --listen 127.0.0.1:0 \
    2>"$home/log" &
  program=$!
  wait_for 20 "the listener" listening || die "$(cat "$home/log")"
  address=$(listening)
  wait_for 20 "http://$address/readyz" ready || die "$(cat "$home/log")"
  "hack/conformance/$suite.sh" "http://$address/scim/v2" "$home/data/api-keys/corp" "$folder"
  stop
  rm -rf "$home"
}

[ -x "$BINARY" ] || die "there is no $BINARY: make build"
trap finish EXIT
hack/conformance/tools.sh
for suite in "${SUITES[@]}"; do step "$suite" run "$suite"; done
"$tools/bin/python" -B hack/conformance/table.py --page docs/conformance.md ${UPDATE:+--take-off} \
  "$cache/results" "${SUITES[@]}"
