"""Tokens: made, shown once, found again by their hash."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from horizon.access.events import record
from horizon.access.models import Token
from horizon.access.permissions import Actor, require_unlimited
from horizon.access.policy import Scope
from horizon.access.secret import digest, new_secret
from horizon.errors import Invalid, NotFound
from horizon.inventory.models import Application, Cluster

_MARK = "hzn_"
_SHOWN = 12
_USE_WRITTEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class NewToken:
    """A token to make; bound to a cluster or an application it is of no use elsewhere."""

    name: str
    scope: Scope
    cluster: Cluster | None = None
    application: Application | None = None
    expires_at: datetime | None = None


def make(user: AbstractBaseUser, new: NewToken, *, actor: Actor) -> tuple[Token, str]:
    """A new token of a person or a robot, and its secret. One made by a token ends no later than that. Raises `Forbidden`, `Invalid`."""
    require_unlimited(actor, "making a token")
    if new.cluster and new.application:
        raise Invalid("bind a token to a cluster or to an application", code="body", details={"field": "application"})
    _check_end(new.expires_at, actor.token)
    with transaction.atomic():
        given = {"cluster": new.cluster, "application": new.application, "expires_at": new.expires_at, "made_by": actor.name}
        token, secret = create(user, name=new.name, scope=new.scope, **given)
        _tell(actor, "create token", token)
    return token, secret


def revoke(token: Token, *, actor: Actor) -> None:
    """End it at once and for good. A token that may not make others may revoke none but itself. Raises `Forbidden`."""
    if actor.token is None or actor.token.pk != token.pk:
        require_unlimited(actor, "revoking a token")
    with transaction.atomic():
        _tell(actor, "revoke token", token)
        token.delete()


def create(
    user: AbstractBaseUser,
    *,
    name: str,
    scope: Scope,
    cluster: Cluster | None = None,
    application: Application | None = None,
    expires_at: datetime | None = None,
    made_by: str = "",
) -> tuple[Token, str]:
    """A row and its secret, which is kept nowhere."""
    secret = new_secret(_MARK)
    token = Token.objects.create(
        user=user,
        name=name,
        prefix=secret[:_SHOWN],
        digest=digest(secret),
        scope=scope,
        cluster=cluster,
        application=application,
        expires_at=expires_at,
        created_by=made_by or user.get_username(),
    )
    return token, secret


def of(user: AbstractBaseUser) -> "QuerySet[Token]":
    """The tokens of a person or a robot, newest first, dead ones too."""
    return Token.objects.filter(user=user).select_related("user", "cluster", "application")


def one(user: AbstractBaseUser, key: int) -> Token:
    """One of them. Raises `NotFound`."""
    token = of(user).filter(pk=key).first() if key < 2**62 else None
    if token is None:
        raise NotFound(f"there is no such token of {user.get_username()}: {key}")
    return token


def find(secret: str) -> Token | None:
    """The living token of an active person or robot with this secret; its use is noted, once a minute."""
    now = timezone.now()
    living = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    token = Token.objects.select_related("user").filter(living, digest=digest(secret), user__is_active=True).first()
    if token and (token.used_at is None or now - token.used_at > _USE_WRITTEN_EVERY):
        Token.objects.filter(pk=token.pk).update(used_at=now)
    return token


def _check_end(expires_at: datetime | None, maker: Token | None) -> None:
    if expires_at and expires_at <= timezone.now():
        raise Invalid("expires_at lies in the past", code="expiry", details={"field": "expires_at"})
    if maker and maker.expires_at and (expires_at is None or expires_at > maker.expires_at):
        ends = maker.expires_at.isoformat()
        raise Invalid(f"a token made by a token ends no later than it does, {ends}", code="expiry", details={"field": "expires_at", "latest": ends})


def _tell(actor: Actor, action: str, token: Token) -> None:
    details = {"token": token.pk, "prefix": token.prefix, "scope": token.scope, "of": token.user.get_username()}
    title = f"{action.capitalize()} {token.name} of {token.user.get_username()}"
    record(actor, action, token.cluster or token.application, title=title, **details)
