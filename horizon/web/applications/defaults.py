"""An application's config: what new clusters start from, written by environment; what saving would change is shown as one writes."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from horizon.access.policy import Verb
from horizon.delivery import application as configs
from horizon.delivery import edit
from horizon.errors import HorizonError, Invalid, StaleRevision
from horizon.gitops import layout
from horizon.inventory.models import Application, Environment
from horizon.web import diffs
from horizon.web.applications import applications
from horizon.web.base import Page, go
from horizon.web.clusters.config import LONGEST, Written, refused
from horizon.web.errors import status


class Config(Page):
    """`/applications/{name}/config?environment=`"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """The file of the environment's branch, or of `default`."""
        return self._page(self.application(name, Verb.VIEW), _environment(request.GET.get("environment", "")))

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        """Save it, or show what that would change; where somebody else saved meanwhile, both are shown and nothing is lost."""
        application, form = self.application(name, Verb.EDIT), Written(request.POST)
        environment = _environment(request.POST.get("environment", ""))
        if not form.is_valid():
            return self._page(application, environment, typed=request.POST, error=_("The text is longer than a config can be."), number=400)
        given = form.cleaned_data
        if "preview" in request.POST:
            return self._page(application, environment, typed=given, preview=_preview(application, environment, given["text"]))
        try:
            self._save(application, environment, given)
        except StaleRevision:
            said = _(
                "Somebody else saved in the meantime. Beside your text stands what it would change of theirs: take what you want, then save again."
            )
            found = _preview(application, environment, given["text"])
            return self._page(application, environment, typed={**given, "seen": ""}, error=said, number=412, preview=found)
        except HorizonError as error:
            return self._page(
                application, environment, typed=given, error=error.message, number=status(error), preview=refused(error, application.template.name)
            )
        return go(request, address(application, environment))

    def _save(self, application: Application, environment: Environment | None, given: dict[str, Any]) -> None:
        before = configs.read_text(application, environment).revision
        wanted, seen = edit.put_text(layout.APPLICATION, given["text"]), edit.required(given["seen"], layout.APPLICATION)
        sha = configs.write(application, environment, wanted, actor=self.actor, title=given["title"], seen=seen)
        if sha == before:
            messages.info(self.request, _("That is what was there already."))
        else:
            said = _("Saved as %(sha)s. New clusters start from it; bring it to those that there are.") % {"sha": sha[:8]}
            messages.success(self.request, said)

    def _page(
        self,
        application: Application,
        environment: Environment | None,
        *,
        typed: Any = None,
        error: str = "",
        number: int = 200,
        preview: dict[str, Any] | None = None,
    ) -> HttpResponse:
        held = configs.read_text(application, environment)
        given = typed or {"text": held.text, "title": "", "seen": held.revision}
        own = configs.branches(application)
        return self.show(
            "web/application_config.html",
            status=number,
            environment=environment,
            held=held,
            branches=[(row.name, row.name in own) for row in Environment.objects.all()],
            text=given["text"],
            titled=given["title"],
            seen=given["seen"] or held.revision,
            refused=error,
            **applications.of_application(self, application),
            **(preview or {}),
        )


class Preview(Page):
    """`/applications/{name}/config/preview`"""

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        """What saving the text would change; nothing is saved."""
        application = self.application(name, Verb.EDIT)
        environment = _environment(request.POST.get("environment", ""))
        return self.show("web/parts/preview.html", **_preview(application, environment, request.POST.get("text", "")[:LONGEST]))


def address(application: Application, environment: Environment | None) -> str:
    """The address of the config of an environment."""
    return reverse("application-config", args=[application.name]) + (f"?environment={environment.name}" if environment else "")


def _preview(application: Application, environment: Environment | None, text: str) -> dict[str, Any]:
    try:
        found = configs.proposed(application, environment, edit.put_text(layout.APPLICATION, text))
    except HorizonError as error:
        return refused(error, application.template.name)
    return {"shown": True, "files": diffs.files(found)}


def _environment(name: str) -> Environment | None:
    """The environment of this name, None for `default`. Raises `Invalid`."""
    found = Environment.objects.filter(name=name).first()
    if name and found is None:
        raise Invalid(_("There is no such %(field)s.") % {"field": "environment"}, code="unknown", details={"field": "environment"})
    return found
