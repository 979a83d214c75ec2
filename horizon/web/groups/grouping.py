"""What one does to a group: each action a dialog."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.access import groups
from horizon.access.permissions import groups_to, verbs
from horizon.access.policy import Verb
from horizon.inventory.models import Group
from horizon.web.dialog import Dialog

SUGGESTED = 200
"""Paths that a field offers as one types."""


class _Look(forms.Form):
    description = forms.CharField(max_length=512, required=False)
    private = forms.BooleanField(required=False)


class _New(_Look):
    name = forms.CharField(max_length=53)
    parent = forms.CharField(max_length=512, required=False)


class _Place(forms.Form):
    name = forms.CharField(max_length=53)
    parent = forms.CharField(max_length=512, required=False)


class OfGroup(Dialog):
    """A dialog of one group."""

    def thing(self, **address: str) -> Group:
        """The group, if the actor may do this to it. Raises `NotFound`, `Forbidden`."""
        return self.group(address["path"], self.verb)

    def back(self, thing: Group) -> str:
        """The group's page."""
        return reverse("group", args=[thing.path])


class NewGroup(Dialog):
    """`/new/group?parent=`"""

    template, form, titled = "web/sheets/new_group.html", _New, gettext_lazy("New group")

    def thing(self, **address: str) -> None:
        """There is none yet."""
        return

    def back(self, thing: None) -> str:
        """The group that it would lie in, else the tree."""
        asked = self.request.GET.get("parent") or self.request.POST.get("parent", "")
        parent = Group.objects.filter(path=asked).first()
        return reverse("group", args=[parent.path]) if parent else reverse("groups")

    def shown(self, thing: None, typed: QueryDict) -> dict[str, Any]:
        """Where it may lie."""
        return {"parents": _paths(self), "makes_roots": groups.makes_roots(self.actor)}

    def do(self, thing: None, given: dict[str, Any]) -> str:
        """Make it."""
        above = groups.parent(given.pop("parent"), actor=self.actor)
        made = groups.create(parent=above, actor=self.actor, **given)
        return reverse("group", args=[made.path])


class Describe(OfGroup):
    """`/edit/group/{path}`"""

    template, form = "web/sheets/describe_group.html", _Look

    def shown(self, thing: Group, typed: QueryDict) -> dict[str, Any]:
        """What it says of itself; who sees it is shown to those who decide it."""
        hides = Verb.MEMBERS in verbs(self.actor, thing)
        return {"hides": hides, "under": thing.hidden and not thing.private}

    def do(self, thing: Group, given: dict[str, Any]) -> str:
        """Describe it anew, make it private or public."""
        hides = Verb.MEMBERS in verbs(self.actor, thing)
        wanted = groups.Wanted(description=given["description"], private=given["private"] if hides else None)
        return reverse("group", args=[groups.amend(thing, wanted, actor=self.actor).path])


class Move(OfGroup):
    """`/move/group/{path}`"""

    verb, template, form = Verb.DELETE, "web/sheets/move_group.html", _Place

    def shown(self, thing: Group, typed: QueryDict) -> dict[str, Any]:
        """Where it may lie."""
        return {"parents": _paths(self), "makes_roots": groups.makes_roots(self.actor), "parent": thing.parent.path if thing.parent else ""}

    def do(self, thing: Group, given: dict[str, Any]) -> str:
        """Move it with all below."""
        before = thing.path
        moved = groups.amend(thing, groups.Wanted(name=given["name"], parent=given["parent"]), actor=self.actor)
        messages.success(self.request, _("%(before)s is %(after)s now.") % {"before": before, "after": moved.path})
        return reverse("group", args=[moved.path])


class Delete(OfGroup):
    """`/delete/group/{path}`"""

    verb, template = Verb.DELETE, "web/sheets/delete_group.html"

    def shown(self, thing: Group, typed: QueryDict) -> dict[str, Any]:
        """What is in it and has to go first."""
        contents = groups.contents(thing)
        return {"contents": contents, "blocked": bool(contents)}

    def do(self, thing: Group, given: dict[str, Any]) -> str:
        """Delete it; its parent is shown."""
        above = thing.parent
        groups.delete(thing, actor=self.actor)
        messages.success(self.request, _("Group %(path)s is deleted.") % {"path": thing.path})
        return reverse("group", args=[above.path]) if above else reverse("groups")


def _paths(dialog: Dialog) -> list[str]:
    return list(groups_to(dialog.actor, Verb.EDIT).order_by("path").values_list("path", flat=True)[:SUGGESTED])
