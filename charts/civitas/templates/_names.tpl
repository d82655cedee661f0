{{/* Names are fixed: the resources are the cluster's, and the rights and policies name the operator's account. */}}
{{- define "civitas.namespace" -}}
{{- if ne .Release.Namespace "civitas-system" -}}
{{- fail (printf "civitas is installed into the namespace civitas-system, once a cluster; got %s: helm install civitas … --namespace civitas-system" .Release.Namespace) -}}
{{- end -}}
civitas-system
{{- end -}}

{{- define "civitas.labels" -}}
app.kubernetes.io/part-of: civitas
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end -}}

{{/* "true" where people are known to the console itself, else empty. */}}
{{- define "civitas.hasLocalIdentity" -}}
{{- if and .Values.console.enabled (eq .Values.console.identity.profile "local") }}true{{ end -}}
{{- end -}}

{{- define "civitas.operatorImage" -}}
{{- include "civitas.imageOf" (dict "image" .Values.operator.image "version" .Chart.AppVersion) -}}
{{- end -}}

{{/* By digest where there is one, else by tag. */}}
{{- define "civitas.imageOf" -}}
{{- if .image.digest -}}
{{ printf "%s@%s" .image.repository .image.digest }}
{{- else -}}
{{ printf "%s:%s" .image.repository (default .version .image.tag) }}
{{- end -}}
{{- end -}}

{{/* Pod Security Standard `restricted`, with a root that nobody can write to. */}}
{{- define "civitas.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "civitas.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* Where the operator's pods may run, and what pulls their image. */}}
{{- define "civitas.placement" -}}
{{- include "civitas.placementOf" .Values.operator -}}
{{- end -}}

{{- define "civitas.placementOf" -}}
{{- with . -}}
{{- if .priorityClassName }}
priorityClassName: {{ .priorityClassName }}
{{- end }}
{{- if .imagePullSecrets }}
imagePullSecrets:
  {{- range .imagePullSecrets }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* Annotations of what runs before an upgrade, in the order of the number given. A failed Job stays, for its log; its rights do not. */}}
{{- define "civitas.beforeUpgrade" -}}
helm.sh/hook: pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/* The documents of laptop/operator.yaml, the one source of the operator's rights, as YAML list. */}}
{{- define "civitas.sourceDocuments" -}}
{{- include "civitas.documentsOf" (.Files.Get "laptop/operator.yaml") -}}
{{- end -}}

{{/* The documents of laptop/console.yaml, the one source of the console's rights and of those it acts with, as YAML list. */}}
{{- define "civitas.consoleDocuments" -}}
{{- include "civitas.documentsOf" (.Files.Get "laptop/console.yaml") -}}
{{- end -}}

{{- define "civitas.documentsOf" -}}
{{- $documents := list -}}
{{- range splitList "\n---\n" . -}}
{{- $documents = append $documents (fromYaml .) -}}
{{- end -}}
{{ toYaml $documents }}
{{- end -}}

{{/* Plural names of our namespaced kinds, as YAML list: from the definitions, so that no role names what does not exist. */}}
{{- define "civitas.namespacedPlurals" -}}
{{- $plurals := list -}}
{{- range $path, $_ := .Files.Glob "crds/*.yaml" -}}
{{- $definition := fromYaml ($.Files.Get $path) -}}
{{- if eq $definition.spec.scope "Namespaced" -}}
{{- $plurals = append $plurals $definition.spec.names.plural -}}
{{- end -}}
{{- end -}}
{{ toYaml $plurals }}
{{- end -}}

{{/* What tells a program of ours where its spans go. */}}
{{- define "civitas.tracing" -}}
{{- with .Values.tracing -}}
{{- if .endpoint -}}
- { name: CIVITAS_TRACING_ENDPOINT, value: {{ .endpoint | quote }} }
- { name: CIVITAS_TRACING_PER_MILLE, value: {{ .samplePerMille | quote }} }
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The way there: by its port, wherever it is. */}}
{{- define "civitas.tracingEgress" -}}
{{- with .Values.tracing.endpoint -}}
{{- $host := regexReplaceAll "^https?://([^/]*).*$" . "${1}" -}}
# The collector of traces.
- ports:
    - { port: {{ regexFind ":[0-9]+$" $host | trimPrefix ":" | default (ternary 80 443 (hasPrefix "http:" .)) }}, protocol: TCP }
{{- end -}}
{{- end -}}
