{{/* The volumes that each pod keeps. They cannot be changed later, so they hold nothing that ever changes by itself. */}}
{{- define "statefulset.claims" -}}
{{- $names := dict -}}
{{- $paths := dict -}}
{{- range .Values.app.files }}{{ $_ := set $paths .path true }}{{ end -}}
{{- range .Values.app.volumes }}
{{- if hasKey $names .name }}{{ fail (printf "app.volumes: the name %s stands twice" .name) }}{{ end }}
{{- if hasKey $paths .path }}{{ fail (printf "app.volumes: something else is mounted at %s" .path) }}{{ end }}
{{- $_ := set $names .name true }}
{{- $_ := set $paths .path true }}
- apiVersion: v1
  kind: PersistentVolumeClaim
  metadata:
    name: {{ .name }}
    labels:
      {{- include "app.selector" $ | nindent 6 }}
  spec:
    accessModes:
    {{- toYaml $.Values.storage.accessModes | nindent 4 }}
    {{- with $.Values.storage.className }}
    storageClassName: {{ . | quote }}
    {{- end }}
    resources:
      requests:
        storage: {{ .size }}
{{- end }}
{{- end }}
