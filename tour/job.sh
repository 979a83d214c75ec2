# The first part: the main job, as one person and as CI. Read by tour.sh.

make_things() {
    step 'A group, an application, a cluster'
    call 201 POST /groups "{\"name\": \"$GROUP\", \"description\": \"Made by the tour\"}"
    show 'a["path"]'
    call 201 POST /applications "{\"name\": \"$APPLICATION\", \"group\": \"$GROUP\", \"template\": \"deployment\", \"priority\": \"P1\"}"
    show '{key: a[key] for key in ("name", "group", "template", "priority")}'
    local config='{"app": {"spec": {"replicas": 1, "resource": "tiny"}}}'
    call 201 POST /clusters "{\"name\": \"$CLUSTER\", $PLACE, \"config\": $config}"
    show '{key: a[key] for key in ("name", "namespace", "template", "pending", "sync")}'
    RELEASE=$(answer 'a["template"]["release"]') REPOSITORY=$URL/git/clusters/$(answer 'a["id"]').git NAMESPACE=$(answer 'a["namespace"]')
    same 'nothing is released' "$(answer 'a["sync"]')" NotDeployed
    git_now
    same 'master is empty' "$(in_mirror ls-tree master)" ''
}

edit_config() {
    step 'The config, and what an edit of it would change'
    call 200 GET "/clusters/$CLUSTER/config"
    show a
    FIRST_SEEN=$(answer 'a["revision"]')
    call 200 POST "/clusters/$CLUSTER/diff" '{"patch": {"app": {"spec": {"replicas": 2}}}}'
    show 'a["keys"]'
    show 'a["objects"]'
    same 'the Deployment would change, no pod would restart, a budget would be new' \
        "$(answer '[(o["object"].split("/")[0], o["impact"]) for o in a["objects"]]')" '[["PodDisruptionBudget", "new"], ["Deployment", "changed"]]'

    step 'CI posts its first output, which sets the port too; the form says who decides it'
    call 200 POST "/clusters/$CLUSTER/output?title=First%20build" "{\"image\": \"$IMAGE:v1\", \"app\": {\"port\": 8081}}"
    patch '{"app": {"port": 8080, "spec": {"replicas": 2}}}' 'Two replicas'
    show a
    same 'the port is decided by CI' "$(answer '[(s["path"], s["owner"], s["value"]) for s in a["shadowed"]]')" '[["deployment.app.port", "CI", 8081]]'
    git_now
}

preview() {
    step 'A preview: what a form would render to, saved nowhere'
    call 200 POST "/templates/deployment/releases/$RELEASE/render" \
        "{\"name\": \"preview\", \"config\": {\"app\": {\"spec\": {\"replicas\": 3}}}, \"output\": {\"image\": \"$IMAGE:v1\"}}"
    show '[(o["kind"], o["metadata"]["name"]) for o in a["objects"]]'
    same 'Helm rendered three replicas' "$(answer '[o["spec"]["replicas"] for o in a["objects"] if o["kind"] == "Deployment"]')" '[3]'
}

first_deploy() {
    step 'The first deploy, of exactly what was shown'
    call 200 GET "/clusters/$CLUSTER/diff"
    show '[(o["object"], o["impact"]) for o in a["objects"]]'
    launch "{\"action\": \"deploy\", \"title\": \"First deploy\", \"source\": \"$(answer 'a["source"]')\", \"base\": \"$(answer 'a["base"]')\"}"
    FIRST_RUN=$RUN FIRST_REVISION=$(answer 'a["revision"]')
    git_now
    same 'master is the revision of the run' "$MASTER" "$FIRST_REVISION"
    synced
}

clone() {
    step 'git clone, by protocol 0 and by protocol 2'
    for version in 0 2; do
        printf '$ git -c protocol.version=%s clone %s\n' "$version" "$REPOSITORY"
        git_with_token -c protocol.version=$version clone --quiet "$REPOSITORY" "$WORK/clone-$version" || fail "git clone by protocol $version failed"
        git -C "$WORK/clone-$version" fsck --strict --no-dangling
        same "protocol $version gives the released revision" "$(git -C "$WORK/clone-$version" rev-parse HEAD)" "$MASTER"
    done
    git -C "$WORK/clone-2" ls-files | sed 's/^/  | /'
}

count_runs() {
    call 200 GET "/clusters/$CLUSTER/pipelineruns?size=1"
    RUNS=$(answer 'a["total"]')
}

