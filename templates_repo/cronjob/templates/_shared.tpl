{{/*
What all bundled templates share, the same text in each: a release stands alone, so there is no library chart to depend on.
A chart uses what its values.yaml has a place for.
*/}}

{{/* The name of every object: the cluster's, which never changes. */}}
{{- define "app.name" -}}
{{- .Values.horizon.cluster | default .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* The name where Kubernetes adds to it, which leaves 52 characters. Takes root and kind. */}}
{{- define "app.shortName" -}}
{{- $name := include "app.name" .root -}}
{{- if gt (len $name) 52 }}{{ fail (printf "the name of a %s has at most 52 characters, %s has %d" .kind $name (len $name)) }}{{ end -}}
{{- $name -}}
{{- end }}

{{/* What selects the pods. It cannot be changed later, so it holds nothing that ever changes. */}}
{{- define "app.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ include "app.name" . }}
{{- end }}

{{/* The labels of pods: changing one replaces them all, so no version is among them. */}}
{{- define "app.podLabels" -}}
{{ include "app.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.horizon.application }}
app.kubernetes.io/part-of: {{ . | quote }}
{{- end }}
{{- with .Values.env.environment }}
horizon/environment: {{ . | quote }}
{{- end }}
{{- with .Values.env.region }}
horizon/region: {{ . | quote }}
{{- end }}
{{- with .Values.horizon.priority }}
horizon/priority: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "app.labels" -}}
{{ include "app.podLabels" . }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | trunc 63 | trimSuffix "-" | quote }}
{{- end }}

{{/* Where the running code comes from. */}}
{{- define "app.sourceAnnotations" -}}
{{- with .Values.git.url }}
horizon/git-url: {{ . | quote }}
{{- end }}
{{- range $kind := list "branch" "tag" "commit" }}
{{- with get $.Values.git $kind }}
horizon/git-{{ $kind }}: {{ . | quote }}
{{- end }}
{{- end }}
{{- with .Values.git.commitID }}
horizon/git-commit-id: {{ . | quote }}
{{- end }}
{{- end }}

{{/* What replaces the pods when it changes: a restart, other files. */}}
{{- define "app.podAnnotations" -}}
{{- include "app.sourceAnnotations" . }}
{{- with .Values.restartTime }}
horizon/restart-time: {{ . | quote }}
{{- end }}
{{- if .Values.app.files }}
horizon/files-checksum: {{ include "app.files" . | sha256sum }}
{{- end }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The metadata of every object but pods and Services. */}}
{{- define "app.metadata" -}}
name: {{ include "app.name" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "app.labels" . | nindent 2 }}
{{- end }}

{{- define "app.podMetadata" -}}
labels:
  {{- include "app.podLabels" . | nindent 2 }}
{{- with include "app.podAnnotations" . | trim }}
annotations:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The limits of the chosen size: cpu in millicores, memory in MiB. */}}
{{- define "app.size" -}}
{{- $spec := .Values.app.spec -}}
{{- if eq $spec.resource "flexible" -}}
{{- dict "cpu" $spec.cpu "memory" $spec.memory | toYaml -}}
{{- else -}}
{{- get .Values.sizes $spec.resource | required (printf "there is no size %q" $spec.resource) | toYaml -}}
{{- end -}}
{{- end }}

{{/* One request: the limit divided by the environment's ratio, never less than 1. Takes root, limit and ratios. */}}
{{- define "app.request" -}}
{{- $environment := .root.Values.env.environment | default "" -}}
{{- $ratio := index .ratios "default" -}}
{{- if hasKey .ratios $environment }}{{ $ratio = get .ratios $environment }}{{ end -}}
{{- if has .root.Values.horizon.priority (get .root.Values.oversale.exempt $environment | default list) }}{{ $ratio = 1 }}{{ end -}}
{{- divf .limit (maxf 1 $ratio) | floor | int | max 1 -}}
{{- end }}

{{- define "app.resources" -}}
{{- $size := include "app.size" . | fromYaml -}}
limits:
  cpu: {{ int $size.cpu }}m
  memory: {{ int $size.memory }}Mi
  ephemeral-storage: {{ .Values.ephemeralStorage.limit }}
requests:
  cpu: {{ include "app.request" (dict "root" . "limit" $size.cpu "ratios" .Values.oversale.cpu) }}m
  memory: {{ include "app.request" (dict "root" . "limit" $size.memory "ratios" .Values.oversale.memory) }}Mi
  ephemeral-storage: {{ .Values.ephemeralStorage.request }}
{{- end }}

