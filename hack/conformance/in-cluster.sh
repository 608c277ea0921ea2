#!/usr/bin/env bash
# usage: in-cluster.sh URL TOKEN_FILE: runs scim2-cli against an endpoint that is there already, such as one in a
# cluster, with a directory like hack/conformance/scim2-cli.yaml, and fails on what expected.txt does not name for it.
# Needs `make conformance-tools`; writes nothing into the project.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
. "$here/../lib.sh"
[ "$#" = 2 ] || die "usage: in-cluster.sh URL TOKEN_FILE"
url=$1 token=$(readlink -f "$2")
cd "$here/../.."
. hack/conformance/lib.sh

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
mkdir "$results/scim2-cli"
hack/conformance/scim2-cli.sh "$url" "$token" "$results/scim2-cli"
"$tools/bin/python" -B hack/conformance/table.py "$results" scim2-cli
