# shellcheck shell=bash
# Certificates of the cluster's parts, and a kubeconfig for each. They live as long as the cluster.

make_pki() {
  cd "$DATA/pki" || return
  key ca
  openssl req -x509 -new -key ca.key -subj /CN=cluster-ca -days 365 -out ca.crt \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
  openssl genrsa -out sa.key 2048 2>/dev/null
  openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
  local names=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc
  certificate apiserver /CN=kube-apiserver \
    "$names,DNS:kubernetes.default.svc.cluster.local,IP:127.0.0.1,IP:$SERVICE_NET.1,IP:$GATEWAY"
  certificate admin /O=system:masters/CN=admin
  certificate controller-manager /CN=system:kube-controller-manager
  certificate scheduler /CN=system:kube-scheduler
  certificate kubelet "/O=system:nodes/CN=system:node:$NODE" "DNS:$NODE,IP:127.0.0.1,IP:$GATEWAY"
  certificate proxy /CN=system:kube-proxy
  local user
  for user in admin controller-manager scheduler kubelet proxy; do kubeconfig "$user" >"$DATA/$user.kubeconfig"; done
  (umask 077 && cp "$DATA/admin.kubeconfig" "$KUBECONFIG_FILE")
}

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

# certificate NAME SUBJECT [SUBJECT-ALTERNATIVE-NAMES]
certificate() {
  key "$1"
  {
    echo basicConstraints=CA:FALSE
    echo keyUsage=digitalSignature
    echo extendedKeyUsage=serverAuth,clientAuth
    [ -z "${3:-}" ] || echo "subjectAltName=$3"
  } >"$1.ext"
  openssl req -new -key "$1.key" -subj "$2" |
    openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -extfile "$1.ext" -out "$1.crt" 2>/dev/null
}

kubeconfig() {
  cat <<Y
apiVersion: v1
kind: Config
clusters: [{name: scim-operator, cluster: {server: "https://127.0.0.1:$API_PORT", certificate-authority-data: $(base64 -w0 ca.crt)}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 "$1.crt"), client-key-data: $(base64 -w0 "$1.key")}}]
contexts: [{name: scim-operator, context: {cluster: scim-operator, user: $1}}]
current-context: scim-operator
Y
}