{{/* What the platform tells every container, unless the developer uses the name, and then what the developer set. */}}
{{- define "app.envs" -}}
{{- $set := dict -}}
{{- range .Values.app.envs -}}
{{- if hasKey $set .name }}{{ fail (printf "the environment variable %s is set twice" .name) }}{{ end -}}
{{- $_ := set $set .name true -}}
{{- end -}}
{{- range $name, $path := dict "POD_NAME" "metadata.name" "POD_NAMESPACE" "metadata.namespace" "POD_IP" "status.podIP" "NODE_NAME" "spec.nodeName" }}
{{- if not (hasKey $set $name) }}
- name: {{ $name }}
  valueFrom:
    fieldRef:
      fieldPath: {{ $path }}
{{- end }}
{{- end }}
{{- $known := dict "HORIZON_APPLICATION" .Values.horizon.application "HORIZON_CLUSTER" (include "app.name" .) }}
{{- $_ := set $known "HORIZON_ENVIRONMENT" .Values.env.environment }}
{{- $_ := set $known "HORIZON_REGION" .Values.env.region }}
{{- range $name, $value := $known }}
{{- if and $value (not (hasKey $set $name)) }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- range .Values.app.envs }}
- name: {{ .name }}
  {{- if has .from (list "secret" "configMap") }}
  valueFrom:
    {{ .from }}KeyRef:
      name: {{ .object | quote }}
      key: {{ .key | quote }}
  {{- else }}
  value: {{ .value | default "" | quote }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The files of the form by name. Refuses what Kubernetes could not mount or hold. */}}
{{- define "app.files" -}}
{{- $files := dict -}}
{{- $paths := dict -}}
{{- $size := 0 -}}
{{- range .Values.app.files -}}
{{- if hasKey $files .name }}{{ fail (printf "app.files: the name %s stands twice" .name) }}{{ end -}}
{{- if hasKey $paths .path }}{{ fail (printf "app.files: the path %s stands twice" .path) }}{{ end -}}
{{- $_ := set $files .name (.content | default "") -}}
{{- $_ := set $paths .path true -}}
{{- $size = add $size (len .name) (len (.content | default "")) -}}
{{- end -}}
{{- if gt $size 1000000 }}{{ fail "app.files: all files together must be smaller than 1 MB" }}{{ end -}}
{{- toYaml $files -}}
{{- end }}

{{/* How one health check asks, empty where the form names none. Takes root and check. */}}
{{- define "app.check" -}}
{{- $health := .root.Values.app.health -}}
{{- $path := get $health .check -}}
{{- $command := get $health (printf "%sCommand" .check) -}}
{{- if and $path $command }}{{ fail (printf "app.health: give %s or %sCommand, not both" .check .check) }}{{ end -}}
{{- if $path -}}
httpGet:
  path: {{ $path | quote }}
  port: {{ $health.port | default .root.Values.service.portName }}
{{- else if $command -}}
exec:
  command:
  {{- toYaml $command | nindent 2 }}
{{- end -}}
{{- end }}

{{/* The probes. Where the form names a start time, a startup probe covers it and the others wait for that one. */}}
{{- define "app.probes" -}}
{{- $liveness := include "app.check" (dict "root" . "check" "liveness") -}}
{{- $readiness := include "app.check" (dict "root" . "check" "readiness") -}}
{{- $start := int .Values.app.health.expectedStartTime -}}
{{- $times := .Values.probes -}}
{{- with $liveness }}
livenessProbe:
  {{- . | nindent 2 }}
  {{- omit $times.liveness (ternary "initialDelaySeconds" "" (gt $start 0)) | toYaml | nindent 2 }}
{{- end }}
{{- with $readiness }}
readinessProbe:
  {{- . | nindent 2 }}
  {{- omit $times.readiness (ternary "initialDelaySeconds" "" (gt $start 0)) | toYaml | nindent 2 }}
{{- end }}
{{- if gt $start 0 }}
{{- $ask := $liveness | default $readiness }}
{{- if and (not $ask) .Values.app.port }}
{{- $ask = dict "tcpSocket" (dict "port" .Values.service.portName) | toYaml }}
{{- end }}
startupProbe:
  {{- $ask | required "app.health.expectedStartTime: name a liveness or a readiness check too, which tells when the start is over" | nindent 2 }}
  {{- omit $times.startup "failureThreshold" | toYaml | nindent 2 }}
  failureThreshold: {{ divf $start (max 1 (int $times.startup.periodSeconds)) | ceil | int }}
{{- end }}
{{- end }}

