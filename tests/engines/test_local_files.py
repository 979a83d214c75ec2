"""The local engine's files: where they are, what a person may do to them, and what is never touched."""

import fcntl
import itertools
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from horizon import helmyaml
from horizon.engines.contract import Health, Observation, Sync
from horizon.engines.live import Folder, document, file_name
from horizon.engines.registry import engine_for
from horizon.errors import Conflict, Invalid, Unavailable
from tests.engines.manifests import config, deployment, secret, service

NASTY = ["../../../evil", "a/b", "..", ".", "", "a:b", "A", "é" * 200, "x" * 300, "a\nb", "~", ".applied.json", "con@fig", "a%2Fb"]


def named(name, *, kind="ConfigMap", version="v1"):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}}


def only(observation):
    (item,) = observation.objects
    return item


@pytest.fixture
def live(folder):
    return lambda: {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def test_the_registry_knows_the_local_engine(root, target, now):
    engine = engine_for("local", root=root)

    assert engine.observe(target, now=now).sync == Sync.NOT_DEPLOYED


def test_the_registry_refuses_an_unknown_kind(root):
    with pytest.raises(Invalid):
        engine_for("nomad", root=root)


def test_an_object_is_a_file_that_a_person_finds_by_kind_and_name(local, target, folder, live):
    local.sync(target, "r1", [deployment(), service()], operation="run-1")

    assert live() == {"deployment-web.yaml", "service-web.yaml"}
    assert helmyaml.read((folder / "deployment-web.yaml").read_text()) == deployment()


def test_observing_makes_no_folder(local, target, root, now):
    local.observe(target, now=now)

    assert not root.exists()


@pytest.mark.parametrize("name", NASTY)
def test_no_name_leads_out_of_the_folder(local, target, folder, root, now, name):
    local.sync(target, "r1", [named(name), named("x", kind=name or "K"), named("x", version=f"{name}/v1")], operation="run-1")

    files = {path for path in root.rglob("*") if path.is_file()}
    assert {path.parent for path in files} == {folder, folder.parent}
    assert local.observe(target, now=now).sync == Sync.SYNCED


@pytest.mark.parametrize("name", NASTY)
def test_no_cluster_namespace_or_region_leads_out_of_the_root(local, target, root, tmp_path, now, name):
    before = set(tmp_path.iterdir())

    for odd in (replace(target, cluster=name), replace(target, namespace=name), replace(target, region=name)):
        local.sync(odd, "r1", [config()], operation="run-1")
        assert local.observe(odd, now=now).sync == Sync.SYNCED

    assert set(tmp_path.iterdir()) - before == {root}
    assert len(list(root.glob("*/*/*/.applied.json"))) == 3


def test_different_objects_never_share_a_file():
    kinds = itertools.product([*NASTY, "web"], ("Service", "service", "Deployment"), ("v1", "apps/v1", "a/v1", "a/b/v1"))
    objects = [named(name, kind=kind, version=version) for name, kind, version in kinds]
    elsewhere = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "other"}}

    names = [file_name(manifest, namespace="test-1") for manifest in [*objects, elsewhere]]

    assert len(set(names)) == len(names)
    assert max(map(len, names)) < 200


def test_the_same_kind_of_two_api_groups_is_two_objects(local, target, live, now):
    local.sync(target, "r1", [service(), named("web", kind="Service", version="serving.knative.dev/v1")], operation="run-1")

    assert len(live()) == 2
    assert {item.group for item in local.observe(target, now=now).objects} == {"", "serving.knative.dev"}


def test_another_version_of_the_same_api_is_the_same_object(target):
    older = named("web", kind="Certificate", version="cert-manager.io/v1alpha2")
    newer = named("web", kind="Certificate", version="cert-manager.io/v1")

    assert file_name(older, namespace="test-1") == file_name(newer, namespace="test-1")


def test_naming_the_targets_namespace_is_the_same_object_as_naming_none(local, target, live):
    local.sync(target, "r1", [service()], operation="run-1")

    with_namespace = {**service(), "metadata": {"name": "web", "namespace": target.namespace}}
    local.sync(target, "r2", [with_namespace], operation="run-2")

    assert live() == {"service-web.yaml"}


