# shellcheck shell=bash
# CLUSTER=current: the cluster your kubectl points at. Nothing of it is started, ended or cleaned.
. "$CLUSTER_SCRIPTS/env.sh"

own_kubectl() { if have kubectl; then command kubectl "$@"; else command "$(tool kubectl)" "$@"; fi; }
missing() {
  unset -f kubectl # `have` shall find the program, not the function of env.sh
  have kubectl || say "kubectl"
  own_kubectl config current-context >/dev/null 2>&1 || say "a current context"
}
tools() { "$CLUSTER_SCRIPTS/build.sh" kubectl helm; }
running() { [ -s "$KUBECONFIG_FILE" ] && "$(tool kubectl)" --kubeconfig "$KUBECONFIG_FILE" get --raw /readyz >/dev/null 2>&1; }
up() {
  # A copy of the one context: switching yours later does not move the tests to another cluster.
  (umask 077 && own_kubectl config view --minify --flatten --raw >"$KUBECONFIG_FILE")
  running || die "the current context does not answer"
}
down() { say "your cluster is left as it is"; }
load() {
  local context
  context=$("$(tool kubectl)" --kubeconfig "$KUBECONFIG_FILE" config current-context)
  case $context in
    kind-*) kind load image-archive "$1" --name "${context#kind-}" ;;
    *) say "push the image yourself to where $context can pull it, and name it with IMAGE=…" ;;
  esac
}
volumes() { :; }
