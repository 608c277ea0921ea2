#!/usr/bin/env bash
# The whole product in a cluster, in eleven acts. What it shows comes from kubectl and the access API only, the way a user
# would look. It starts over in a namespace of its own and leaves everything running to look around in.
# usage: demo.sh          reads BINARY and IMAGE
#        demo.sh remove   ends what an earlier demo left running, if any; the cluster stays
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/cluster/env.sh"
cd "$CLUSTER_SCRIPTS/../.."

# shellcheck disable=SC2034 # used by the parts in hack/demo/
SYSTEM=scim-system NAMESPACE=scim-demo
WORK=target/demo
# shellcheck disable=SC2034
PEOPLE=$WORK/people
for part in prepare reach look acts; do
  # shellcheck source=/dev/null
  . "hack/demo/$part.sh"
done

if [ "${1:-}" = remove ]; then
  remove_demo
  exit
fi
: "${BINARY:?run this as: make demo}" "${IMAGE:?}"
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
act "Somebody moves from one group to another" somebody_moves
act "Somebody's account is blocked" somebody_is_blocked
act "Somebody is unassigned from the application" somebody_is_unassigned
act "Something urgent is provisioned on demand" on_demand
act "A rule is edited" rule_is_edited
act "A change is planned before it is made" change_is_planned
act "A rule is deleted: held, then confirmed" rule_is_deleted
act "Somebody asks why" somebody_asks_why
act "A key is replaced without a failed request" key_rotation
farewell
