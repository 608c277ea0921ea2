#!/usr/bin/env bash
# Writes the Go modules of this folder anew for the versions below. Run it to move to another version, then commit.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/env.sh"

: "${KUBERNETES:=$(version_of kube k8s.io/kubernetes)}" "${ETCD:=$(version_of kube go.etcd.io/etcd/server/v3)}"
: "${HELM:=$(version_of helm helm.sh/helm/v4)}" "${COREDNS:=$(version_of dns github.com/coredns/coredns)}"
: "${KIND:=$(version_of kind sigs.k8s.io/kind)}"
export CGO_ENABLED=0

# module NAME PACKAGE@VERSION...
module() {
  local folder=$CLUSTER_SCRIPTS/$1
  cd "$folder"
  rm -f go.mod go.sum
  printf 'module github.com/scim-operator/scim-operator/hack/cluster/%s\n\ngo 1.26.0\n' "$1" >go.mod
  if [ "$1" = kube ]; then staging >>go.mod; fi
  go get -tool "${@:2}"
}

# Kubernetes keeps its libraries in its own tree and replaces them there; replaces of a dependency are not inherited.
staging() {
  local own
  own=$(go mod download -json "k8s.io/kubernetes@$KUBERNETES" | sed -n 's/^\t"GoMod": "\(.*\)",$/\1/p')
  printf '\nreplace (\n'
  grep -oE '^\s+k8s.io/[a-z-]+ => ./staging' "$own" | awk -v v="v0${KUBERNETES#v1}" '{ print "\t" $1 " => " $1 " " v }'
  printf ')\n'
}

commands=()
for name in kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do
  commands+=("k8s.io/kubernetes/cmd/$name@$KUBERNETES")
done
module kube "${commands[@]}" "go.etcd.io/etcd/server/v3@$ETCD"
module helm "helm.sh/helm/v4/cmd/helm@$HELM"
module dns "github.com/coredns/coredns@$COREDNS"
module kind "sigs.k8s.io/kind@$KIND"
