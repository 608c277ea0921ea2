#!/usr/bin/env bash
# Builds a folder with a Containerfile into an image archive (docker format).
# usage: build.sh ENGINE FOLDER NAME ARCHIVE   ENGINE: docker, podman, buildah, or auto (the first that works)
# The images here start FROM scratch: nothing is pulled and nothing is run, so all engines give the same content.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../lib.sh"

engine() {
  local name
  for name in docker podman; do
    if have "$name" && timeout 10 "$name" info >/dev/null 2>&1; then
      say "$name"
      return
    fi
  done
  have buildah || die "to build an image, one of docker, podman or buildah is needed"
  say buildah
}
with_docker() {
  docker build --quiet --tag "$2" --file "$1/Containerfile" "$1" >/dev/null
  docker save --output "$3" "$2"
}
with_podman() {
  podman build --quiet --tag "$2" --file "$1/Containerfile" "$1" >/dev/null
  podman save --format docker-archive --output "$3" "$2"
}
# vfs and chroot need no overlay and no namespaces: this works as root inside a container, too.
with_buildah() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  local flags=(--storage-driver vfs --root "$work/root" --runroot "$work/run")
  buildah "${flags[@]}" bud --isolation chroot --pull-never --quiet --tag "$2" "$1" >/dev/null
  buildah "${flags[@]}" push --quiet "$2" "docker-archive:$3:$2"
}

[ $# = 4 ] || die "usage: build.sh ENGINE FOLDER NAME ARCHIVE"
engine=$1
[ "$engine" != auto ] || engine=$(engine)
rm -f "$4"
"with_$engine" "$2" "$3" "$4"
