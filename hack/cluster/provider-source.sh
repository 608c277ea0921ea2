# shellcheck shell=bash
# A single node from source: etcd, the Kubernetes programs and CoreDNS as local processes, containerd and runc of Debian.
# Needs root. Fresh at each start; reused while it runs; what a killed run left is cleaned up before a start.
. "$CLUSTER_SCRIPTS/env.sh"
for part in processes pki control-plane node storage stop; do
  # shellcheck source=/dev/null
  . "$CLUSTER_SCRIPTS/source/$part.sh"
done

PACKAGES=(containerd runc containernetworking-plugins iptables conntrack buildah busybox-static openssl socat iproute2)
TOOLS=(etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl helm coredns)
PROCESSES=(etcd apiserver controller-manager scheduler containerd kubelet proxy coredns)

missing() {
  [ "$(uname -s)" = Linux ] || say "Linux"
  [ "$(id -u)" = 0 ] || say "root"
  have apt-get || programs_missing
  have go || tools_missing
}
programs_missing() {
  local name
  for name in containerd ctr runc iptables conntrack buildah busybox openssl ip; do have "$name" || say "$name"; done
}
tools_missing() {
  local name
  for name in "${TOOLS[@]}"; do
    if [ ! -x "$(tool "$name")" ]; then
      say "Go (builds $name and others)"
      return
    fi
  done
}
tools() {
  if have apt-get; then install_packages "${PACKAGES[@]}"; fi
  "$CLUSTER_SCRIPTS/build.sh" "${TOOLS[@]}"
}

running() {
  local name
  for name in "${PROCESSES[@]}"; do alive "$name" || return 1; done
  kubectl get --raw /readyz >/dev/null 2>&1
}

up() {
  local begin=$EPOCHREALTIME
  if leftovers; then step "cleaning what was left" down; fi
  prepare_data
  step "certificates" make_pki
  step "bridge" make_bridge
  step "etcd and API server" start_control_plane
  start_controllers
  step "containerd and sandbox image" start_containerd
  start_kubelet
  start_proxy
  start_dns
  step "node ready" wait_for 60 "the node (logs: $DATA/logs)" kubectl wait --for=condition=Ready "node/$NODE" --timeout=1s
  step "service accounts" wait_for 30 "the default service account" kubectl get serviceaccount default
  step "storage" make_storage
  say "ready in $(elapsed "$begin") s"
}

prepare_data() {
  # Only a folder that an earlier start marked as its own is ever removed.
  if [ -n "$(ls -A "$DATA" 2>/dev/null)" ] && [ ! -e "$DATA/.scim-operator-cluster" ]; then
    die "$DATA is not empty and not a cluster's data: not touched"
  fi
  rm -rf "${DATA:?}"
  mkdir -p "$DATA"/{run,pki,logs,etcd,containerd,cni,pause,volumes}
  touch "$DATA/.scim-operator-cluster"
}

load() { ctr --address "$DATA/containerd.sock" --namespace k8s.io images import "$1" >/dev/null; }
