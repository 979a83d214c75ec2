"""The chart repository that every `Chart.yaml` depends on: releases as stock `helm` fetches them, readable by everybody."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import condition, require_safe

from horizon.api.answers import answers
from horizon.catalog.index import IndexEntry, index
from horizon.inventory.models import TemplateRelease


def _etag(request: HttpRequest, *args: str) -> str:
    newest = TemplateRelease.objects.order_by("-id").values_list("pk", flat=True).first()
    return f'"{newest}-{TemplateRelease.objects.count()}"'


@answers({"text/yaml": str}, 200, 304)
@require_safe
@condition(etag_func=_etag)
def index_yaml(request: HttpRequest) -> HttpResponse:
    """`/charts/index.yaml`"""
    rows = TemplateRelease.objects.select_related("template").defer("archive")
    return HttpResponse(index(map(_entry, rows), f"{settings.HORIZON_URL}/charts"), content_type="text/yaml", headers={"Cache-Control": "no-cache"})


@answers({"application/gzip": bytes})
@require_safe
def archive(request: HttpRequest, name: str) -> HttpResponse:
    """`/charts/{name}-{version}.tgz`: immutable."""
    rows = TemplateRelease.objects.select_related("template").defer("archive")
    found = next((row for row in rows if f"{row.template.name}-{row.chart_version}" == name), None)
    if found is None:
        raise Http404(f"there is no chart {name}")
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
