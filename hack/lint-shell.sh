#!/usr/bin/env bash
# Runs shellcheck over every shell script of the project.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/.."

if ! have shellcheck; then
  [ "${CI:-}" != true ] || die "shellcheck is missing"
  warn "SKIPPED: shellcheck is missing (hack/install-tools.sh installs it)"
  exit 0
fi
mapfile -t scripts < <(git ls-files 'hack/*.sh' .ci/run)
# Sourced files are read from where the script that sources them is.
shellcheck --external-sources --source-path=SCRIPTDIR --source-path=hack/cluster "${scripts[@]}"
say "shellcheck: ${#scripts[@]} scripts"
