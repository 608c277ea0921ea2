# shellcheck shell=bash
# Ending a cluster, whether it is whole, half started or killed from outside. Only what is ours: processes by their
# files in run/, containers by our cgroup root and our containerd socket, mounts by our folder, the bridge by its name.

leftovers() {
  [ -n "$(ls -A "$DATA/run" 2>/dev/null)" ] || mounts_below | grep -q . || ip link show "$BRIDGE" >/dev/null 2>&1 ||
    [ -n "$(cgroups_below)" ]
}

down() {
  stop controller-manager scheduler # nothing makes new pods from here on
  if alive apiserver && alive kubelet; then
    kubectl delete pods -A --all --grace-period=1 --timeout=25s --request-timeout=30s >/dev/null 2>&1 || true
  fi
  stop kubelet proxy coredns
  end_containers
  stop containerd apiserver etcd
  remove_container_traces
  unmount_all
  remove_network
  remove_cgroups
  rm -rf "$DATA"/{etcd,containerd,cni-ipam,kubelet,volumes,podlogs} # the logs stay until the next start
}

# Containers outlive the kubelet, and their shims outlive containerd.
end_containers() {
  end_all shims
  end_all contained
}
end_all() { # WHICH: a function that lists pids
  local pids
  pids=$("$1")
  # shellcheck disable=SC2086 # a list of numbers
  [ -z "$pids" ] || kill -9 $pids 2>/dev/null || true
  wait_for 10 "the end of all $1" none "$1"
}
none() { [ -z "$("$1")" ]; }
shims() { # containerd's shims carry the address of their containerd
  local file
  for file in /proc/[0-9]*/cmdline; do
    tr '\0' ' ' 2>/dev/null <"$file" | grep -q "containerd-shim.* -address $DATA/containerd.sock" && basename "$(dirname "$file")"
  done
  true
}
contained() {
  local folder
  for folder in $(cgroups_below); do cat "$folder/cgroup.procs" 2>/dev/null; done | sort -un
}
# What shims, runc, CNI and the kubelet keep outside our folder, by the ids of our containers; a clean end leaves none.
remove_container_traces() {
  local bundle id
  for bundle in "$DATA"/containerd/state/io.containerd.runtime.v2.task/k8s.io/*; do
    [ -d "$bundle" ] || continue
    id=$(basename "$bundle")
    if [ -s "$bundle/address" ]; then rm -f "$(sed 's#^unix://##' "$bundle/address")"; fi
    rm -rf "/run/containerd/runc/k8s.io/$id" /var/lib/cni/results/*-"$id"-*
  done
  find /var/log/containers -lname "$DATA/*" -delete 2>/dev/null || true
  other_node || rm -f /var/lib/kubelet/device-plugins/kubelet.sock
  rmdir --ignore-fail-on-non-empty --parents /var/lib/cni/results /run/containerd/{s,runc/k8s.io} \
    /var/lib/kubelet/device-plugins /var/log/containers 2>/dev/null || true
}
cgroups_below() {
  local root
  for root in $(cgroup_hierarchies); do
    if [ -d "$root$CGROUP_ROOT" ]; then find "$root$CGROUP_ROOT" -depth -type d; fi
  done
}

mounts_below() { awk -v d="$DATA/" 'index($2, d) == 1 { print $2 }' /proc/self/mounts | sort -r; }
unmount_all() {
  local folder
  # Nested mounts last in, first out; a second pass for mounts on top of mounts.
  for folder in $(mounts_below) $(mounts_below); do umount "$folder" 2>/dev/null || umount -l "$folder" 2>/dev/null || true; done
  ! mounts_below | grep . || die "these mounts cannot be removed"
}

remove_network() {
  local family
  if ip link show "$BRIDGE" >/dev/null 2>&1; then ip link delete "$BRIDGE"; fi
  # kube-proxy's and the kubelet's rules all speak of chains named KUBE-…
  for family in iptables ip6tables; do
    other_node || "$family-save" | grep -v KUBE- | "$family-restore" || true
  done
  [ ! -s "$DATA/ip_forward.before" ] || sysctl -q net.ipv4.ip_forward="$(cat "$DATA/ip_forward.before")"
}
# Somebody else's node in this network namespace needs those rules and sockets.
other_node() { pgrep -x kube-proxy >/dev/null || pgrep -x kubelet >/dev/null; }

remove_cgroups() {
  local folder
  for folder in $(cgroups_below); do rmdir "$folder" 2>/dev/null || true; done
  [ -z "$(cgroups_below)" ] || warn "cgroups are left under $CGROUP_ROOT"
}
