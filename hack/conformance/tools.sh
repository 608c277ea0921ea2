#!/usr/bin/env bash
# Installs the published suites into target/conformance, unless they are there.
# PYTHON names the interpreter.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../lib.sh"
cd "$(dirname "$(readlink -f "$0")")/../.."
. hack/conformance/lib.sh

PYTHON=${PYTHON:-python3}

from_pypi() {
  [ ! -e "$tools/ready" ] || return 0
  have "$PYTHON" || install_packages python3 python3-venv
  "$PYTHON" -m venv --clear "$tools" || { install_packages python3-venv && "$PYTHON" -m venv --clear "$tools"; }
  "$tools/bin/pip" install --quiet --disable-pip-version-check -r hack/conformance/requirements.txt
  touch "$tools/ready"
}

mkdir -p "$cache"
from_pypi
