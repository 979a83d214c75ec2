"""Who holds which role where, favourites, robots, the tokens that programs use in a person's place, and links that set a password."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from horizon.access.policy import Role, Scope
from horizon.inventory.models import Application, Cluster, Group


class Membership(models.Model):
    """A role that a person holds on exactly one group, application or cluster, and on all that lies below it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="memberships")
    application = models.ForeignKey(Application, null=True, blank=True, on_delete=models.CASCADE, related_name="memberships")
    cluster = models.ForeignKey(Cluster, null=True, blank=True, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(group__isnull=False, application__isnull=True, cluster__isnull=True)
                | Q(group__isnull=True, application__isnull=False, cluster__isnull=True)
                | Q(group__isnull=True, application__isnull=True, cluster__isnull=False),
                name="member_of_one_thing",
            ),
            models.UniqueConstraint(fields=("user", "group"), name="one_role_in_a_group"),
            models.UniqueConstraint(fields=("user", "application"), name="one_role_in_an_application"),
            models.UniqueConstraint(fields=("user", "cluster"), name="one_role_in_a_cluster"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.place}"

    @property
    def place(self) -> Group | Application | Cluster:
        """The thing that the role is held on."""
        return self.group or self.application or self.cluster


class Favourite(models.Model):
    """A cluster that a person wants at hand."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favourites")
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="favourites")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("user", "cluster"), name="a_favourite_once_a_person")]

    def __str__(self) -> str:
        return f"{self.cluster} of {self.user}"


class Robot(models.Model):
    """What makes a user one without a password that a group owns; whoever manages the group's members makes its tokens."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="robot")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="robots")
    description = models.CharField(max_length=512, blank=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("user__username",)

    def __str__(self) -> str:
        return self.user.get_username()


class Token(models.Model):
    """A secret that stands for a person within a scope; only its hash is kept, and it is shown once.

    Bound to a cluster or an application it is of no use elsewhere.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=63)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scope = models.CharField(max_length=10, choices=[(scope.value, scope.value) for scope in Scope])
    application = models.ForeignKey(Application, null=True, blank=True, on_delete=models.CASCADE, related_name="tokens")
    cluster = models.ForeignKey(Cluster, null=True, blank=True, on_delete=models.CASCADE, related_name="tokens")
    created_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Link(models.Model):
    """A way to set a password without an old one, once and until it expires; only the hash of its secret is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"a link for {self.user} until {self.expires_at:%Y-%m-%d}"
