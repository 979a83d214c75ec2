"""How Kubernetes wants names, labels, quantities and schedules written: what JSON Schemas of it do not say."""

import re
from decimal import Decimal, localcontext
from typing import Any

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")
_ENV_NAME = re.compile(r"[ -<>-~]+")
_QUANTITY = re.compile(r"([+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40}))([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?")
_SCALES = {"n": "1e-9", "u": "1e-6", "m": "1e-3", "": "1", "k": "1e3", "M": "1e6", "G": "1e9", "T": "1e12", "P": "1e15", "E": "1e18"} | {
    f"{prefix}i": str(1024**power) for power, prefix in enumerate("KMGTPE", 1)
}

MAX_SUBDOMAIN = 253
MAX_LABEL = 63
MAX_PORT_NAME = 15


def label_problem(text: str, *, longest: int = MAX_LABEL) -> str | None:
    """Why a text is no DNS-1123 label."""
    if len(text) > longest:
        return _too_long(text, longest)
    return None if _LABEL.fullmatch(text) else "must be lower-case letters, digits and '-', and begin and end with a letter or digit"


def label_1035_problem(text: str) -> str | None:
    """Why a text is no DNS-1035 label."""
    if len(text) > MAX_LABEL:
        return _too_long(text, MAX_LABEL)
    return None if _LABEL_1035.fullmatch(text) else "must be lower-case letters, digits and '-', begin with a letter and end with a letter or digit"


def subdomain_problem(text: str, *, longest: int = MAX_SUBDOMAIN) -> str | None:
    """Why a text is no DNS-1123 subdomain."""
    if len(text) > longest:
        return _too_long(text, longest)
    return None if _SUBDOMAIN.fullmatch(text) else "must be lower-case letters, digits, '-' and '.', and begin and end with a letter or digit"


def path_segment_problem(text: str) -> str | None:
    """Why a text cannot be one segment of a URL, which is all that names of roles must be."""
    return "must not be '.' or '..', nor hold '/' or '%'" if text in (".", "..") or "/" in text or "%" in text else None


def label_key_problem(text: str) -> str | None:
    """Why a text is no key of a label or annotation: an optional domain and '/', then a name."""
    prefix, slash, name = text.rpartition("/")
    if slash and (reason := subdomain_problem(prefix)):
        return f"the part before '/' {reason}"
    return _qualified_problem(name)


def label_value_problem(text: str) -> str | None:
    """Why a text is no value of a label."""
    return _qualified_problem(text) if text else None


def port_name_problem(text: str) -> str | None:
    """Why a text is no name of a container's port."""
    if len(text) > MAX_PORT_NAME:
        return _too_long(text, MAX_PORT_NAME)
    return None if _PORT_NAME.fullmatch(text) else "must be lower-case letters, digits and single '-' between them, with at least one letter"


def env_name_problem(text: str) -> str | None:
    """Why a text is no name of an environment variable (as since Kubernetes 1.34)."""
    return None if _ENV_NAME.fullmatch(text) else "must be printable ASCII characters other than '='"


def quantity(value: Any) -> Decimal | None:
    """The number that a quantity such as `500m` or `1.5Gi` stands for; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    match = _QUANTITY.fullmatch(str(value))
    if not match:
        return None
    digits, suffix = match[1], match[2] or ""
    scale = _SCALES.get(suffix, f"1{suffix}")
    with localcontext(prec=200):
        return Decimal(digits) * Decimal(scale)


def _qualified_problem(name: str) -> str | None:
    if len(name) > MAX_LABEL:
        return _too_long(name, MAX_LABEL)
    return None if _QUALIFIED.fullmatch(name) else "must be letters, digits, '-', '_' and '.', and begin and end with a letter or digit"


def _too_long(text: str, longest: int) -> str:
    return f"is {len(text)} characters long, {longest} are allowed"
