"""The chart repository that every `Chart.yaml` depends on: releases as stock `helm` fetches them, readable by everybody."""

from django.conf import settings
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.http import condition
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from horizon.api.answers import answers
from horizon.api.base import OneFormat, View
from horizon.catalog.index import IndexEntry, index
from horizon.catalog.release import in_archive
from horizon.errors import NotFound
from horizon.inventory.models import TemplateRelease


def _etag(request: Request, *args: str) -> str:
    newest = TemplateRelease.objects.order_by("-id").values_list("pk", flat=True).first()
    return f'"{newest}-{TemplateRelease.objects.count()}"'


class _Charts(View):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    content_negotiation_class = OneFormat


class Index(_Charts):
    """`/charts/index.yaml`"""

    @answers({"text/yaml": dict}, 200, 304)
    @method_decorator(condition(etag_func=_etag))
    def get(self, request: Request) -> HttpResponse:
        """The index of the chart repository, for helm."""
        rows = TemplateRelease.objects.select_related("template").defer("archive")
        text = index(map(_entry, rows), f"{settings.HORIZON_URL}/charts")
        return HttpResponse(text, content_type="text/yaml", headers={"Cache-Control": "no-cache"})


class Archive(_Charts):
    """`/charts/{name}-{version}.tgz`"""

    @answers({"application/gzip": bytes})
    def get(self, request: Request, name: str) -> HttpResponse:
        """One release's archive; it never changes."""
        template, version, chart_version = in_archive(name)
        found = TemplateRelease.objects.filter(template__name=template, version=version, chart_version=chart_version).first()
        if found is None:
            raise NotFound(f"there is no chart {name}")
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "ETag": f'"{found.archive_digest}"'}
        return HttpResponse(bytes(found.archive), content_type="application/gzip", headers=headers)


def _entry(row: TemplateRelease) -> IndexEntry:
    return IndexEntry(
        name=row.template.name,
        chart_version=row.chart_version,
        digest_of_archive=row.archive_digest,
        created=row.created_at,
        description=row.description,
    )
