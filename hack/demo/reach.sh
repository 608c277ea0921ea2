# shellcheck shell=bash
# Ways from this machine to the endpoint's services, by kubectl port-forward on loopback: the same with every cluster.
declare -A WAYS=() PORTS=()

demo_kubectl() { kubectl --namespace "$NAMESPACE" "$@"; }

# open_way SERVICE PORT: afterwards 127.0.0.1:${PORTS[SERVICE]} is the service.
open_way() {
  local log=$WORK/way-$1.log
  command "$(tool kubectl)" --kubeconfig "$KUBECONFIG_FILE" --namespace "$NAMESPACE" \
    port-forward --address 127.0.0.1 "service/$1" ":$2" >"$log" 2>&1 &
  WAYS[$1]=$!
  wait_for 30 "a way to service $1 ($(tail -n 1 "$log"))" grep -q '^Forwarding from' "$log"
  PORTS[$1]=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p' "$log" | head -n 1)
}
close_ways() {
  local name
  for name in "${!WAYS[@]}"; do kill "${WAYS[$name]}" 2>/dev/null || true; done
}

# key_of SECRET: the path of a file with the key. Keys are never arguments: those are visible to everybody on a machine.
key_of() {
  (umask 077 && demo_kubectl get secret "$1" -o 'jsonpath={.data.apiKey}' | base64 -d >"$WORK/keys/$1")
  say "$WORK/keys/$1"
}

# access PATH: GET from the access API.
access() {
  (umask 077 && printf 'Authorization: Bearer %s\n' "$(cat "$WORK/keys/corp-access-scim-api-key")" >"$WORK/keys/header")
  curl --silent --show-error --fail-with-body --max-time 10 --header "@$WORK/keys/header" \
    "http://127.0.0.1:${PORTS[corp-access]}/access/v1$1"
}

# everybody: all access views, as one JSON array.
everybody() {
  local cursor="" page
  while :; do
    page=$(access "/users?count=100${cursor:+&cursor=$cursor}")
    jq '.users[]' <<<"$page"
    cursor=$(jq -r '.next // empty' <<<"$page")
    [ -n "$cursor" ] || break
  done | jq -s .
}

# provider KEY-FILE ARGUMENT...: the simulated identity provider, with the people of this demo.
provider() {
  local key=$1
  shift
  "$BINARY" simulate --url "http://127.0.0.1:${PORTS[corp-scim]}/scim/v2" --token-file "$key" \
    --people "$PEOPLE" --state "$WORK/provider-state.json" "$@"
}
