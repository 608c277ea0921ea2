# shellcheck shell=bash
# A default storage class over local volumes (fsGroup works on "local" volumes, not on hostPath).

make_storage() {
  local number
  {
    storage_class
    for number in $(seq 1 "$VOLUMES"); do
      mkdir -p "$DATA/volumes/$number"
      volume "$number"
    done
  } | kubectl apply -f - >/dev/null
}
storage_class() {
  cat <<Y
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: standard, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
Y
}
volume() {
  cat <<Y
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: local-$1}
spec:
  capacity: {storage: 2Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: standard
  local: {path: $DATA/volumes/$1}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [$NODE]}]}]}}
Y
}

# A volume whose claim is gone stays Released and never binds again: emptied and offered anew.
volumes() {
  local name
  for name in $(kubectl get pv -o 'jsonpath={range .items[?(@.status.phase=="Released")]}{.metadata.name}{"\n"}{end}'); do
    find "$DATA/volumes/${name#local-}" -mindepth 1 -delete
    kubectl patch pv "$name" --type=merge -p '{"spec":{"claimRef":null}}' >/dev/null
    say "volume $name given back"
  done
}
