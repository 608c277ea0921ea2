#!/usr/bin/env bash
# Runs scim2-cli's compliance checks against a fresh `standalone` and writes docs/conformance.md.
# Fails when a check fails that hack/conformance/expected.txt does not name, or when a named one does not fail any more:
# the list only ever gets shorter. PYTHON names the interpreter, BINARY the program.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/.."

BINARY=${BINARY:-target/$(uname -m)-unknown-linux-gnu/release/scim-operator}
PYTHON=${PYTHON:-python3}
cache=target/conformance
tools=$cache/venv-$(cksum <hack/conformance/requirements.txt | cut -d' ' -f1)

install() {
  [ ! -e "$tools/ready" ] || return 0
  have "$PYTHON" || install_packages python3 python3-venv
  "$PYTHON" -m venv --clear "$tools" || { install_packages python3-venv && "$PYTHON" -m venv --clear "$tools"; }
  "$tools/bin/pip" install --quiet --disable-pip-version-check -r hack/conformance/requirements.txt
  touch "$tools/ready"
}

listening() { sed -n 's/.*"message":"listening".*"public":"\([^"]*\)".*/\1/p' "$home/log" | grep .; }
ready() { curl --silent --fail --noproxy '*' "http://$address/readyz"; }

[ -x "$BINARY" ] || die "there is no $BINARY: make build"
install
home=$(mktemp -d)
mkdir "$home/manifests"
cp hack/conformance/directory.yaml "$home/manifests/"
"$BINARY" --log-format json standalone --manifests "$home/manifests" --data "$home/data" --listen 127.0.0.1:0 \
  2>"$home/log" &
program=$!
trap 'kill "$program" 2>/dev/null || true; wait "$program" 2>/dev/null || true; rm -rf "$home"' EXIT
wait_for 20 "the listener" listening || die "$(cat "$home/log")"
address=$(listening)
wait_for 20 "http://$address/readyz" ready || die "$(cat "$home/log")"

# The checks print colours and fail as soon as one check does; what counts is decided below.
SCIM_CLI_HEADERS="Authorization: Bearer $(cat "$home/data/api-keys/corp")" NO_PROXY='*' \
  "$tools/bin/scim2" --url "http://$address/scim/v2" test >"$cache/results.txt" 2>&1 || true
"$tools/bin/python" hack/conformance/table.py "$cache/results.txt" hack/conformance/expected.txt docs/conformance.md
