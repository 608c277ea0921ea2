# shellcheck shell=bash
# The node: its bridge, containerd, kubelet, kube-proxy and DNS.

# The bridge's address is where pods reach the API server and the DNS.
make_bridge() {
  ip link show "$BRIDGE" >/dev/null 2>&1 || ip link add "$BRIDGE" type bridge
  ip addr replace "$GATEWAY/24" dev "$BRIDGE"
  ip link set "$BRIDGE" up
  # A call to a Service that kube-proxy does not know yet must fail here. By the default route it would leave the
  # machine, and whoever answers there answers for as long as the caller keeps the connection.
  ip route replace "$SERVICE_NET.0/24" dev "$BRIDGE"
  ip link set lo up
  cat /proc/sys/net/ipv4/ip_forward >"$DATA/ip_forward.before"
  sysctl -q net.ipv4.ip_forward=1
}

start_containerd() {
  cni_config >"$DATA/cni/10-$BRIDGE.conflist"
  containerd_config >"$DATA/containerd.toml"
  start containerd containerd -c "$DATA/containerd.toml"
  make_sandbox_image
  wait_for 20 "containerd (logs: $DATA/logs)" ctr --address "$DATA/containerd.sock" version
  load "$DATA/pause.tar"
}

cni_config() {
  cat <<Y
{"cniVersion": "0.4.0", "name": "$BRIDGE", "plugins": [
  {"type": "bridge", "bridge": "$BRIDGE", "isGateway": true, "ipMasq": false, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$NET.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "$DATA/cni-ipam"}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
Y
}

# restrict_oom_score_adj: inside a sandboxed machine oom_score_adj may not be lowered, and no pod would start without it.
# netns_mounts_under_state_dir: network namespaces go with the mounts of this folder.
containerd_config() {
  cat <<Y
version = 2
root = "$DATA/containerd/root"
state = "$DATA/containerd/state"
[grpc]
  address = "$DATA/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:dev"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$DATA/cni"
Y
}

# The sandbox image is also a handy busybox (httpd, wget, nc) for tests.
make_sandbox_image() {
  cp /bin/busybox "$DATA/pause/busybox"
  cat >"$DATA/pause/Containerfile" <<'Y'
FROM scratch
COPY busybox /bin/busybox
COPY busybox /bin/sh
USER 65534:65534
ENTRYPOINT ["/bin/busybox"]
CMD ["sleep", "2147483647"]
Y
  "$CLUSTER_SCRIPTS/../image/build.sh" buildah "$DATA/pause" localhost/pause:dev "$DATA/pause.tar"
}

start_kubelet() {
  make_cgroups
  kubelet_config >"$DATA/kubelet.yaml"
  start kubelet "$(tool kubelet)" --config="$DATA/kubelet.yaml" --kubeconfig="$DATA/kubelet.kubeconfig" \
    --hostname-override="$NODE" --node-ip="$GATEWAY" --root-dir="$DATA/kubelet" --v=2
}

# A cgroup root of our own: no other kubelet takes these pods for orphans, and `down` knows what to end.
make_cgroups() {
  local root file
  for root in $(cgroup_hierarchies); do
    mkdir -p "$root$CGROUP_ROOT" 2>/dev/null || continue
    for file in cpuset.cpus cpuset.mems; do # v1: empty in a new cgroup, and nothing may enter then
      if [ -f "$root/$file" ] && [ -z "$(cat "$root$CGROUP_ROOT/$file")" ]; then
        cat "$root/$file" >"$root$CGROUP_ROOT/$file" || true
      fi
    done
    if [ -f "$root/cgroup.controllers" ]; then hand_down_controllers "$root"; fi
  done
}
cgroup_hierarchies() {
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    say /sys/fs/cgroup
  else
    find /sys/fs/cgroup -mindepth 1 -maxdepth 1 -type d
  fi
}
hand_down_controllers() { # v2: a controller must be enabled at every level; one that cannot be is left out
  local controllers controller
  read -ra controllers <"$1/cgroup.controllers"
  for controller in "${controllers[@]}"; do
    { echo "+$controller" >"$1/cgroup.subtree_control" && echo "+$controller" >"$1$CGROUP_ROOT/cgroup.subtree_control"; } 2>/dev/null || true
  done
}

# Eviction and image collection are off: a full disk of the host must not evict the pods under test.
kubelet_config() {
  cat <<Y
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $DATA/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $DATA/pki/kubelet.crt
tlsPrivateKeyFile: $DATA/pki/kubelet.key
containerRuntimeEndpoint: unix://$DATA/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: $CGROUP_ROOT
failCgroupV1: false
failSwapOn: false
makeIPTablesUtilChains: false
podLogsDir: $DATA/podlogs
clusterDomain: cluster.local
clusterDNS: [$GATEWAY]
resolvConf: /etc/resolv.conf
evictionHard: {imagefs.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%"}
imageGCHighThresholdPercent: 100
fileCheckFrequency: 5s
syncFrequency: 10s
Y
}

start_proxy() {
  cat >"$DATA/proxy.yaml" <<Y
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $DATA/proxy.kubeconfig}
mode: iptables
iptables: {localhostNodePorts: false}
clusterCIDR: $NET.0/24
hostnameOverride: $NODE
conntrack: {maxPerCore: 0}
Y
  start proxy "$(tool kube-proxy)" --config="$DATA/proxy.yaml"
}

start_dns() {
  cat >"$DATA/Corefile" <<Y
.:53 {
  bind $GATEWAY
  errors
  kubernetes cluster.local {
    kubeconfig $DATA/admin.kubeconfig
  }
}
Y
  start coredns "$(tool coredns)" -conf "$DATA/Corefile"
}
