#!/usr/bin/env bash
# Looks for inputs that break a property of the pure rooms: builds the targets of tests/fuzz with libFuzzer, on a stable
# compiler, and gives each FUZZ_SECONDS. It begins with the inputs of tests/fuzz/corpus and with what earlier runs found
# interesting (target/fuzz/corpus). Fails with the path of an input that breaks a property, and when the planted fault of
# the target `canary` is not found, since then the fuzzer sees nothing.
# usage: [FUZZ_SECONDS=10] fuzz.sh [TARGET...]
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/lib.sh"
cd "$(dirname "$(readlink -f "$0")")/.."

TARGETS=(filter path patch request query)
SECONDS_EACH=${FUZZ_SECONDS:-10}
TRIPLE=$(uname -m)-unknown-linux-gnu
WORK=target/fuzz
PROGRAMS=$WORK/$TRIPLE/release

# What cargo-fuzz asks of the compiler, without the sanitizers, which stable has not. The branch folding would hide from
# the fuzzer which half of a condition it has got right.
coverage() {
  printf '%s ' -Cpasses=sancov-module -Ccodegen-units=1 \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0
}

build() {
  have c++ || install_packages g++
  RUSTFLAGS=$(coverage) cargo build --manifest-path tests/fuzz/Cargo.toml --locked --release --features fuzz \
    --target "$TRIPLE" --target-dir "$WORK"
}

# libfuzzer TARGET SEEDS...: inputs of at most 16 KiB, each in at most 5 s and 1 GiB.
libfuzzer() {
  local target=$1
  shift
  "$PROGRAMS/$target" -max_total_time="$SECONDS_EACH" -timeout=5 -rss_limit_mb=1024 -max_len=16384 \
    -dict=tests/fuzz/scim.dict -artifact_prefix="$WORK/found/$target-" "$@" >"$WORK/log/$target" 2>&1
}

# It has to run: a target that tries next to nothing shows nothing.
fuzz() {
  local target=$1 runs input
  mkdir -p "$WORK/corpus/$target"
  if libfuzzer "$target" "$WORK/corpus/$target" "tests/fuzz/corpus/$target"; then
    runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$WORK/log/$target")
    [ "${runs:-0}" -ge 1000 ] || die "fuzz $target: ${runs:-0} inputs only; see $WORK/log/$target"
    say "fuzz $target: $runs inputs, no property broken"
    return
  fi
  input=$(sed -n 's/.*Test unit written to //p' "$WORK/log/$target")
  grep -m 1 -A 6 -E 'panicked at|ERROR: libFuzzer' "$WORK/log/$target" | cut -c 1-2000 >&2 || tail -n 20 "$WORK/log/$target" >&2
  die "fuzz $target: an input breaks a property: $input
  again:    $PROGRAMS/$target $input
  smaller:  $PROGRAMS/$target -minimize_crash=1 -max_total_time=30 $input
  for ever: mend it, and keep the input in tests/fuzz/corpus/$target"
}

canary() {
  rm -rf "$WORK/corpus/canary"
  mkdir -p "$WORK/corpus/canary"
  SECONDS_EACH=30
  if libfuzzer canary "$WORK/corpus/canary" || ! grep -q 'the canary sings' "$WORK/log/canary"; then
    die "fuzz canary: the planted fault was not found; see $WORK/log/canary"
  fi
  say "fuzz canary: the planted fault was found"
}

if [ "${1:-}" = --run ]; then
  fuzz "$2"
  exit
fi
build
rm -rf "$WORK/log" "$WORK/found"
mkdir -p "$WORK/log" "$WORK/found"
canary
[ $# = 0 ] || TARGETS=("$@")
printf '%s\n' "${TARGETS[@]}" | xargs -P "$(nproc)" -I '{}' "$0" --run '{}' || die "fuzz: FAILED"