ci() {
    step "CI ships an image while a developer's edit is half done"
    patch '{"app": {"spec": {"replicas": 5}}}' 'Half done'
    call 201 POST /tokens "{\"name\": \"ci of $CLUSTER\", \"scope\": \"ci\", \"cluster\": \"$CLUSTER\"}"
    printf 'Authorization: Bearer %s' "$(answer 'a["token"]')" >"$WORK/ci-token"
    rm "$WORK/answer"
    count_runs
    local before=$RUNS image body
    image="\"image\": \"$IMAGE:v2\", \"git\": {\"url\": \"https://git.example.com/shop.git\", \"commitID\": \"28992e35\", \"branch\": \"main\"}"
    body="{$image, \"deploy\": true}"
    HEADER=$WORK/ci-token
    call 202 POST "/clusters/$CLUSTER/image" "$body" --header "Idempotency-Key: build-$TAG"
    show a
    local first
    first=$(answer 'sorted(a.items())')
    call 202 POST "/clusters/$CLUSTER/image" "$body" --header "Idempotency-Key: build-$TAG"
    same 'the same key gives the same answer' "$(answer 'sorted(a.items())')" "$first"
    local run
    run=$(answer 'a["pipelinerun"]')
    finish "$run" ok
    refused 409 idempotency_key_reused POST "/clusters/$CLUSTER/image" "{\"image\": \"$IMAGE:v3\"}" --header "Idempotency-Key: build-$TAG"
    refused 403 forbidden PATCH "/clusters/$CLUSTER/config" '{"app": {"port": 1}}'
    HEADER=$WORK/token
    count_runs
    same 'two posts made one run' "$RUNS" "$((before + 1))"
    git_now
    released pipeline-output.yaml | sed 's/^/  | /'
    same 'the image is released' "$(released pipeline-output.yaml | grep -c "$IMAGE:v2")" 1
    same 'the half-done edit is not' "$(released application.yaml | grep -o 'replicas: .*')" 'replicas: 2'
    still_pending app.spec.replicas
}

restart() {
    step 'A restart ships alone as well'
    local before
    before=$(in_mirror rev-parse master:application.yaml)
    launch '{"action": "restart", "title": "Fresh pods"}'
    git_now
    released system/restart.yaml | sed 's/^/  | /'
    same 'only the restart time was released' "$(in_mirror diff --name-only master^ master)" system/restart.yaml
    same 'application.yaml is as it was' "$(in_mirror rev-parse master:application.yaml)" "$before"
    still_pending app.spec.replicas
    synced
}

preconditions() {
    step 'Nobody overwrites what he has not seen'
    local body='{"app": {"spec": {"replicas": 4}}}'
    refused 412 stale PUT "/clusters/$CLUSTER/config" "$body" --header "If-Match: \"$FIRST_SEEN\""
    refused 428 precondition_required PUT "/clusters/$CLUSTER/config" "$body"
    call 200 GET "/clusters/$CLUSTER/config"
    same 'the config is as it was' "$(answer 'a["config"]["app"]["spec"]["replicas"]')" 5
}

deploy_all() {
    step 'Everything that is pending goes out, then an edit is taken back'
    launch '{"action": "deploy", "title": "Five replicas"}'
    git_now
    same 'five replicas are released' "$(released application.yaml | grep -o 'replicas: .*')" 'replicas: 5'
    patch '{"app": {"spec": {"replicas": 50}}}' 'A slip'
    still_pending app.spec.replicas
    call 200 POST "/clusters/$CLUSTER/discard" '{}'
    git_now
    same 'nothing is pending' "$(in_mirror rev-parse 'master^{tree}')" "$(in_mirror rev-parse 'gitops^{tree}')"
}

rollback() {
    step 'Back to the first run, while an edit is pending'
    patch '{"app": {"envs": [{"name": "LOG_LEVEL", "value": "debug"}]}}' 'More logs'
    launch "{\"action\": \"rollback\", \"pipelinerun\": $FIRST_RUN, \"title\": \"Back to the first\"}"
    show 'a["outcome"]'
    git_now
    local first now
    first=$(in_mirror rev-parse "$FIRST_REVISION^{tree}") now=$(in_mirror rev-parse 'master^{tree}')
    printf '  %s tree of run %s\n  %s tree of master\n' "$first" "$FIRST_RUN" "$now"
    same "master's tree is the first run's" "$now" "$first"
    still_pending 'app.envs[name=LOG_LEVEL]'
    synced
    same 'the first image runs' "$(answer 'a["image"]')" "$IMAGE:v1"

    step 'The whole history of both branches'
    in_mirror log --graph --format='%h %<(14,trunc)%an %s%d' master gitops | sed 's/^/  | /'
}