def test_a_comment_or_another_order_is_no_drift(local, target, folder, now):
    local.sync(target, "r1", [config(a="1", b="2")], operation="run-1")

    (folder / "configmap-settings.yaml").write_text('# mine\ndata: {b: "2", a: "1"}\nkind: ConfigMap\nmetadata: {name: settings}\napiVersion: v1\n')

    assert local.observe(target, now=now).sync == Sync.SYNCED


def test_a_field_added_by_hand_is_drift(local, target, folder, now):
    local.sync(target, "r1", [config(a="1")], operation="run-1")
    file = folder / "configmap-settings.yaml"

    file.write_text(file.read_text().replace("\ndata:\n", "\ndata:\n  app.conf: x\n"))

    (drift,) = only(local.observe(target, now=now)).drift
    assert (drift.path, drift.wanted, drift.live) == ("data[app.conf]", None, "x")


def test_text_for_a_number_is_drift(local, target, folder, now):
    local.sync(target, "r1", [deployment(replicas=1)], operation="run-1")
    file = folder / "deployment-web.yaml"

    file.write_text(file.read_text().replace("replicas: 1", "replicas: true"))

    (drift,) = only(local.observe(target, now=now)).drift
    assert (drift.path, drift.wanted, drift.live) == ("spec.replicas", 1, True)


def break_by(content):
    return lambda file: file.write_bytes(content)


def to_link(file):
    file.unlink()
    file.symlink_to("/etc/hostname")


def to_pipe(file):
    file.unlink()
    os.mkfifo(file)


def to_folder(file):
    file.unlink()
    file.mkdir()


NO_OBJECTS = {
    "no YAML": break_by(b"{ a: ["),
    "a list": break_by(b"- 1"),
    "two documents": break_by(b"a: 1\n---\nb: 2\n"),
    "no UTF-8": break_by(b"\xff\xfe"),
    "deep": break_by(b"[" * 100_000),
    "an alias bomb": break_by(b"a: &a [1,1]\n" + b"".join(b"%c: &%c [*%c,*%c,*%c]\n" % (i, i, i - 1, i - 1, i - 1) for i in range(98, 122))),
    "long": break_by(b"x" * 6_000_000),
    "a link": to_link,
    "a pipe": to_pipe,
    "a folder": to_folder,
}


@pytest.mark.parametrize("how", sorted(NO_OBJECTS))
def test_a_live_file_that_is_no_object_is_degraded_and_says_so(local, target, folder, now, how):
    local.sync(target, "r1", [config()], operation="run-1")

    NO_OBJECTS[how](folder / "configmap-settings.yaml")

    seen = local.observe(target, now=now)
    assert (seen.sync, seen.health, only(seen).sync, only(seen).health) == (Sync.OUT_OF_SYNC, Health.DEGRADED, Sync.OUT_OF_SYNC, Health.DEGRADED)
    assert "configmap-settings.yaml is no object" in only(seen).message


@pytest.mark.parametrize("how", sorted(set(NO_OBJECTS) - {"a folder"}))
def test_the_next_sync_replaces_a_file_that_is_no_object(local, target, folder, now, how):
    local.sync(target, "r1", [config()], operation="run-1")
    NO_OBJECTS[how](folder / "configmap-settings.yaml")

    local.sync(target, "r1", [config()], operation="run-2")

    assert local.observe(target, now=now).sync == Sync.SYNCED


def test_a_link_to_the_same_content_elsewhere_is_no_object(local, target, folder, root, now):
    local.sync(target, "r1", [config()], operation="run-1")
    file = folder / "configmap-settings.yaml"

    file.rename(root / "elsewhere.yaml")
    file.symlink_to(root / "elsewhere.yaml")

    assert only(local.observe(target, now=now)).health == Health.DEGRADED


def test_a_folder_in_the_place_of_a_file_is_the_persons_to_remove(local, target, folder):
    local.sync(target, "r1", [config()], operation="run-1")
    to_folder(folder / "configmap-settings.yaml")

    with pytest.raises(Unavailable):
        local.sync(target, "r1", [config()], operation="run-2")


