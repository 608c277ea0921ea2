#!/usr/bin/env bash
# usage: scim-sanity.sh URL TOKEN_FILE FOLDER: runs scim-sanity's probe, strict; the report goes to FOLDER/results.json.
# It fails as soon as one test does; what counts is decided by table.py.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../lib.sh"
url=$1 token=$(cat "$2") folder=$(readlink -f "$3")
cd "$(dirname "$(readlink -f "$0")")/../.."
. hack/conformance/lib.sh

[ -x "$tools/bin/scim-sanity" ] || die "scim-sanity is missing: make conformance-tools"
timeout 60 "$tools/bin/scim-sanity" probe "$url" --token "$token" --strict --json-output --i-accept-side-effects \
  >"$folder/results.json" 2>"$folder/errors.txt" || true
