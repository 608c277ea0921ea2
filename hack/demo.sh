#!/usr/bin/env bash
# The whole product in a cluster, in seven acts. What it shows comes from kubectl and the access API only, the way a user
# would look. It starts over in a namespace of its own and leaves everything running to look around in.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/cluster/env.sh"
cd "$CLUSTER_SCRIPTS/../.."

: "${BINARY:?run this as: make demo}" "${IMAGE:?}"
# shellcheck disable=SC2034 # used by the parts in hack/demo/
SYSTEM=scim-system NAMESPACE=scim-demo
WORK=target/demo
# shellcheck disable=SC2034
PEOPLE=$WORK/people
for part in prepare reach look acts; do
  # shellcheck source=/dev/null
  . "hack/demo/$part.sh"
done

trap close_ways EXIT
trap 'exit 130' INT TERM
step "tools" check_tools
step "cluster" hack/cluster/cluster.sh up
step "binary" make build
step "image" make image
step "operator" install_operator
step "a fresh namespace" fresh_namespace
act "A directory is declared" declare_directory
act "The identity provider connects: 200 people, 8 groups" first_cycle
act "One person, and why" one_person
act "Somebody changes group, somebody's account is blocked" people_change
act "A rule changes" rule_changes
act "A change that would take too much is held" too_much
act "A key is replaced without a failed request" key_rotation
farewell
