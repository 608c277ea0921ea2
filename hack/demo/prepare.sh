# shellcheck shell=bash
# What the demo needs before it starts: programs, the operator, an empty namespace.

check_tools() { hack/install-tools.sh test; }

# Definitions that tests left behind are taken over. The digest of the binary is on the pod, so that a new build rolls it and an old one does not.
install_operator() {
  "$(tool helm)" --kubeconfig "$KUBECONFIG_FILE" upgrade --install scim-operator charts/scim-operator \
    --namespace "$SYSTEM" --create-namespace --take-ownership --force-conflicts --wait --timeout 90s \
    --set "image.repository=${IMAGE%:*},image.tag=${IMAGE##*:}" \
    --set-string "podAnnotations.scim-operator\.dev/built=$(sha256sum "$BINARY" | cut -c1-16)" >"$WORK.helm.log" ||
    die "helm: $(tail -n 5 "$WORK.helm.log")"
}

# Its operator looks at every namespace: tests that bring their own want it gone.
remove_demo() {
  hack/cluster/cluster.sh is-up || return 0
  kubectl get namespace "$NAMESPACE" >/dev/null 2>&1 || return 0
  say "removing what an earlier demo left: namespace $NAMESPACE and the operator in $SYSTEM ('make demo' brings both back)"
  kubectl delete namespace "$NAMESPACE" --wait --timeout=60s >/dev/null
  "$(tool helm)" --kubeconfig "$KUBECONFIG_FILE" uninstall scim-operator --namespace "$SYSTEM" --ignore-not-found --wait
  hack/cluster/cluster.sh volumes
}

fresh_namespace() {
  kubectl delete namespace "$NAMESPACE" --ignore-not-found --wait --timeout=60s >/dev/null
  hack/cluster/cluster.sh volumes
  kubectl create namespace "$NAMESPACE" >/dev/null
  rm -rf "$WORK"
  mkdir -p "$WORK"
  (umask 077 && mkdir "$WORK/keys")
  mkdir -p "$PEOPLE"
  cp examples/people/*.yaml "$PEOPLE/"
}
