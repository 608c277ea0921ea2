# shellcheck shell=bash
# The acts. Each does one thing a user would do, waits until it is in force, and looks.

declare_directory() {
  say "  \$ kubectl apply -f examples/quickstart/"
  demo_kubectl apply -f examples/quickstart/ | indent
  demo_kubectl wait --for=condition=Ready --timeout=90s scimdirectory/corp scimaccesstoken/corp-access >/dev/null
  demo_kubectl wait --for=condition=Ready --timeout=30s usermanagementrule --all >/dev/null
  demo_kubectl wait --for=condition=InSync --timeout=30s usermanagementrule --all >/dev/null
  demo_kubectl wait --for='jsonpath={.status.users.total}' --timeout=30s scimdirectory/corp >/dev/null
  open_way corp-scim 8080
  open_way corp-access 8081
  key_of corp-access-scim-api-key >/dev/null
  shown get scimdirectory
  shown get usermanagementrule
}

first_cycle() {
  provider "$(key_of corp-scim-api-key)" test-connection >"$WORK/provider.log"
  send
  roles_table
  people_table
}
# The provider's next cycle: it sends only what differs from what it remembers.
send() {
  provider "$WORK/keys/corp-scim-api-key" cycle >"$WORK/cycle.log" || die "$(tail -n 20 "$WORK/cycle.log")"
  figures <"$WORK/cycle.log"
  cat "$WORK/cycle.log" >>"$WORK/provider.log"
}

somebody_moves() {
  say "  Maia Bakker leaves HR-Designers and joins Finance-Approvers."
  leave_group HR-Designers maia.bakker@example.com
  join_group Finance-Approvers maia.bakker@example.com
  send
  people_table
}

somebody_is_blocked() {
  say "  Bram Ibsen's account is blocked; what rules gave comes back with it."
  block_account bram.ibsen@example.com
  send
  people_table
}

somebody_is_unassigned() {
  say "  Sven Becker leaves every group that is assigned to the application."
  leave_group '.*' sven.becker@example.com
  send
  people_table
}

on_demand() {
  say "  Ada Diallo joins the HR designers and must work at once; no cycle is waited for."
  join_group HR-Designers ada.diallo@example.com
  provider "$WORK/keys/corp-scim-api-key" on-demand --user ada.diallo@example.com --group HR-Designers >"$WORK/demand.log" ||
    die "$(tail -n 20 "$WORK/demand.log")"
  cat "$WORK/demand.log" >>"$WORK/provider.log"
  people_table
}

# awk on the people files: they are small, and made by people.
# shellcheck disable=SC2016 # awk's own $0
leave_group() { # GROUP PERSON
  edit_groups -v group="$1" -v person="$2" '
    /displayName:/ { inside = ($0 ~ "displayName: " group "$") }
    inside && $0 ~ "- " person "$" { next }
    { print }'
}
# shellcheck disable=SC2016
join_group() { # GROUP PERSON
  edit_groups -v group="$1" -v person="$2" '
    /displayName:/ { inside = ($0 ~ "displayName: " group "$") }
    { print }
    inside && /members:$/ { print "      - " person }'
}
edit_groups() { awk "$@" "$PEOPLE/groups.yaml" >"$PEOPLE/.groups" && mv "$PEOPLE/.groups" "$PEOPLE/groups.yaml"; }
block_account() { sed -i "s/{ userName: $1,/{ userName: $1, accountEnabled: false,/" "$PEOPLE/people.yaml"; }

rule_is_edited() {
  say "  HR-Designers shall be developers. A RuleSync brings it to those who are there already."
  change_rule hr-designers '{"spec":{"role":"Developer"}}'
  demo_kubectl wait --for=condition=InSync --timeout=60s usermanagementrule/hr-designers >/dev/null
  demo_kubectl wait --for=jsonpath='{.status.phase}'=Succeeded --timeout=30s rulesync --all >/dev/null
  shown get rulesync
  people_table
}
# change_rule NAME PATCH: and wait until the operator has seen it
change_rule() {
  local generation
  printf "  \$ kubectl patch usermanagementrule %s --type=merge -p '%s'\n" "$1" "$2"
  generation=$(demo_kubectl patch usermanagementrule "$1" --type=merge -p "$2" -o 'jsonpath={.metadata.generation}')
  demo_kubectl wait "usermanagementrule/$1" --for=jsonpath='{.status.observedGeneration}'="$generation" --timeout=30s >/dev/null
}

# The default rule for the lowest role gives more people something than one change may take.
change_is_planned() {
  say "  What would it take to delete the rule corp-participants? Nothing is written."
  asked plan --remove corp-participants
}

