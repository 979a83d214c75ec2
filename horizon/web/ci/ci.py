"""CI: the exact call for a cluster, a token that is bound to it, and the last calls with their answers."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.access import attempts, tokens
from horizon.access.permissions import verbs, visible_clusters
from horizon.access.policy import Scope, Verb
from horizon.delivery import calls, launch
from horizon.delivery.models import Pipelinerun
from horizon.errors import Conflict
from horizon.inventory.models import Application, Cluster
from horizon.web.applications.applications import of_application
from horizon.web.base import Page
from horizon.web.ci import snippets
from horizon.web.people.session import too_often
from horizon.web.questions import Once, Question, Said

_SHOWN = 30
_OFFERED = 200
LIVES = (("90", gettext_lazy("90 days")), ("365", gettext_lazy("A year")), ("30", gettext_lazy("30 days")), ("", gettext_lazy("Until it is revoked")))
"""How long a token lives, in days."""


class Lifetime(forms.Form):
    """How long a token lives."""

    days = forms.ChoiceField(label=gettext_lazy("Works for"), choices=LIVES, required=False, initial="90")


class ClusterCi(Page):
    """`/clusters/{name}/ci`"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """How CI posts to this cluster, and what it posted."""
        cluster = self.cluster(name, Verb.VIEW)
        return self.show("web/ci.html", nav="clusters", thing=cluster, **_call(self, cluster), **_received(self, cluster))


class ApplicationCi(Page):
    """`/applications/{name}/ci`"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """The same for all clusters of an application; `?cluster=` says for which one the calls are written."""
        application = self.application(name, Verb.VIEW)
        clusters = list(visible_clusters(self.actor).filter(application=application, archived_at=None).order_by("name")[:_OFFERED])
        chosen = next((row for row in clusters if row.name == request.GET.get("cluster")), clusters[0] if clusters else None)
        call = _call(self, self.cluster(chosen.name, Verb.VIEW)) if chosen else {"cluster": None}
        given = {**of_application(self, application), **call, **_received(self, application)}
        return self.show("web/ci.html", thing=application, clusters=clusters, **given)


class _CiToken(Question):
    """A token of scope `ci` for one thing alone."""

    form = Lifetime

    def do(self, thing: Cluster | Application, given: dict[str, Any]) -> HttpResponse:
        """Make it and show its secret this once."""
        bound: dict[str, Any] = {"cluster": thing} if isinstance(thing, Cluster) else {"application": thing}
        new = tokens.NewToken(f"ci of {thing}"[:63], Scope.CI, expires_at=until(given["days"]), **bound)
        token, secret = make_token(self, self.actor.user, new)
        lead = _("It may read %(name)s, post its image and deploy it, and nothing else.") % {"name": thing.name}
        note = _("Keep it as the secret variable HORIZON_TOKEN of your pipeline. It stands for you, and ends when your access ends.")
        return self.once(Once(_("Token %(name)s") % {"name": token.name}, lead, secret, self.said(thing).behind, (note,)))


class ClusterToken(_CiToken):
    """`/clusters/{name}/ci/token`"""

    nav = "clusters"

    def thing(self, name: str) -> Cluster:
        """The cluster, if one may deploy it."""
        return self.cluster(name, Verb.DEPLOY)

    def said(self, thing: Cluster) -> Said:
        """What it is good for."""
        return _asked(thing.name, _("For the pipeline that builds %(name)s: of no use for any other cluster.") % {"name": thing.name}, "cluster-ci")


class ApplicationToken(_CiToken):
    """`/applications/{name}/ci/token`"""

    nav = "applications"

    def thing(self, name: str) -> Application:
        """The application, if one may deploy it."""
        return self.application(name, Verb.DEPLOY)

    def said(self, thing: Application) -> Said:
        """What it is good for."""
        lead = _("For the pipeline that builds %(name)s: of use for all its clusters and nothing else.") % {"name": thing.name}
        return _asked(thing.name, lead, "application-ci")


def make_token(page: Page, user: Any, new: tokens.NewToken) -> tuple[Any, str]:
    """A token and its secret, not too often. Raises as `tokens.make` does."""
    if wait := attempts.count(attempts.BY_PERSON, str(page.actor.user.pk)):
        raise Conflict(too_often(wait), code="throttled")
    return tokens.make(user, new, actor=page.actor)


def until(days: str) -> Any:
    """When a token ends that lives so many days; None for one without an end."""
    return timezone.now() + timedelta(days=int(days)) if days else None


def origin(request: HttpRequest) -> str:
    """Where this platform is, as the browser knows it."""
    ours = urlsplit(settings.HORIZON_URL)
    return settings.HORIZON_URL if ours.netloc == request.get_host() else request.build_absolute_uri("/").rstrip("/")


def _asked(name: str, lead: str, behind: str) -> Said:
    return Said(_("Make a token for %(name)s") % {"name": name}, lead, _("Make the token"), reverse(behind, args=[name]))


def _call(page: Page, cluster: Cluster) -> dict[str, Any]:
    return {"cluster": cluster, "released": launch.released(cluster), "snippets": snippets.of(cluster, origin(page.request))}


def _received(page: Page, thing: Cluster | Application) -> dict[str, Any]:
    found = list(calls.of(thing, page.actor)[:_SHOWN])
    runs = Pipelinerun.objects.in_bulk([call.pipelinerun for call in found if call.pipelinerun])
    return {"calls": [(call, runs.get(call.pipelinerun)) for call in found], "may": {str(verb) for verb in verbs(page.actor, thing)}}