drift() {
    step 'A live object is edited by hand'
    local file=$DATA/regions/local/$NAMESPACE/$CLUSTER/deployment-$CLUSTER.yaml change='s/^  replicas: 2$/  replicas: 9/'
    [ -w "$file" ] || fail "$file cannot be written from here: set HORIZON_DATA to the data folder of $URL"
    printf "$ sed -i '%s' %s\n" "$change" "$file"
    sed -i "$change" "$file"
    call 200 GET "/clusters/$CLUSTER/status"
    show '{key: a[key] for key in ("sync", "health", "behind", "drift", "message")}'
    same 'the cluster is OutOfSync' "$(answer 'a["sync"]')" OutOfSync
    same 'the field is named' "$(answer '[(f["path"], f["wanted"], f["live"]) for o in a["drift"] for f in o["fields"]]')" '[["spec.replicas", 2, 9]]'

    step 'Deployed again, it is healed: nothing is pending, so no commit is made'
    call 200 POST "/clusters/$CLUSTER/discard" '{"keys": null, "title": "No more logs"}'
    local before=$MASTER
    launch '{"action": "deploy", "title": "Heal"}'
    git_now
    same 'master did not move' "$MASTER" "$before"
    synced
    same 'the file is as released' "$(grep -c '^  replicas: 2$' "$file")" 1
}

refusal() {
    step 'What the region would refuse stops before Git moves'
    call 202 POST "/clusters/$CLUSTER/output?deploy=true&title=Wrong%20type" "{\"image\": \"$IMAGE:v1\", \"service\": {\"type\": \"Balanced\"}}"
    REFUSED_RUN=$(answer 'a["pipelinerun"]')
    finish "$REFUSED_RUN" failed
    show 'a["message"]'
    local before=$MASTER
    git_now
    same 'master did not move' "$MASTER" "$before"
    call 200 POST "/clusters/$CLUSTER/discard" '{"title": "Take the wrong type back"}'
}

bad_input() {
    step 'Bad input: each a clear answer, and nothing changes'
    git_now
    local master=$MASTER gitops=$GITOPS
    bad_names
    bad_bodies
    bad_runs
    bad_token
    git_now
    same 'both branches stand where they stood' "$MASTER $GITOPS" "$master $gitops"
}

bad_names() {
    local name
    for name in ../../etc a/b -rf; do
        refused 400 name POST /clusters "{\"name\": \"$name\", $PLACE}"
    done
    refused 400 text POST /clusters "{\"name\": \"a\\u0000b\", $PLACE}"
    refused 400 unknown POST /clusters "{\"name\": \"other-$TAG\", $PLACE, \"release\": \"v9.9.9\"}"
    refused 404 not_found GET "/clusters/other-$TAG"
}

bad_bodies() {
    refused 400 schema PATCH "/clusters/$CLUSTER/config" '{"app": {"spec": {"replicas": "many"}}}'
    show 'a["details"]["errors"]'
    refused 400 json PATCH "/clusters/$CLUSTER/config" '{"app": NaN}'
    refused 400 body POST "/clusters/$CLUSTER/pipelineruns" '{"action": "deploy", "sauce": "a slip of the pen"}'
    refused 400 yaml PATCH "/clusters/$CLUSTER/config" "$(python3 -c 'print("{\"a\": " * 200 + "1" + "}" * 200)')"
    python3 -c 'import json; print(json.dumps({"app": {"args": ["x" * 10**7]}}))' >"$WORK/large"
    refused 413 too_large PATCH "/clusters/$CLUSTER/config" '' --header 'Content-Type: application/json' --data-binary @"$WORK/large"
}

bad_runs() {
    local runs=/clusters/$CLUSTER/pipelineruns
    refused 412 stale POST "$runs" "{\"action\": \"deploy\", \"source\": \"$GITOPS\", \"base\": \"$FIRST_REVISION\"}"
    refused 409 no_revision POST "$runs" "{\"action\": \"rollback\", \"pipelinerun\": $REFUSED_RUN}"
    call 201 POST /clusters "{\"name\": \"$APPLICATION-second\", $PLACE}"
    refused 404 not_found POST "/clusters/$APPLICATION-second/pipelineruns" "{\"action\": \"rollback\", \"pipelinerun\": $FIRST_RUN}"
}

bad_token() {
    printf 'Authorization: Bearer wrong' >"$WORK/wrong-token"
    HEADER=$WORK/wrong-token
    refused 401 authentication_failed GET "/clusters/$CLUSTER"
    HEADER=$WORK/token
}
