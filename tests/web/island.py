"""What the form's island does: reads what the page gives it, and calls the page's endpoints."""

import html
import json
import re
from typing import Any

from django.test import Client


def given(page: Any) -> dict[str, Any]:
    """What a page gives to the form."""
    assert page.status_code == 200, page.content.decode()[:300]
    found = re.search(r'id="form-island" data-given="([^"]*)"', page.content.decode())
    assert found, "no form on the page"
    return dict(json.loads(html.unescape(found[1])))


def post(browser: Client, url: str, body: Any, **headers: str) -> Any:
    """Send JSON to an endpoint; the answer has `data`."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return _read(browser.generic("POST", url, sent, content_type="application/json", headers=headers))


def get(browser: Client, url: str) -> Any:
    """Ask an endpoint; the answer has `data`."""
    return _read(browser.get(url))


def _read(answer: Any) -> Any:
    answer.data = json.loads(answer.content) if answer.headers["Content-Type"] == "application/json" else None
    return answer
