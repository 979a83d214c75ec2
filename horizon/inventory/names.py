"""What a name may be: it becomes a Helm release, a Kubernetes object, a folder and a part of a URL."""

import re

from horizon.errors import Invalid

LONGEST = 53
"""Helm's limit for a release's name."""
_NAME = re.compile(r"[a-z](?:[-a-z0-9]{0,51}[a-z0-9])?")
_VERSIONED = re.compile(r"[a-zA-Z0-9](?:[-._a-zA-Z0-9]{0,62})")


def checked(name: object, *, what: str) -> str:
    """A name of a group, application, cluster, environment or region. Raises `Invalid`."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        shown = str(name)[:80]
        raise Invalid(
            f"{shown!r} is no name for {what}: use lower-case letters, digits and dashes, a letter first, at most {LONGEST} characters",
            code="name",
            details={"field": "name"},
        )
    return name


def checked_version(version: object) -> str:
    """A template's or release's name in a URL or a body. Raises `Invalid`."""
    if not isinstance(version, str) or not _VERSIONED.fullmatch(version):
        raise Invalid(f"{str(version)[:80]!r} is no name of a template or release", code="name")
    return version