{{/* What happens between leaving the service and the signal to stop. */}}
{{- define "app.preStop" -}}
{{- $stop := .Values.app.stop -}}
{{- if and $stop.offline $stop.command }}{{ fail "app.stop: give offline or command, not both" }}{{ end -}}
{{- if $stop.command -}}
exec:
  command:
  {{- toYaml $stop.command | nindent 2 }}
{{- else if $stop.offline -}}
httpGet:
  path: {{ $stop.offline | quote }}
  port: {{ .Values.app.health.port | default .Values.service.portName }}
{{- else if int $stop.wait -}}
sleep:
  seconds: {{ int $stop.wait }}
{{- end -}}
{{- end }}

{{/* Longer than all that happens while a pod stops, unless an SRE says how long. */}}
{{- define "app.terminationGracePeriod" -}}
{{- int .Values.terminationGracePeriodSeconds | default (add (int .Values.app.stop.wait) (int .Values.app.stop.gracePeriod)) -}}
{{- end }}

{{/* The ports of the container: the main one and those beside it. */}}
{{- define "app.ports" -}}
{{- $names := dict .Values.service.portName true -}}
{{- $numbers := dict (toString (int .Values.app.port)) true -}}
- name: {{ .Values.service.portName }}
  containerPort: {{ int .Values.app.port }}
  protocol: TCP
{{- range .Values.app.ports }}
{{- $number := toString (int .port) }}
{{- if or (hasKey $names .name) (hasKey $numbers $number) }}{{ fail (printf "app.ports: %s (%s) stands twice, or is the main port" .name $number) }}{{ end }}
{{- $_ := set $names .name true }}
{{- $_ := set $numbers $number true }}
- name: {{ .name }}
  containerPort: {{ $number }}
  protocol: TCP
{{- end }}
{{- end }}

{{/* The same ports at an address in the cluster. */}}
{{- define "app.servicePorts" -}}
{{- range include "app.ports" . | fromYamlArray }}
- name: {{ .name }}
  port: {{ int .containerPort }}
  targetPort: {{ .name }}
  protocol: TCP
{{- end }}
{{- end }}

{{/* Without rules of an SRE's own about other pods, a cluster's pods are spread over nodes where possible. */}}
{{- define "app.affinity" -}}
{{- $affinity := deepCopy .Values.affinity -}}
{{- if not (hasKey $affinity "podAntiAffinity") -}}
{{- $labels := dict "matchLabels" (include "app.selector" . | fromYaml) -}}
{{- $term := dict "labelSelector" $labels "topologyKey" "kubernetes.io/hostname" -}}
{{- $preferred := list (dict "weight" 100 "podAffinityTerm" $term) -}}
{{- $_ := set $affinity "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" $preferred) -}}
{{- end -}}
{{- toYaml $affinity -}}
{{- end }}

{{/* The form's wishes under those of an SRE. */}}
{{- define "app.podSecurity" -}}
{{- $security := dict -}}
{{- with int .Values.app.security.user }}{{ $_ := set $security "runAsUser" . }}{{ end -}}
{{- mergeOverwrite $security (deepCopy .Values.podSecurityContext) | toYaml -}}
{{- end }}

{{- define "app.containerSecurity" -}}
{{- $security := dict -}}
{{- if .Values.app.security.readOnlyRoot }}{{ $_ := set $security "readOnlyRootFilesystem" true }}{{ end -}}
{{- mergeOverwrite $security (deepCopy .Values.securityContext) | toYaml -}}
{{- end }}

{{- define "app.volumes" -}}
{{- if .Values.app.files }}
- name: horizon-files
  configMap:
    name: {{ include "app.name" . }}-files
{{- end }}
{{- if .Values.app.security.readOnlyRoot }}
- name: horizon-tmp
  emptyDir: {}
{{- end }}
{{- end }}

{{- define "app.volumeMounts" -}}
{{- range .Values.app.files }}
- name: horizon-files
  mountPath: {{ .path | quote }}
  subPath: {{ .name | quote }}
  readOnly: true
{{- end }}
{{- if .Values.app.security.readOnlyRoot }}
- name: horizon-tmp
  mountPath: /tmp
{{- end }}
{{- range .Values.app.volumes }}
- name: {{ .name }}
  mountPath: {{ .path | quote }}
{{- end }}
{{- end }}

