#!/usr/bin/env bash
# Writes the files that are made from others: CRDs and their reference page from the Rust types, the chart's copy of the
# CRDs, the rendered charts.
# usage: generate.sh [--check]   --check changes nothing and fails with the difference. Reads BINARY.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/cluster/env.sh"
cd "$CLUSTER_SCRIPTS/../.."

: "${BINARY:?run this as: make generate}"
CHART=charts/scim-operator
GOLDEN=tests/golden/chart
PAGE=docs/reference/resources.md
MADE=(crds "$CHART/files/crds" "$GOLDEN" "$PAGE")

# into ROOT: everything below a root folder; the chart itself is read from a copy, so that its CRDs are the new ones.
into() {
  local root=$1
  mkdir -p "$root/charts"
  cp -r "$CHART" "$root/charts/"
  rm -rf "${root:?}/$CHART/files/crds"
  mkdir -p "$root/crds" "$root/$CHART/files/crds" "$root/$GOLDEN"
  "$BINARY" crds --out "$root/crds" >/dev/null
  check_crds "$root/crds"
  cp "$root"/crds/*.yaml "$root/$CHART/files/crds/"
  mkdir -p "$(dirname "$root/$PAGE")"
  "$BINARY" crds --docs >"$root/$PAGE"
  render "$root"
}
# The chart puts its annotation in by text (YAML round trips of templates turn 1000000 into 1e+06): it needs this form.
check_crds() {
  local file
  for file in "$1"/*.yaml; do
    [ "$(grep -c '^metadata:$' "$file")" = 1 ] || die "$file: no plain 'metadata:' line"
    ! grep -q '^  annotations:' "$file" || die "$file: has annotations of its own"
  done
}
# The golden files leave the CRDs out (they are in crds/); here: all are rendered, each is kept on uninstall, and "keep" is all
# that the chart changes.
check_chart_crds() {
  local rendered=$1/rendered-crds
  "$(tool helm)" template scim-operator "$1/$CHART" --kube-version 1.33.0 --show-only templates/crds.yaml >"$rendered"
  grep -vE '^(---|# Source: .*|  annotations:|    helm.sh/resource-policy: keep|)$' "$rendered" |
    diff -q - <(cat "$1"/crds/*.yaml | grep -vE '^(---|)$') >/dev/null || die "the chart does not render the CRDs as they are"
  [ "$(grep -c 'resource-policy: keep' "$rendered")" = "$(find "$1/crds" -name '*.yaml' | wc -l)" ] ||
    die "not every CRD of the chart is kept on uninstall"
}
# Least privilege starts with naming things.
check_no_stars() {
  ! grep -nE '^ *(- )?(apiGroups|resources|verbs): .*\*' "$1"/* || die "a role of the chart has a star"
}
render() {
  local values name
  check_chart_crds "$1"
  for values in "$CHART"/ci/*-values.yaml; do
    name=$(basename "$values" -values.yaml)
    "$(tool helm)" lint --strict --quiet "$1/$CHART" --values "$values"
    "$(tool helm)" template scim-operator "$1/$CHART" --namespace scim-system --kube-version 1.33.0 --values "$values" \
      >"$1/$GOLDEN/$name.yaml"
  done
  check_no_stars "$1/$GOLDEN"
}

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
into "$root"
status=0
for path in "${MADE[@]}"; do
  if [ "${1:-}" = --check ]; then
    diff -ruN "$path" "$root/$path" || status=1
  else
    rm -rf "$path"
    mkdir -p "$(dirname "$path")"
    cp -r "$root/$path" "$path"
  fi
done
[ "$status" = 0 ] || die "generated files are not current: run 'make generate' and commit"
say "generated files: ${MADE[*]}"
