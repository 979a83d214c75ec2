"""How often one may try: guessing passwords, using links, making tokens. The counts live in Django's cache, shared by all doors."""

import time
from dataclasses import dataclass
from hashlib import sha256

from django.core.cache import cache


@dataclass(frozen=True)
class Limit:
    """So many tries in a minute for each of a kind."""

    name: str
    tries: int


BY_ADDRESS = Limit("address", 60)
"""Tries to sign in or to use a link, whoever they name."""
BY_NAME = Limit("name", 10)
"""Tries to sign in as one person, wherever they come from."""
BY_PERSON = Limit("person", 30)
"""Tokens made by one person."""

_MINUTE = 60.0


def count(limit: Limit, who: str) -> float:
    """Count one more try; the seconds to wait where it is one too many, which then is not counted, else 0."""
    key, now = f"attempts_{limit.name}_{sha256(who.encode()).hexdigest()}", time.time()
    recent = [moment for moment in cache.get(key, ()) if moment > now - _MINUTE]
    if len(recent) >= limit.tries:
        return max(recent[0] + _MINUTE - now, 1.0)
    cache.set(key, [*recent, now], _MINUTE)
    return 0.0
