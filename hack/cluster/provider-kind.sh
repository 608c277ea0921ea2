# shellcheck shell=bash
# kind: Kubernetes in a container, where Docker or Podman answers. kind itself is built from its Go module.
. "$CLUSTER_SCRIPTS/env.sh"
KIND_NAME=scim-operator

engine() {
  local name
  for name in docker podman; do
    if have "$name" && timeout 10 "$name" info >/dev/null 2>&1; then
      say "$name"
      return
    fi
  done
}
kind() { KIND_EXPERIMENTAL_PROVIDER=$(engine) command "$BIN/kind" "$@"; }
missing() {
  [ -n "$(engine)" ] || say "no Docker or Podman answers"
  [ -x "$BIN/kind" ] || have go || say "Go (builds kind)"
}
tools() { "$CLUSTER_SCRIPTS/build.sh" kind kubectl helm; }
running() {
  [ -x "$BIN/kind" ] && [ -s "$KUBECONFIG_FILE" ] || return 1
  kind get clusters 2>/dev/null | grep -qx "$KIND_NAME" && kubectl get --raw /readyz >/dev/null 2>&1
}
up() {
  kind delete cluster --name "$KIND_NAME" --kubeconfig "$KUBECONFIG_FILE" >/dev/null 2>&1 || true # what a killed start left
  step "kind" kind create cluster --name "$KIND_NAME" --kubeconfig "$KUBECONFIG_FILE" --wait 180s
}
down() { kind delete cluster --name "$KIND_NAME" --kubeconfig "$KUBECONFIG_FILE"; }
load() { kind load image-archive "$1" --name "$KIND_NAME"; }
volumes() { :; } # kind's provisioner deletes volumes with their claims

# kind's API server is a static pod: it is there as long as its manifest is.
on_node() { "$(engine)" exec "$KIND_NAME-control-plane" "$@"; }
api_server_stop() {
  on_node mv /etc/kubernetes/manifests/kube-apiserver.yaml /etc/kubernetes/kube-apiserver.yaml
  on_node pkill -9 kube-apiserver || true # it may have gone with its manifest
  wait_for 30 "end of the API server" api_server_gone
}
api_server_gone() { ! kubectl get --raw /livez; }
api_server_start() {
  on_node mv /etc/kubernetes/kube-apiserver.yaml /etc/kubernetes/manifests/kube-apiserver.yaml
  wait_for 90 "the API server" kubectl get --raw /readyz
}
