"""What a form is drawn from, and two people who fill it in at once."""

from typing import Any

import pytest

from horizon.access.permissions import Actor
from horizon.delivery import edit, form
from horizon.errors import Invalid
from horizon.gitops import layout
from horizon.gitops.repository import UnknownRevision
from horizon.inventory.models import Cluster
from tests.fixtures import replicas


def config(count: int = 1, **app: Any) -> dict[str, Any]:
    return {"app": {"spec": {"replicas": count}, **app}}


def test_form_has_pending_data_and_the_schemas_of_the_release(cluster: Cluster, ann: Actor) -> None:
    edited = replicas(cluster, 3, ann)

    drawn = form.of_cluster(cluster)

    assert (drawn.revision, drawn.config, drawn.template) == (edited.sha, config(3), "deployment")
    assert drawn.schemas == form.of_release(cluster.release)
    assert "app" in drawn.schemas.schema["properties"]


def test_keys_of_later_files_are_decided_whether_the_form_sets_them_or_not(cluster: Cluster, ann: Actor) -> None:
    override = edit.put_section(layout.SRE, "deployment", {"app": {"spec": {"replicas": 5}, "port": 9000}})
    edit.edit(cluster, override, actor=ann, title="Override")

    decided = {tuple(item["path"]): item["value"] for item in form.of_cluster(cluster).decided if item["owner"] == "SRE"}

    assert decided == {("app", "spec", "replicas"): 5, ("app", "port"): 9000}


def test_two_edits_of_different_keys_are_both_kept(cluster: Cluster, ann: Actor) -> None:
    seen = form.of_cluster(cluster).revision
    replicas(cluster, 7, ann)

    merged = form.merged(cluster, config(port=9000), seen=seen)

    assert (merged.config, merged.now, merged.clashes) == (config(7, port=9000), config(7), [])
    assert merged.mine == ("application.yaml: deployment.app.port",)
    assert merged.theirs == ("application.yaml: deployment.app.spec.replicas",)


def test_a_key_that_both_changed_is_shown_and_may_yield(cluster: Cluster, ann: Actor) -> None:
    seen, key = form.of_cluster(cluster).revision, "application.yaml: deployment.app.spec.replicas"
    replicas(cluster, 7, ann)

    mine = form.merged(cluster, config(4, port=9000), seen=seen)
    theirs = form.merged(cluster, config(4, port=9000), seen=seen, yielding=[key])

    assert mine.clashes == [{"key": key, "mine": 4, "theirs": 7}]
    assert mine.config == config(4, port=9000)
    assert theirs.config == config(7, port=9000)


def test_what_was_taken_away_stays_away(make_cluster: Any, ann: Actor) -> None:
    cluster = make_cluster(config=config(port=9000))
    seen = form.of_cluster(cluster).revision
    replicas(cluster, 7, ann)

    merged = form.merged(cluster, config(), seen=seen)

    assert merged.config == config(7)


def test_merging_saves_nothing_and_names_who_saved(cluster: Cluster, ann: Actor) -> None:
    seen = form.of_cluster(cluster).revision
    override = edit.put_section(layout.SRE, "deployment", {"app": {"port": 9000}})
    edit.edit(cluster, override, actor=ann, title="Not the form")
    edited = replicas(cluster, 7, ann)

    merged = form.merged(cluster, config(4), seen=seen)

    assert [(save.sha, save.by, save.title) for save in merged.saves] == [(edited.sha, "ann", "7 replicas")]
    assert form.of_cluster(cluster).revision == merged.revision == edited.sha


def test_a_revision_or_a_key_that_is_none_is_refused(cluster: Cluster) -> None:
    with pytest.raises(UnknownRevision):
        form.merged(cluster, config(4), seen="0" * 40)
    with pytest.raises(Invalid):
        form.merged(cluster, config(4), seen=form.of_cluster(cluster).revision, yielding=["application.yaml: other"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"a": {"b": 1}}),
        ({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"c": 3}, "d": [2]}),
        ({"a": {"b": 1}}, {"a": 5}),
        ({"a": 5}, {"a": {"b": {"c": 1}}}),
        ({"a": {"b": 1}}, {"a": {}}),
        ({"a": 1}, {}),
    ],
)
def test_patch_between_leads_from_one_to_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    patch = edit.patch_between(before, after)

    assert edit.merge_patch(before, patch) == after
