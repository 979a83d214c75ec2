"""What is asked of a new application or cluster beside its template's form: as a schema, so that the same form draws it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from horizon.inventory.models import Priority

_NAME = {"type": "string", "minLength": 1, "maxLength": 53, "pattern": "^[a-z]([-a-z0-9]{0,51}[a-z0-9])?$"}
_FEW = 6
"""So many choices are shown side by side, more in a list that opens."""


def application(groups: Sequence[str], templates: Sequence[Any], *, chosen: str) -> dict[str, Any]:
    """The questions about an application, with what is likely filled in: the template with most `uses`, if any is used at all."""
    names = [template.name for template in templates]
    likely = max((template for template in templates if template.uses), key=lambda template: template.uses, default=None)
    fields = {
        "name": _name(_("Its clusters take their names from it.")),
        "group": _choice(_("Group"), groups, _("Who may see and do what comes from the group.")),
        "template": _choice(_("Template"), names, ""),
        "priority": _choice(_("Priority"), Priority.values, _("P0 is what everything depends on.")),
        "description": {"type": "string", "title": _("Description"), "maxLength": 512},
    }
    ui = {
        "ui:order": list(fields),
        "name": {"ui:col": "half", "ui:placeholder": "checkout"},
        "group": {"ui:col": "half"},
        "template": {"ui:widget": "cards", "ui:enumNames": [_card(template) for template in templates]},
        "priority": {"ui:widget": "radio"},
    }
    data = {"group": chosen if chosen in groups else _first(groups), "priority": Priority.P3.value, **({"template": likely.name} if likely else {})}
    return {
        "about": {"schema": _schema(_("The application"), fields, ("name", "group", "template", "priority")), "ui": ui, "data": data},
        "steering": ["template"],
        "configTitle": _("What its clusters start with"),
        "configHelp": _("Each new cluster begins with a copy, and stands alone from then on. Leave it as it is if in doubt."),
        "footer": _("This makes a Git repository for its config. Nothing is deployed."),
        "heading": _("Create this application"),
        "committed": _("This is the first commit of its repository, on the branch default. Nothing is deployed; its clusters start from it."),
        "leads": _("What a cluster that starts from it would have"),
        "submit": _("Create application"),
    }


def cluster(
    application: str, environments: Sequence[str], regions: Sequence[str], releases: Sequence[str], likely: Mapping[str, str]
) -> dict[str, Any]:
    """The questions about a cluster, with what is likely filled in."""
    fields = {
        "environment": _choice(_("Environment"), environments, ""),
        "region": _choice(_("Region"), regions, _("The Kubernetes cluster it runs in.")),
        "name": _name(_("Never changes, like its environment and region.")),
        "release": _choice(_("Release of the template"), releases, ""),
        "image": {
            "type": "string",
            "title": _("Image"),
            "description": _("What CI built. It may come later: without one nothing can be deployed."),
            "maxLength": 512,
            "pattern": "^[^\\s]*$",
            "x-message": _("must hold no space"),
        },
        "description": {"type": "string", "title": _("Description"), "maxLength": 512},
    }
    ui = {
        "ui:order": list(fields),
        "environment": _few(environments),
        "region": _few(regions),
        "name": {"ui:col": "half"},
        "release": {"ui:col": "half"},
        "image": {"ui:placeholder": "registry.example.com/shop/checkout:v1"},
    }
    data = {**likely, "release": _first(releases), "name": f"{application}-{likely['environment']}"[:53].rstrip("-")}
    return {
        "about": {"schema": _schema(_("The cluster"), fields, ("name", "environment", "region", "release")), "ui": ui, "data": data},
        "steering": ["environment", "release"],
        "naming": [{"text": application}, {"field": "environment"}],
        "configTitle": _("Its config"),
        "configHelp": _("It starts with what the application holds for the environment."),
        "footer": _("This makes a Git repository with everything pending. Nothing is deployed yet."),
        "heading": _("Create this cluster"),
        "committed": _("This is what its repository will hold, pending on the branch gitops, under an ID of its own. Nothing is deployed yet."),
        "leads": _("What its first deploy makes"),
        "submit": _("Create cluster"),
    }


def _card(template: Any) -> str:
    return f"{template.name}: {template.description}" if template.description else str(template.name)


def _schema(title: str, fields: Mapping[str, Any], required: Sequence[str]) -> dict[str, Any]:
    return {"title": title, "type": "object", "additionalProperties": False, "required": list(required), "properties": dict(fields)}


def _name(description: str) -> dict[str, Any]:
    message = _("must be lower-case letters, digits and dashes, a letter first, no dash at the end")
    return {**_NAME, "title": _("Name"), "description": description, "x-message": message}


def _choice(title: str, choices: Sequence[str], description: str) -> dict[str, Any]:
    return {"type": "string", "title": title, "enum": list(choices), **({"description": description} if description else {})}


def _few(choices: Sequence[str]) -> dict[str, Any]:
    return {"ui:widget": "radio"} if len(choices) <= _FEW else {}


def _first(choices: Sequence[str]) -> str:
    return choices[0] if choices else ""
