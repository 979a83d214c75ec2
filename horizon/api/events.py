"""Who did what, to which thing, when and from where: listed, filtered, exported."""

from typing import Literal

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from horizon.access import activity
from horizon.access.activity import Shown, shown
from horizon.api.answers import Page, Parameter, answers
from horizon.api.base import OneFormat, View

_FILTERS = tuple(activity.FILTERS)
_AS = Parameter("as", "The kind of file, csv unless said.", Literal["csv", "json"])


class Events(View):
    """`/events`"""

    @answers(Page(Shown), query=_FILTERS, errors=(404,))
    def get(self, request: Request) -> Response:
        """`?group=`, `?application=` or `?cluster=` and all below; `?actor=`, `?action=`, `?since=`, `?until=`."""
        return self.page(activity.found(self), shown)


class Export(View):
    """`/events/export`"""

    content_negotiation_class = OneFormat

    @answers({"text/csv": str, "application/json": list[Shown]}, query=(*_FILTERS, _AS), errors=(404,))
    def get(self, request: Request) -> StreamingHttpResponse:
        """All of them, with the same filters, as a file: `?as=csv` (unless said) or `json`."""
        kind = self.choice("as", ("csv", "json")) or "csv"
        lines = {"csv": activity.as_csv, "json": activity.as_json}[kind](activity.found(self))
        headers = {"Content-Disposition": f'attachment; filename="events.{kind}"'}
        return StreamingHttpResponse(lines, content_type={"csv": "text/csv; charset=utf-8", "json": "application/json"}[kind], headers=headers)
