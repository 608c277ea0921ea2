#!/usr/bin/env bash
# The product's image from the built binary; goes to the cluster when one is up. Reads BINARY and IMAGE.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../lib.sh"
cd "$(dirname "$(readlink -f "$0")")/../.."

: "${BINARY:?run this as: make image}" "${IMAGE:?}"
: "${LIMIT:=40000000}" # bytes: what grows past it says why. What is released keeps to 25 MB (make dist)
FOLDER=target/image
ARCHIVE=target/image.tar

folder() {
  rm -rf "$FOLDER"
  mkdir -p "$FOLDER"
  strip -o "$FOLDER/scim-operator" "$BINARY"
  cp /etc/ssl/certs/ca-certificates.crt Containerfile "$FOLDER/"
}
check_static() {
  if readelf -l "$FOLDER/scim-operator" | grep -q INTERP; then die "$BINARY is not static and cannot run FROM scratch"; fi
}
check_size() {
  local size
  size=$(stat -c %s "$ARCHIVE")
  say "image $IMAGE: $(awk -v n="$size" 'BEGIN { printf "%.1f", n / 1e6 }') MB"
  [ "$size" -le "$LIMIT" ] || die "the image is larger than $((LIMIT / 1000000)) MB"
}

folder
check_static
hack/image/build.sh auto "$FOLDER" "$IMAGE" "$ARCHIVE"
check_size
if hack/cluster/cluster.sh is-up; then
  hack/cluster/cluster.sh load "$ARCHIVE"
  say "image $IMAGE: given to the cluster"
else
  say "no cluster is up; 'make cluster image' gives it to one"
fi
