"""Releases brought in by an administrator: an archive sent, or a tag of a Git repository fetched."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.access.permissions import require_admin
from horizon.catalog.archive import MAX_PACKED
from horizon.delivery import templates
from horizon.errors import Forbidden, HorizonError, Invalid, Unavailable
from horizon.gitops.remote import Source
from horizon.web.base import Page, go
from horizon.web.errors import status

_ELSEWHERE = 424
"""The status of a refusal that comes from another server: 503 would say that this one is out of reach."""


class _Git(forms.Form):
    url = forms.CharField(label=gettext_lazy("Address"), max_length=1024)
    tag = forms.CharField(label=gettext_lazy("Tag"), max_length=1024)
    path = forms.CharField(label=gettext_lazy("Folder"), max_length=1024, required=False)


class NewTemplate(Page):
    """`/new/template`"""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Both ways in."""
        require_admin(self.actor)
        return self.show("web/import.html", nav="templates", typed={})


class _Way(Page):
    """One way in: the release's page where it worked, else the reason at this way, with what was typed."""

    way = ""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Import it; what is there already stays as it is."""
        require_admin(self.actor)
        try:
            imported = self.imported()
        except Forbidden:
            raise
        except HorizonError as error:
            return self._refused(error)
        messages.success(request, _came(imported))
        return go(request, reverse("release", args=[imported.release.template.name, imported.release.version]))

    def imported(self) -> templates.Imported:
        """Bring it in. Raises `HorizonError`."""
        raise NotImplementedError

    def _refused(self, error: HorizonError) -> HttpResponse:
        number = _ELSEWHERE if isinstance(error, Unavailable) else status(error)
        given: dict[str, Any] = {"error": error, "way": self.way, "typed": self.request.POST}
        template = "web/parts/not_imported.html" if self.partly else "web/import.html"
        return self.show(template, status=number, nav="templates", **given)


class Upload(_Way):
    """`/new/template/upload`"""

    way = "upload"

    def imported(self) -> templates.Imported:
        """From the archive that was sent."""
        archive = self.request.FILES.get("archive")
        if archive is None or archive.size > MAX_PACKED:
            # One that is larger than the settings keep in memory is not kept at all.
            raise Invalid(_("Choose an archive: a chart packed as .tgz, at most %(n)d MiB.") % {"n": MAX_PACKED // 1024**2}, code="body")
        return templates.import_archive(archive.read(), actor=self.actor)


class Fetch(_Way):
    """`/new/template/fetch`"""

    way = "fetch"

    def imported(self) -> templates.Imported:
        """From the tag that was named."""
        form = _Git(self.request.POST)
        if not form.is_valid():
            field, errors = next(iter(form.errors.items()))
            raise Invalid(f"{form.fields[field].label}: {errors[0]}", code="body", details={"field": field})
        given = form.cleaned_data
        return templates.import_git(Source(given["url"], given["tag"], given["path"]), actor=self.actor)


def _came(imported: templates.Imported) -> str:
    said = _("%(release)s is there now: %(state)s.") if imported.made else _("%(release)s was there already, with the same content: %(state)s.")
    return said % {"release": imported.release, "state": imported.release.get_state_display().lower()}