# The guard holds it: the rule stays in force, the directory says so, and its Event has the run that confirms it.
rule_is_deleted() {
  say "  \$ kubectl delete usermanagementrule corp-participants"
  demo_kubectl delete usermanagementrule corp-participants >/dev/null
  demo_kubectl wait --for=condition=RevocationHeld --timeout=60s scimdirectory/corp >/dev/null
  shown get scimdirectory corp -o 'jsonpath={.status.conditions[?(@.type=="RevocationHeld")].message}'
  people_table
  wait_for 30 "the Event with the run that confirms it" confirmation
  say "  The directory's Event has the same RuleSync. Somebody looks at it, and applies it."
  say "  \$ kubectl apply -f confirm.yaml"
  demo_kubectl apply -f "$WORK/confirm.yaml" | indent
  demo_kubectl wait --for=jsonpath='{.status.phase}'=Succeeded --timeout=60s -f "$WORK/confirm.yaml" >/dev/null
  wait_for 30 "nothing to be held any more" nothing_is_held
  people_table
  roles_table
}
# The YAML at the end of the newest such Event, as a file.
confirmation() {
  demo_kubectl get events --field-selector reason=RevocationHeld,involvedObject.kind=ScimDirectory \
    --sort-by=.metadata.creationTimestamp -o 'jsonpath={.items[-1:].message}' | sed -n '/apiVersion:/,$p' >"$WORK/confirm.yaml"
  grep -q 'kind: RuleSync' "$WORK/confirm.yaml"
}
nothing_is_held() {
  [ "$(demo_kubectl get scimdirectory corp -o 'jsonpath={.status.conditions[?(@.type=="RevocationHeld")].status}')" != True ]
}

somebody_asks_why() {
  say "  Why is Ada Diallo a Developer in hr, and why may she not enter main any more?"
  asked explain ada.diallo@example.com --tenant hr --role Developer
  asked explain ada.diallo@example.com --tenant main
}

key_rotation() {
  new_key | demo_kubectl apply -f - | indent
  demo_kubectl wait --for=condition=Ready --timeout=30s scimaccesstoken/corp-next >/dev/null
  works corp-scim-api-key
  works "$(basename "$(key_of corp-next-scim-api-key)")"
  say "  \$ kubectl delete scimaccesstoken corp"
  demo_kubectl delete scimaccesstoken corp >/dev/null
  wait_for 30 "the old key to be refused" refused corp-scim-api-key
  works corp-scim-api-key
  works corp-next-scim-api-key
  wait_for 30 "the directory's new key" demo_kubectl wait --for=condition=Ready --timeout=1s scimaccesstoken/corp
  shown get scimaccesstoken
}
new_key() {
  cat <<'Y'
apiVersion: scim-operator.dev/v1alpha1
kind: ScimAccessToken
metadata: { name: corp-next }
spec:
  directoryRef: { name: corp }
  description: The provider's next key
  scope: Scim
  issuedTo: identity-provider
Y
}
# The deleted token is made anew with another value; the file still holds the old one.
refused() { [ "$(status_with "$1")" = 401 ]; }
works() { printf '  %-26s GET /scim/v2/Users?count=1  -> %s\n' "$1" "$(status_with "$1")"; }
status_with() {
  (umask 077 && printf 'Authorization: Bearer %s\n' "$(cat "$WORK/keys/$1")" >"$WORK/keys/header")
  curl --silent --output /dev/null --write-out '%{http_code}' --max-time 10 --header "@$WORK/keys/header" \
    "http://127.0.0.1:${PORTS[corp-scim]}/scim/v2/Users?count=1"
}

farewell() {
  cat <<Y

It is yours now.

$(hack/cluster/cluster.sh env | indent)
  kubectl config set-context --current --namespace=$NAMESPACE

Look around:
  kubectl get scim                       # everything of the four kinds
  kubectl describe scimdirectory corp
  kubectl explain usermanagementrule.spec
  kubectl port-forward service/corp-access 8081   # then ask /access/v1/users with the key of Secret corp-access-scim-api-key

Connect a real identity provider:
  make port 8080 of Service corp-scim reachable for it by HTTPS (an Ingress or a tunnel), give it https://<your host>/scim/v2
  as the tenant URL, and as the secret token what this prints:
  kubectl get secret corp-next-scim-api-key -o jsonpath='{.data.apiKey}' | base64 -d

Clean up:
  make demo-down       # this demo
  make cluster-down    # the cluster
Y
}
