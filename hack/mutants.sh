#!/usr/bin/env bash
# Breaks the evaluation in every small way that cargo-mutants knows, one after the other, and asks whether a test of
# the room `access` fails by it. The room is built alone (target/mutants), so that one round takes seconds. Fails on a
# mutant that survives and is not in hack/mutants/explained.txt, and on a line there that is not true any more.
# usage: mutants.sh [ARGUMENT OF CARGO-MUTANTS...]   for example: mutants.sh --file src/access/guard.rs
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/.."

VERSION=27.1.0
WORK=target/mutants
TOOLS=target/tools
EXPLAINED=hack/mutants/explained.txt

install_tool() {
  [ "$("$TOOLS/bin/cargo-mutants" mutants --version 2>/dev/null)" = "cargo-mutants $VERSION" ] ||
    RUSTFLAGS='' cargo install --quiet --locked --force --root "$TOOLS" --target-dir "$WORK/tool" --version "$VERSION" \
      cargo-mutants
}

# dependency NAME...: the lines of the root manifest.
dependency() {
  local name
  for name; do grep -m 1 "^$name = " Cargo.toml || die "Cargo.toml names no dependency $name"; done
}

# The room as a crate of its own, outside the workspace, with the versions that the project is locked to.
crate() {
  rm -rf "$WORK/crate/src"
  mkdir -p "$WORK/crate/src"
  cp -r src/access "$WORK/crate/src/access"
  cp Cargo.lock "$WORK/crate/Cargo.lock"
  printf '//! The room access alone.\npub mod access;\n' >"$WORK/crate/src/lib.rs"
  {
    printf '[package]\nname = "access"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n\n[dependencies]\n'
    dependency jiff serde
    printf '\n[dev-dependencies]\n'
    dependency proptest serde_json
    # The tests walk through hundreds of thousands of small directories.
    printf '\n[profile.test]\nopt-level = 1\ndebug = false\n'
  } >"$WORK/crate/Cargo.toml"
}

# Names of mutants without the places, which move with every edit.
unplaced() { sed -E 's/^([^:]+):[0-9]+:[0-9]+: /\1: /' "$1" | sort -u; }
explained() { sed -E '/^(#|$)/d; s/ # .*//' "$EXPLAINED" | sort -u; }

mutate() {
  local code=0
  PATH="$TOOLS/bin:$PATH" RUSTFLAGS='' cargo mutants --dir "$WORK/crate" --output "$WORK" --in-place --no-shuffle \
    --colors never --timeout 120 "$@" >"$WORK/log" 2>&1 || code=$?
  case $code in
    0 | 2 | 3) ;;
    *) tail -n 30 "$WORK/log" >&2 && die "cargo mutants ended with $code; see $WORK/log" ;;
  esac
}

mkdir -p "$WORK"
install_tool
crate
mutate "$@"
unplaced "$WORK/mutants.out/missed.txt" >"$WORK/survived"
explained >"$WORK/explained"
new=$(comm -23 "$WORK/survived" "$WORK/explained")
[ -z "$new" ] || die "mutants that no test notices; write a test, or a line with the reason in $EXPLAINED:
$new"
# With arguments only some mutants were made.
stale=$([ $# -gt 0 ] || comm -13 "$WORK/survived" "$WORK/explained")
[ -z "$stale" ] || die "$EXPLAINED: these do not survive any more, or are no mutants: take them out:
$stale"
say "mutants: $(wc -l <"$WORK/mutants.out/caught.txt") caught, $(wc -l <"$WORK/survived") explained"
