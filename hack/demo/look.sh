# shellcheck shell=bash
# Short tables of what is: from kubectl and the access API.
ACT=0

act() { # TITLE FUNCTION
  local begin=$EPOCHREALTIME
  ACT=$((ACT + 1))
  printf '\n%s. %s\n\n' "$ACT" "$1"
  "$2"
  printf '%62s\n' "($(elapsed "$begin") s)"
}
shown() { # COMMAND...: what a user would type, and its answer
  printf '  $ %s\n' "kubectl $*"
  demo_kubectl "$@" | sed 's/^/  /'
}
indent() { sed 's/^/  /'; }

# How many people have which role in which tenant.
roles_table() {
  printf '  GET /access/v1/users\n'
  everybody | jq -r '[.[] | .tenants[] | "\(.tenant)\t\(.role)"] | group_by(.)[] | "\(.[0])\t\(length)"' |
    awk -F '\t' 'BEGIN { printf "%-12s %-18s %6s\n", "TENANT", "ROLE", "PEOPLE" } { printf "%-12s %-18s %6d\n", $1, $2, $3 }' |
    indent
}

# person USERNAME...: a line for each tenant a person may enter, or that there is none.
person() {
  local name
  printf '  GET /access/v1/users/{userName}\n'
  {
    printf 'PERSON\tACTIVE\tTENANT\tROLE\tAPPLICATION GROUPS\tBY RULES\n'
    for name; do access "/users/$name" | person_rows; done
  } | column -t -s $'\t' | indent
}
person_rows() {
  jq -r '. as $p | (if (.tenants | length) > 0 then .tenants else [{tenant: "-", role: "no access"}] end)[]
    | [$p.userName, ($p.active | tostring), .tenant, .role, ((.applicationGroups // []) | join(", ")), ((.rules // []) | join(", "))]
    | map(if . == "" then "-" else . end) | @tsv'
}

# why USERNAME TENANT ROLE
why() {
  printf '  GET /access/v1/users/%s/explain?tenant=%s&role=%s\n' "$1" "$2" "${3// /%20}"
  access "/users/$1/explain?tenant=$2&role=${3// /%20}" | jq -r '"granted: \(.granted)", (.reasons[] | "  \(.code): \(.message)")' | indent
}

# figures: only the sum of what the provider sent; every request is in target/demo/provider.log
figures() { awk '/^(people|groups|requests|refused) /' | indent; }