def test_an_emptied_file_is_drift_in_every_field(local, target, folder, now):
    local.sync(target, "r1", [config()], operation="run-1")

    (folder / "configmap-settings.yaml").write_text("")

    assert {drift.path for drift in only(local.observe(target, now=now)).drift} == {"apiVersion", "kind", "metadata", "data"}


def test_a_persons_own_file_is_extra_and_does_not_count(local, target, folder, now):
    local.sync(target, "r1", [config()], operation="run-1")

    (folder / "mine.yaml").write_text("kind: Pod\nmetadata: {name: mine}\n")

    seen = local.observe(target, now=now)
    (extra,) = [item for item in seen.objects if item.sync == Sync.UNKNOWN]
    assert (seen.sync, seen.health) == (Sync.SYNCED, Health.HEALTHY)
    assert (extra.kind, extra.name) == ("Pod", "mine")
    assert "extra" in extra.message


def test_a_persons_own_file_outlives_syncs_and_delete(local, target, folder):
    local.sync(target, "r1", [config()], operation="run-1")
    (folder / "mine.yaml").write_text("a: 1\n")

    local.sync(target, "r2", [service()], operation="run-2")
    local.delete(target)
    local.forget(target)

    assert [path.name for path in folder.iterdir()] == ["mine.yaml"]


def test_a_persons_copy_of_a_file_under_another_name_is_extra(local, target, folder, live):
    local.sync(target, "r1", [config()], operation="run-1")
    (folder / "copy.yaml").write_bytes((folder / "configmap-settings.yaml").read_bytes())

    local.sync(target, "r2", [service()], operation="run-2")

    assert live() == {"service-web.yaml", "copy.yaml"}


def test_a_pruned_file_that_came_back_is_out_of_sync(local, target, folder, now):
    local.sync(target, "r1", [config(), service()], operation="run-1")
    content = (folder / "configmap-settings.yaml").read_bytes()
    local.sync(target, "r2", [service()], operation="run-2")

    (folder / "configmap-settings.yaml").write_bytes(content)

    seen = local.observe(target, now=now)
    assert seen.sync == Sync.OUT_OF_SYNC
    assert {item.name: item.sync for item in seen.objects} == {"web": Sync.SYNCED, "settings": Sync.OUT_OF_SYNC}


def test_the_next_sync_prunes_a_file_that_came_back(local, target, folder, live):
    local.sync(target, "r1", [config(), service()], operation="run-1")
    content = (folder / "configmap-settings.yaml").read_bytes()
    local.sync(target, "r2", [service()], operation="run-2")
    (folder / "configmap-settings.yaml").write_bytes(content)

    local.sync(target, "r2", [service()], operation="run-3")

    assert live() == {"service-web.yaml"}


def test_a_file_rewritten_by_hand_is_still_pruned(local, target, folder, live):
    local.sync(target, "r1", [config(), service()], operation="run-1")
    (folder / "configmap-settings.yaml").write_text("a: 1\n")

    local.sync(target, "r2", [service()], operation="run-2")

    assert live() == {"service-web.yaml"}


DAMAGE = {
    "no JSON": b"{",
    "a list": b"[]",
    "empty": b"",
    "no UTF-8": b"\xff",
    "other keys": b'{"given": {}, "owned": [], "withdrawn": [], "x": 1}',
    "deep": b"[" * 200_000,
}


@pytest.mark.parametrize("how", sorted(DAMAGE))
def test_a_damaged_record_is_unknown(local, target, folder, now, how):
    local.sync(target, "r1", [config()], operation="run-1")

    (folder / ".applied.json").write_bytes(DAMAGE[how])

    seen = local.observe(target, now=now)
    assert (seen.sync, seen.health, seen.revision) == (Sync.UNKNOWN, Health.UNKNOWN, None)
    assert "damaged" in seen.message


@pytest.mark.parametrize("how", sorted(DAMAGE))
def test_a_sync_mends_a_damaged_record_and_still_prunes(local, target, folder, now, live, how):
    local.sync(target, "r1", [config(), service()], operation="run-1")
    (folder / ".applied.json").write_bytes(DAMAGE[how])

    local.sync(target, "r2", [service()], operation="run-2")

    assert live() == {"service-web.yaml"}
    assert local.observe(target, now=now).sync == Sync.SYNCED