{{/* A map with an SRE's keys laid over it. Lists of things with a name grow, and an item of the same name is replaced; any other key is replaced. */}}
{{- define "app.extended" -}}
{{- $identities := dict "containers" "name" "initContainers" "name" "volumes" "name" "env" "name" "ports" "name" "volumeMounts" "mountPath" -}}
{{- $result := .base -}}
{{- range $key, $value := .extra -}}
{{- $identity := get $identities $key -}}
{{- $held := get $result $key -}}
{{- if and $identity $held (kindIs "slice" $value) -}}
{{- $named := dict -}}
{{- range $value }}{{ $_ := set $named (get . $identity) true }}{{ end -}}
{{- $kept := list -}}
{{- range $held }}{{ if not (hasKey $named (get . $identity)) }}{{ $kept = append $kept . }}{{ end }}{{ end -}}
{{- $_ := set $result $key (concat $kept $value) -}}
{{- else -}}
{{- $_ := set $result $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $result -}}
{{- end }}

{{- define "app.container" -}}
name: {{ include "app.name" . }}
image: {{ .Values.image | default "image-not-set" | quote }}
{{- with .Values.app.command }}
command:
{{ toYaml . }}
{{- end }}
{{- with .Values.app.args }}
args:
{{ toYaml . }}
{{- end }}
env:
{{- include "app.envs" . }}
{{- if .Values.app.port }}
ports:
{{ include "app.ports" . }}
{{- end }}
{{- if hasKey .Values.app "health" }}
{{- include "app.probes" . }}
{{- end }}
{{- with include "app.preStop" . }}
lifecycle:
  preStop:
    {{- . | nindent 4 }}
{{- end }}
resources:
  {{- include "app.resources" . | nindent 2 }}
securityContext:
  {{- include "app.containerSecurity" . | nindent 2 }}
{{- with include "app.volumeMounts" . }}
volumeMounts:
{{- . }}
{{- end }}
{{- end }}

{{- define "app.podSpec" -}}
{{- $container := include "app.container" . -}}
{{- with .Values.containerExtra }}{{ $container = include "app.extended" (dict "base" ($container | fromYaml) "extra" .) }}{{ end -}}
affinity:
  {{- include "app.affinity" . | nindent 2 }}
automountServiceAccountToken: {{ .Values.serviceAccount.automountToken }}
containers:
- {{ $container | nindent 2 | trim }}
dnsPolicy: {{ .Values.dnsPolicy }}
enableServiceLinks: false
{{- range $key := list "nodeSelector" "tolerations" "topologySpreadConstraints" "hostAliases" "imagePullSecrets" "dnsConfig" }}
{{- with get $.Values $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with .Values.priorityClassName | default (get .Values.priorityClasses (toString .Values.horizon.priority)) }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .Values.serviceAccountName | default (ternary (include "app.name" .) "" .Values.serviceAccount.create) }}
serviceAccountName: {{ . | quote }}
{{- end }}
securityContext:
  {{- include "app.podSecurity" . | nindent 2 }}
terminationGracePeriodSeconds: {{ include "app.terminationGracePeriod" . }}
{{- with include "app.volumes" . }}
volumes:
{{- . }}
{{- end }}
{{- end }}

{{- define "app.pod" -}}
{{- $pod := include "app.podSpec" . -}}
{{- with .Values.podExtra }}{{ $pod = include "app.extended" (dict "base" ($pod | fromYaml) "extra" .) }}{{ end -}}
{{- $pod -}}
{{- end }}

{{/* A number of pods or a share of them, as Kubernetes writes it. */}}
{{- define "app.share" -}}
{{- if hasSuffix "%" (toString .) }}{{ . | quote }}{{ else }}{{ int . }}{{ end -}}
{{- end }}

{{/* Whether the number of pods follows the load. No replicas at all are wanted by a person, so that stops the autoscaler too. */}}
{{- define "app.autoscaled" -}}
{{- if and (dig "autoscaling" "enabled" false .Values.app.spec) (gt (int .Values.app.spec.replicas) 0) -}}
{{- if gt (int .Values.app.spec.autoscaling.minReplicas) (int .Values.app.spec.autoscaling.maxReplicas) -}}
{{- fail "app.spec.autoscaling: minReplicas must not be more than maxReplicas" -}}
{{- end -}}
true
{{- end -}}
{{- end }}

{{/* The number of pods that there always are. */}}
{{- define "app.leastReplicas" -}}
{{- if include "app.autoscaled" . }}{{ int .Values.app.spec.autoscaling.minReplicas }}{{ else }}{{ int .Values.app.spec.replicas }}{{ end -}}
{{- end }}
