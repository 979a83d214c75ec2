"""An object's YAML before and after."""

import pytest

from horizon.engines import written
from horizon.engines.objects import compare_manifests
from horizon.engines.written import unified
from tests.engines.manifests import deployment, secret, service


def changed(text):
    return [line for line in text.splitlines()[2:] if line[0] in "+-"]


def test_only_what_differs_is_marked():
    assert changed(unified(deployment(replicas=1), deployment(replicas=3))) == ["-  replicas: 1", "+  replicas: 3"]


def test_another_order_of_keys_is_no_difference():
    turned = {key: deployment(replicas=3)[key] for key in reversed(deployment())}

    assert changed(unified(deployment(replicas=1), turned)) == ["-  replicas: 1", "+  replicas: 3"]


def test_keys_within_items_of_a_list_keep_their_order_as_well():
    before = {"items": [{"name": "a", "value": 1}, {"name": "b", "value": 2}]}
    after = {"items": [{"value": 2, "name": "b"}, {"value": 1, "name": "a"}]}

    assert len(changed(unified(before, after))) == 4


def test_a_list_that_grew_shows_what_came():
    assert changed(unified({"ports": [{"port": 1, "name": "a"}]}, {"ports": [{"name": "a", "port": 1}, {"name": "b"}]})) == ["+- name: b"]


@pytest.mark.parametrize(("before", "after", "mark"), [({}, service(), "+"), (service(), {}, "-")])
def test_a_new_object_and_one_that_goes_have_one_side(before, after, mark):
    assert {line[0] for line in changed(unified(before, after))} == {mark}


@pytest.mark.parametrize(("before", "after"), [({}, secret(password="hunter2")), (secret(password="hunter2"), secret(password="hunter3"))])
def test_what_a_secret_holds_is_hidden_before_it_is_compared(before, after):
    text = unified(before, after)

    assert "hunter" not in text
    assert "password: (hidden " in text


def test_a_secret_that_becomes_something_else_is_hidden_on_both_sides():
    plain = {**secret(password="hunter2"), "kind": "ConfigMap"}

    assert "hunter" not in unified(plain, secret(password="hunter3")) + unified(secret(password="hunter3"), plain)


def test_an_object_that_is_too_long_is_not_compared(monkeypatch):
    monkeypatch.setattr(written, "MAX_LINES", 5)

    assert unified(deployment(replicas=1), deployment(replicas=3)) == ""


def test_what_yaml_cannot_hold_is_not_compared():
    assert unified({"a": 1}, {"a": 2**60}) == ""


def test_every_change_of_a_deploy_comes_with_its_yaml():
    changes = compare_manifests([deployment(replicas=1), service("gone")], [deployment(replicas=3), service("new")])

    assert [(change.object, changed(change.text)[0][0]) for change in changes] == [
        ("Deployment/web", "-"),
        ("Service/new", "+"),
        ("Service/gone", "-"),
    ]