def test_delete_takes_what_a_damaged_record_no_longer_names(local, target, folder):
    local.sync(target, "r1", [config(), service()], operation="run-1")
    (folder / ".applied.json").write_bytes(b"{")

    local.delete(target)

    assert not folder.exists()


def test_a_record_that_names_files_elsewhere_removes_nothing_there(local, target, folder, root):
    local.sync(target, "r1", [config()], operation="run-1")
    precious = root / "precious.yaml"
    precious.write_text("a: 1\n")
    record = json.loads((folder / ".applied.json").read_text())
    record["owned"] += ["../../../precious.yaml", str(precious)]
    (folder / ".applied.json").write_text(json.dumps(record))

    local.sync(target, "r2", [], operation="run-2")
    local.delete(target)

    assert precious.exists()


def test_a_record_that_names_files_elsewhere_shows_nothing_of_them(local, target, folder, root, now):
    local.sync(target, "r1", [config()], operation="run-1")
    (root / "precious.yaml").write_text("a: 1\n")
    record = json.loads((folder / ".applied.json").read_text())
    record["given"][str(root / "precious.yaml")] = {"manifest": {}, "digest": ""}
    (folder / ".applied.json").write_text(json.dumps(record))

    assert only(local.observe(target, now=now)).name == "settings"


def test_a_deleted_cluster_that_is_forgotten_leaves_nothing(local, target, folder):
    local.sync(target, "r1", [config(), service()], operation="run-1")

    local.delete(target)
    local.forget(target)
    local.forget(target)

    assert list(folder.parent.iterdir()) == []


def test_a_late_delete_of_an_earlier_cluster_of_the_name_removes_nothing(local, target, now):
    newer = replace(target, cluster_id=8)
    local.sync(target, "r1", [config()], operation="run-1")
    local.sync(newer, "r1", [config()], operation="run-2")

    local.delete(target)
    local.terminate(target, operation="run-1")

    assert local.observe(newer, now=now).sync == Sync.SYNCED


def test_a_new_cluster_of_an_orphans_name_prunes_the_orphans_files(local, target, live):
    local.sync(target, "r1", [config()], operation="run-1")

    local.sync(replace(target, cluster_id=8), "r1", [service()], operation="run-2")

    assert live() == {"service-web.yaml"}


def test_a_withdrawn_operation_is_named_by_its_own_error(local, target):
    local.terminate(target, operation="run-1")

    with pytest.raises(Conflict) as caught:
        local.sync(target, "r1", [], operation="run-1")

    assert caught.value.code == "operation_withdrawn"


def test_the_message_says_that_no_pods_run(local, target, now):
    local.sync(target, "r1", [deployment()], operation="run-1")

    assert "no pods run" in local.observe(target, now=now).message


def test_a_hook_is_not_kept_as_a_live_object(local, target, live, now):
    hook = {**config("test"), "metadata": {"name": "test", "annotations": {"helm.sh/hook": "test"}}}

    local.sync(target, "r1", [service(), hook], operation="run-1")

    assert live() == {"service-web.yaml"}
    assert local.observe(target, now=now).sync == Sync.SYNCED


def test_drift_of_a_secret_hides_its_values(local, target, folder, now):
    local.sync(target, "r1", [secret()], operation="run-1")
    file = folder / "secret-keys.yaml"

    file.write_text(file.read_text().replace("hunter2", "hunter3"))

    (drift,) = only(local.observe(target, now=now)).drift
    assert drift.path == "stringData.password"
    assert "hunter" not in f"{drift.wanted}{drift.live}"


def test_a_cluster_wide_object_has_no_namespace(local, target, now):
    local.sync(target, "r1", [named("reader", kind="ClusterRole", version="rbac.authorization.k8s.io/v1")], operation="run-1")

    assert only(local.observe(target, now=now)).namespace == ""


def test_many_objects_are_one_sync(local, target, now):
    local.sync(target, "r1", [config(f"settings-{number}") for number in range(500)], operation="run-1")

    seen = local.observe(target, now=now)

    assert (seen.sync, len(seen.objects)) == (Sync.SYNCED, 500)


