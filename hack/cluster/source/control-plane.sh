# shellcheck shell=bash
# etcd, the API server, the controller manager and the scheduler.

start_control_plane() {
  # No fsync: this data is worth nothing after the run.
  start etcd "$(tool etcd)" --data-dir "$DATA/etcd" --unsafe-no-fsync --log-level error \
    --listen-client-urls "http://127.0.0.1:$ETCD_PORT" --advertise-client-urls "http://127.0.0.1:$ETCD_PORT" \
    --listen-peer-urls "http://127.0.0.1:$((ETCD_PORT + 1))"
  api_server_start
}

# Also after api_server_stop: what it knows is in etcd.
api_server_start() {
  start apiserver "$(tool kube-apiserver)" --etcd-servers="http://127.0.0.1:$ETCD_PORT" \
    --secure-port="$API_PORT" --bind-address=0.0.0.0 --advertise-address="$GATEWAY" \
    --service-cluster-ip-range="$SERVICE_NET.0/24" \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement \
    --client-ca-file="$DATA/pki/ca.crt" \
    --tls-cert-file="$DATA/pki/apiserver.crt" --tls-private-key-file="$DATA/pki/apiserver.key" \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$DATA/pki/sa.pub" --service-account-signing-key-file="$DATA/pki/sa.key" \
    --kubelet-client-certificate="$DATA/pki/admin.crt" --kubelet-client-key="$DATA/pki/admin.key" \
    --kubelet-preferred-address-types=InternalIP
  wait_for 90 "the API server (logs: $DATA/logs)" kubectl get --raw /readyz
}

# As a power cut would end it; the others go on and wait for it.
api_server_stop() { stop_now apiserver; }

start_controllers() {
  local own=$DATA/controller-manager.kubeconfig
  start controller-manager "$(tool kube-controller-manager)" --kubeconfig="$own" \
    --authentication-kubeconfig="$own" --authorization-kubeconfig="$own" \
    --bind-address=127.0.0.1 --leader-elect=false --use-service-account-credentials \
    --root-ca-file="$DATA/pki/ca.crt" --service-account-private-key-file="$DATA/pki/sa.key" \
    --cluster-signing-cert-file="$DATA/pki/ca.crt" --cluster-signing-key-file="$DATA/pki/ca.key"
  own=$DATA/scheduler.kubeconfig
  start scheduler "$(tool kube-scheduler)" --kubeconfig="$own" \
    --authentication-kubeconfig="$own" --authorization-kubeconfig="$own" --bind-address=127.0.0.1 --leader-elect=false
}
