"""What people say of a cluster: its description and tags. Rows, not Git: they change nothing that ships."""

from typing import Any

from django import forms
from django.urls import reverse

from horizon.access.policy import Verb
from horizon.delivery import life, tags
from horizon.inventory.models import Cluster
from horizon.web.clusters.actions import ClusterDialog


class _About(forms.Form):
    description = forms.CharField(max_length=512, required=False)
    tags = forms.CharField(max_length=4000, required=False)


class About(ClusterDialog):
    """`/clusters/{name}/about`"""

    verb, template, form = Verb.EDIT, "web/sheets/about.html", _About

    def shown(self, cluster: Cluster, asked: Any) -> dict[str, Any]:
        """What is said now, or what was typed."""
        held = "\n".join(f"{key}={value}" if value else key for key, value in tags.of(cluster).items())
        return {"description": asked.get("description", cluster.description), "written": asked.get("tags", held), "most": tags.MOST}

    def do(self, cluster: Cluster, given: dict[str, Any]) -> str:
        """Keep both. Raises `Invalid` for what is no tag, and keeps neither then."""
        tags.replace(cluster, _read(given["tags"]), actor=self.actor)
        life.describe(cluster, given["description"], actor=self.actor)
        return reverse("cluster", args=[cluster.name])


def _read(text: str) -> dict[str, str]:
    """`key=value` or `key`, one a line or separated by commas; a key that is said twice has its last value."""
    words = (word.strip() for word in text.replace(",", "\n").splitlines())
    pairs = (word.partition("=") for word in words if word)
    return {key.strip(): value.strip() for key, _equals, value in pairs}
