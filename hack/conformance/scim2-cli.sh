#!/usr/bin/env bash
# usage: scim2-cli.sh URL TOKEN_FILE FOLDER: runs scim2-cli's checks; what they print goes to FOLDER/results.txt.
# They fail as soon as one check does; what counts is decided by table.py.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../lib.sh"
url=$1 token=$(cat "$2") folder=$(readlink -f "$3")
cd "$(dirname "$(readlink -f "$0")")/../.."
. hack/conformance/lib.sh

[ -x "$tools/bin/scim2" ] || die "scim2-cli is missing: make conformance-tools"
SCIM_CLI_HEADERS="Authorization: Bearer $token" NO_PROXY='*' \
  timeout 60 "$tools/bin/scim2" --url "$url" test >"$folder/results.txt" 2>&1 || true