def test_ten_thousand_items_in_one_object_are_no_drift_after_an_edit_elsewhere(local, target, folder, now):
    local.sync(target, "r1", [config(**{f"key-{number}": "x" for number in range(10_000)})], operation="run-1")
    file = folder / "configmap-settings.yaml"

    file.write_text(file.read_text().replace("key-77: x", "key-77: changed"))

    (drift,) = only(local.observe(target, now=now)).drift
    assert drift.path == "data.key-77"


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"bytes", "\ud800", 2**60, "x" * 2_000_000])
def test_a_value_that_yaml_cannot_carry_is_invalid(value):
    with pytest.raises(Invalid):
        document({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": value}})


def test_a_value_nested_without_end_is_invalid():
    deep: list = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(Invalid):
        document({"apiVersion": "v1", "kind": "ConfigMap", "data": deep})


def test_syncs_at_the_same_moment_end_as_one_of_them(local, target, now, live):
    sets = {f"r{number}": [config(f"only-{number}"), service()] for number in range(6)}
    with ThreadPoolExecutor(6) as pool:
        for finished in [pool.submit(local.sync, target, revision, objects, operation=revision) for revision, objects in sets.items()]:
            finished.result()

    seen = local.observe(target, now=now)
    assert seen.sync == Sync.SYNCED
    assert live() == {f"configmap-only-{seen.revision[1:]}.yaml", "service-web.yaml"}


def test_a_sync_waits_for_the_lock_of_another(local, target, folder, now):
    folder.mkdir(parents=True)
    syncing = threading.Thread(target=local.sync, args=(target, "r1", [config()]), kwargs={"operation": "run-1"})

    with open(folder.parent / f".{folder.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        syncing.start()
        syncing.join(timeout=0.3)
        waited = syncing.is_alive() and local.observe(target, now=now).sync == Sync.NOT_DEPLOYED
    syncing.join()

    assert waited
    assert local.observe(target, now=now).sync == Sync.SYNCED


def test_a_lock_that_a_delete_removed_meanwhile_is_taken_anew(local, target, folder, monkeypatch):
    lock, flock, calls = folder.parent / f".{folder.name}.lock", fcntl.flock, []

    def remove_first(*arguments) -> None:
        if not calls:
            lock.unlink()
        calls.append(arguments)
        flock(*arguments)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    local.sync(target, "r1", [config()], operation="run-1")

    assert lock.exists()


def test_an_observation_looks_again_if_a_sync_ran_meanwhile(local, target, now, monkeypatch):
    local.sync(target, "r1", [config()], operation="run-1")
    names, calls = Folder.names, []

    def sync_first(folder):
        calls.append(folder)
        if len(calls) == 1:
            local.sync(target, "r2", [service()], operation="run-2")
        return names(folder)

    monkeypatch.setattr(Folder, "names", sync_first)
    seen = local.observe(target, now=now)

    assert (seen.sync, seen.revision, only(seen).name) == (Sync.SYNCED, "r2", "web")


def test_an_observation_during_syncs_and_deletes_is_of_one_moment(local, target, now):
    done = threading.Event()

    def look() -> list[Observation]:
        seen = []
        while not done.is_set():
            seen.append(local.observe(target, now=now))
        return seen

    with ThreadPoolExecutor() as pool:
        watcher = pool.submit(look)
        for number in range(40):
            local.sync(target, f"r{number}", [config(f"only-{number % 3}"), service()], operation=f"run-{number}")
            if number % 2:
                local.delete(target)
        done.set()
        seen = watcher.result()

    assert seen
    assert [item for item in seen if item.sync == Sync.OUT_OF_SYNC and item.health != Health.PROGRESSING] == []


def test_syncs_and_deletes_at_the_same_moment_all_succeed(local, target, folder, now):
    def work(number: int) -> None:
        for turn in range(10):
            local.sync(target, f"r{number}", [config(f"only-{number}")], operation=f"run-{number}-{turn}")
            local.delete(target)

    with ThreadPoolExecutor(4) as pool:
        for finished in [pool.submit(work, number) for number in range(4)]:
            finished.result()

    assert local.observe(target, now=now).sync == Sync.NOT_DEPLOYED
    local.forget(target)
    assert list(folder.parent.iterdir()) == []
