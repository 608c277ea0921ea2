# shellcheck shell=bash
# The acts. Each does one thing a user would do, waits until it is in force, and looks.

declare_directory() {
  say "  \$ kubectl apply -f examples/quickstart/"
  demo_kubectl apply -f examples/quickstart/ | indent
  demo_kubectl wait --for=condition=Ready --timeout=90s scimdirectory/corp scimaccesstoken/corp-access >/dev/null
  demo_kubectl wait --for=condition=Ready --timeout=30s usermanagementrule --all >/dev/null
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
}
# The provider's next cycle: it sends only what differs from what it remembers.
send() {
  provider "$WORK/keys/corp-scim-api-key" cycle >"$WORK/cycle.log" || die "$(tail -n 20 "$WORK/cycle.log")"
  figures <"$WORK/cycle.log"
  cat "$WORK/cycle.log" >>"$WORK/provider.log"
}

one_person() {
  person maia.bakker@example.com
  why maia.bakker@example.com hr Designer
  why maia.bakker@example.com main 'Global Admin'
}

people_change() {
  say "  Maia Bakker leaves HR-Designers; Bram Ibsen's account is blocked."
  leave_group HR-Designers maia.bakker@example.com
  block_account bram.ibsen@example.com
  send
  person maia.bakker@example.com bram.ibsen@example.com
}
leave_group() { # GROUP PERSON
  awk -v group="$1" -v person="$2" '
    /displayName:/ { inside = ($0 ~ "displayName: " group "$") }
    inside && $0 ~ "- " person "$" { next }
    { print }' "$PEOPLE/groups.yaml" >"$PEOPLE/.groups" && mv "$PEOPLE/.groups" "$PEOPLE/groups.yaml"
}
block_account() { sed -i "s/{ userName: $1,/{ userName: $1, accountEnabled: false,/" "$PEOPLE/people.yaml"; }

rule_changes() {
  say "  HR-Designers shall be developers."
  change_rule hr-designers '{"spec":{"role":"Developer"}}'
  demo_kubectl wait --for=condition=InSync --timeout=60s usermanagementrule/hr-designers >/dev/null
  person sven.becker@example.com
  shown get rulesync
}
# change_rule NAME PATCH: and wait until the operator has seen it
change_rule() {
  local generation
  printf "  \$ kubectl patch usermanagementrule %s --type=merge -p '%s'\n" "$1" "$2"
  generation=$(demo_kubectl patch usermanagementrule "$1" --type=merge -p "$2" -o 'jsonpath={.metadata.generation}')
  demo_kubectl wait "usermanagementrule/$1" --for=jsonpath='{.status.observedGeneration}'="$generation" --timeout=30s >/dev/null
}

too_much() {
  say "  Somebody switches off the rule that lets nearly everybody in."
  change_rule corp-participants '{"spec":{"enabled":false}}'
  wait_for 60 "a held run" a_run_is_held
  shown get rulesync
  say "  Nobody lost anything:"
  roles_table
  change_rule corp-participants '{"spec":{"enabled":true}}'
}
a_run_is_held() { demo_kubectl get rulesync -o 'jsonpath={.items[*].status.phase}' | grep -qw Held; }

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
  kubectl delete namespace $NAMESPACE    # this demo
  make cluster-down                      # the cluster
Y
}
