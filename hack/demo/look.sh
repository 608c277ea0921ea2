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
  local answer
  printf '  $ %s\n' "kubectl $*"
  answer=$(demo_kubectl "$@")
  indent <<<"$answer"
  timeless <<<"$answer" | table "kubectl $*" >/dev/null
}
# asked COMMAND ARGUMENT...: what scim-operator answers about this directory, from its access API.
asked() {
  local answer code=0
  printf '  $ %s\n' "scim-operator $* --against http://127.0.0.1:8081 --token-file key"
  answer=$("$BINARY" "$@" --against "http://127.0.0.1:${PORTS[corp-access]}" \
    --token-file "$WORK/keys/corp-access-scim-api-key") || code=$?
  # Exit code 2 of a plan: more than the guard allows.
  [ "$code" = 0 ] || [ "$1 $code" = "plan 2" ] || die "scim-operator $*: exit code $code"
  indent <<<"$answer"
  [ "$code" = 0 ] || say "  (exit code $code)"
  timeless <<<"$answer" | table "scim-operator $*" >/dev/null
}
# What differs from run to run: ages, times, ids of requests, the uid and revision in the name of an automatic run; and so
# the widths.
timeless() {
  sed -E -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/<time>/g' -e 's/ ([0-9]+[smh]){1,2}$/ <age>/' \
    -e 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/<id>/g' \
    -e 's/(^|[ /])corp-[0-9a-z]{8}-[0-9]+/\1corp-<uid>-<revision>/' \
    -e 's/corp-[0-9]+-allow-/corp-<revision>-allow-/g' -e 's/ {2,}/  /g'
}
indent() { sed 's/^/  /'; }

# How many people have which role in which tenant.
roles_table() {
  printf '  GET /access/v1/users\n'
  everybody | jq -r '[.[] | .tenants[] | "\(.tenant)\t\(.role)"] | group_by(.)[] | "\(.[0])\t\(length)"' |
    awk -F '\t' 'BEGIN { printf "%-12s %-18s %6s\n", "TENANT", "ROLE", "PEOPLE" } { printf "%-12s %-18s %6d\n", $1, $2, $3 }' |
    table "roles"
}

# The people whose access the acts change.
WATCHED=(maia.bakker@example.com bram.ibsen@example.com sven.becker@example.com ada.diallo@example.com)

# One line for each of them: the SCIM badge says that rules manage the person. Kept in target/demo/tables too.
people_table() {
  local name
  printf '  GET /access/v1/users/{userName}\n'
  {
    printf 'PERSON\tSCIM\tACTIVE\tROLE PER TENANT\tAPPLICATION GROUPS\n'
    for name in "${WATCHED[@]}"; do access "/users/$name" | person_row; done
  } | column -t -s $'\t' | table "people"
}
person_row() {
  jq -r '[.userName, (if .managed then "SCIM" else "-" end), (if .active then "yes" else "no" end),
      ([.tenants[] | "\(.tenant)=\(.role)"] | join(", ")),
      ([.tenants[].applicationGroups[]] | unique | join(", "))]
    | map(if . == "" then "-" else . end) | @tsv'
}
# table NAME: prints it, and keeps it for whoever wants to compare.
table() {
  { printf '%s. %s\n' "$ACT" "$1" && cat; } | tee -a "$WORK/tables" | tail -n +2 | indent
}

# figures: only the sum of what the provider sent; every request is in target/demo/provider.log
figures() { awk '/^(people|groups|requests|refused) /' | indent; }
