"""Objects as a chart renders them."""

from typing import Any


def deployment(name: str = "web", *, image: str = "nginx:1", replicas: int = 1, labels: dict[str, str] | None = None) -> dict[str, Any]:
    labels = labels or {"app": name}
    container = {"name": "web", "image": image, "ports": [{"name": "http", "containerPort": 8080}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels}, "spec": spec}


def service(name: str = "web") -> dict[str, Any]:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": ports, "selector": {"app": name}}}


def config(name: str = "settings", **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data or {"mode": "fast"}}


def secret(name: str = "keys", **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data or {"password": "hunter2"}}


def claim(size: str = "1Gi", **spec: Any) -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **spec}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "disk"}, "spec": spec}


def workload(kind: str, **spec: Any) -> dict[str, Any]:
    """A StatefulSet or DaemonSet."""
    base = deployment()["spec"]
    base.pop("replicas")
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "web"}, "spec": {**base, **spec}}


def job(*, image: str = "nginx:1") -> dict[str, Any]:
    pod = {"restartPolicy": "Never", "containers": [{"name": "work", "image": image}]}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "work"}, "spec": {"template": {"spec": pod}}}


def cron_job(schedule: str = "*/5 * * * *") -> dict[str, Any]:
    spec = {"schedule": schedule, "jobTemplate": {"spec": job()["spec"]}}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "work"}, "spec": spec}


def with_value(manifest: dict[str, Any], *steps: Any) -> dict[str, Any]:
    """The manifest with its last step's value under the steps before it: `with_value(m, "spec", "replicas", 3)`."""
    *path, key, value = steps
    holder: Any = manifest
    for step in path:
        holder = holder[step] if isinstance(holder, list) else holder.setdefault(step, {})
    holder[key] = value
    return manifest


def container(**fields: Any) -> dict[str, Any]:
    """A Deployment whose container has these fields."""
    manifest = deployment()
    manifest["spec"]["template"]["spec"]["containers"][0].update(fields)
    return manifest
