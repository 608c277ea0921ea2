{{- define "scim-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "scim-operator.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "scim-operator.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "scim-operator.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* What pods are found by. Never changes: a Deployment's selector is immutable. */}}
{{- define "scim-operator.selector" -}}
app.kubernetes.io/name: {{ include "scim-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "scim-operator.labels" -}}
{{ include "scim-operator.selector" . }}
app.kubernetes.io/component: operator
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "scim-operator.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "scim-operator.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.name is needed when serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "scim-operator.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{/* What the operator may do where it looks after directories. No verb and no resource is a star. */}}
{{- define "scim-operator.rules" -}}
- apiGroups: [scim-operator.dev]
  resources: [scimdirectories, usermanagementrules, rulesyncs, scimaccesstokens]
  verbs: [get, list, watch]
- apiGroups: [scim-operator.dev]
  resources: [scimdirectories/status, usermanagementrules/status, rulesyncs/status, scimaccesstokens/status]
  verbs: [patch]
# The mark that the default rules were made is an annotation; a spec is never written.
- apiGroups: [scim-operator.dev]
  resources: [scimdirectories]
  verbs: [patch]
# A directory's own token and default rules are made once; runs are made and, in time, tidied away.
- apiGroups: [scim-operator.dev]
  resources: [usermanagementrules, scimaccesstokens]
  verbs: [create]
- apiGroups: [scim-operator.dev]
  resources: [rulesyncs]
  verbs: [create, delete]
# The children of a directory are applied (a server-side apply is a patch, and a create where nothing was). None is ever
# deleted by the operator: their owner references do that.
- apiGroups: [""]
  resources: [secrets, services, serviceaccounts, persistentvolumeclaims]
  verbs: [get, list, watch, create, patch]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, patch]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, patch]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
# Whether it is terminating, and which cluster this is: by the uid of kube-system or, where there are only Roles, of
# the directory's own. A Role reaches the Namespace object it lives in.
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get]
{{- end }}

{{/* What it may do in its own namespace besides, when it watches others only: keep its certificate authority, and replace
     it in time. A create is judged before there is a name to restrict it by. */}}
{{- define "scim-operator.ownRules" -}}
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [scim-operator-ca]
  verbs: [get, patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{/* Its own Lease and no other. A create is judged before there is a name to restrict it by. */}}
{{- define "scim-operator.leaseRules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ include "scim-operator.fullname" . }}]
  verbs: [get, update]
{{- end }}

{{/* Reading the four kinds; what `view` is given. */}}
{{- define "scim-operator.viewRules" -}}
- apiGroups: [scim-operator.dev]
  resources: [scimdirectories, usermanagementrules, rulesyncs, scimaccesstokens]
  verbs: [get, list, watch]
{{- end }}

{{/* Writing the four kinds. */}}
{{- define "scim-operator.organizationAdminRules" -}}
- apiGroups: [scim-operator.dev]
  resources: [scimdirectories, usermanagementrules, rulesyncs, scimaccesstokens]
  verbs: [get, list, watch, create, update, patch, delete, deletecollection]
{{- end }}

{{/* The namespaces with Roles in namespaced mode: the watched ones and the operator's own, each once. */}}
{{- define "scim-operator.namespaces" -}}
{{- append .Values.watchNamespaces .Release.Namespace | uniq | sortAlpha | join " " }}
{{- end }}
