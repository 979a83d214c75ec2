"""The one table of who may do what (DESIGN section 9)."""

from enum import StrEnum


class Role(StrEnum):
    """What a person is to a group, application or cluster, and to all below it."""

    GUEST = "guest"
    DEVELOPER = "developer"
    SRE = "sre"
    MAINTAINER = "maintainer"
    OWNER = "owner"


class Verb(StrEnum):
    """What is done to a thing. `OUTPUT`, `DEPLOY` and `OPERATE` are one column of the design's table, told apart for the scope `ci`;
    `MEMBERS` reaches up to maintainer, `OWNERS` is what an owner has beyond.
    """

    VIEW = "view"
    EDIT = "edit"
    OUTPUT = "output"
    DEPLOY = "deploy"
    OPERATE = "operate"
    OVERRIDE = "override"
    VOTE = "vote"
    MEMBERS = "members"
    OWNERS = "owners"
    DELETE = "delete"


class Scope(StrEnum):
    """What a token may do of what its person may do."""

    READ = "read"
    CI = "ci"
    WRITE = "write"


_DELIVERY = frozenset((Verb.OUTPUT, Verb.DEPLOY, Verb.OPERATE))

ROLES: dict[Role, frozenset[Verb]] = {
    Role.GUEST: frozenset((Verb.VIEW,)),
    Role.DEVELOPER: frozenset((Verb.VIEW, Verb.EDIT)) | _DELIVERY,
    Role.SRE: frozenset((Verb.VIEW, Verb.OVERRIDE, Verb.VOTE)) | _DELIVERY,
    Role.MAINTAINER: frozenset((Verb.VIEW, Verb.EDIT, Verb.MEMBERS, Verb.DELETE)) | _DELIVERY,
    Role.OWNER: frozenset(Verb),
}

SCOPES: dict[Scope, frozenset[Verb]] = {
    Scope.READ: frozenset((Verb.VIEW,)),
    Scope.CI: frozenset((Verb.VIEW, Verb.OUTPUT, Verb.DEPLOY)),
    Scope.WRITE: frozenset(Verb),
}

DOING: dict[Verb, str] = {
    Verb.VIEW: "see",
    Verb.EDIT: "edit",
    Verb.OUTPUT: "post the output of",
    Verb.DEPLOY: "deploy",
    Verb.OPERATE: "operate",
    Verb.OVERRIDE: "override",
    Verb.VOTE: "vote on",
    Verb.MEMBERS: "manage the members of",
    Verb.OWNERS: "decide who owns",
    Verb.DELETE: "delete",
}
"""The verbs in a sentence that goes on with the thing."""
