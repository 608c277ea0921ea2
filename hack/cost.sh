#!/usr/bin/env bash
# Counts what the dearest inputs cost, in instructions, so that the answer is the same on every machine: four times as much
# input may cost five times as much at most. The cases are in tests/fuzz/cost.rs; one is planted and must fail.
# usage: cost.sh
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/.."

TRIPLE=$(uname -m)-unknown-linux-gnu
WORK=target/cost
PROGRAM=$WORK/$TRIPLE/cost/cost

# Static as the product is, so that valgrind needs no symbols of the machine's libraries.
build() {
  have valgrind || install_packages valgrind
  RUSTFLAGS='-C target-feature=+crt-static' cargo build --manifest-path tests/fuzz/Cargo.toml --locked --profile cost \
    --features cost --target "$TRIPLE" --target-dir "$WORK"
}

# count CASE SIZE: the instructions of one run, in a file of its own.
count() {
  local log=$WORK/log/$1-$2
  valgrind --tool=callgrind --collect-atstart=no --toggle-collect='scim_fuzz::cost::measured' \
    --callgrind-out-file=/dev/null "$PROGRAM" "$1" "$2" >"$log" 2>&1 || die "case $1 of size $2: $(cat "$log")"
  sed -n 's/.*Collected : //p' "$log" >"$WORK/counts/$1-$2"
}

# table: a line for each case, and a failure when one is not as it should be. Nothing at all was not counted.
table() {
  local number small large growth name status=0 one four
  while IFS=$'\t' read -r number small large growth name; do
    one=$(cat "$WORK/counts/$number-$small") four=$(cat "$WORK/counts/$number-$large")
    awk -v one="$one" -v four="$four" -v growth="$growth" -v name="$name" -v small="$small" -v large="$large" 'BEGIN {
      ok = one > 1000 && (growth == "linear") == (four <= 5 * one)
      printf "%-42s %6d: %11.0f  %6d: %11.0f  %6.2f times %s\n", name, small, one, large, four, four / (one + 0.1),
        ok ? "ok" : "FAILED, should be " growth
      exit !ok
    }' || status=1
  done <<<"$1"
  return "$status"
}

if [ "${1:-}" = --count ]; then
  count "$2" "$3"
  exit
fi
build
rm -rf "$WORK/log" "$WORK/counts"
mkdir -p "$WORK/log" "$WORK/counts"
cases=$("$PROGRAM")
awk -F '\t' '{ print $1, $2; print $1, $3 }' <<<"$cases" | xargs -P "$(nproc)" -n 2 "$0" --count
table "$cases" || die "cost: FAILED"
