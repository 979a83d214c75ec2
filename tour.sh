#!/usr/bin/env bash
# The main job by REST and Git against a running platform: create, edit, deploy, CI, restart, roll back, heal. Every step checks what it says.
#
#   HORIZON_URL    the platform's address; unset: 127.0.0.1:$PORT if it answers there, else one is started for the walk and stopped after it
#   HORIZON_TOKEN  a token of scope write; unset: the one in the file `admin` of the data folder
#   HORIZON_DATA   the platform's data folder (default: data): its live objects are edited by hand in one step
set -euo pipefail
cd "$(dirname "$0")"

WORK=$(mktemp -d)
TAG=$(python3 -c 'import secrets; print(secrets.token_hex(4))')
readonly WORK TAG GROUP=tour-$TAG APPLICATION=shop-$TAG CLUSTER=shop-$TAG-local
readonly IMAGE=registry.local/shop PLACE="\"application\": \"$APPLICATION\", \"environment\": \"local\", \"region\": \"local\""
SERVER='' URL='' DATA='' HEADER='' STEP=0

# -- what every step is made of

fail() {
    printf '\nThe tour stops at step %s: %s\n' "$STEP" "$*" >&2
    [ ! -s "$WORK/answer" ] || printf 'The last answer: %s\n' "$(head -c 2000 "$WORK/answer")" >&2
    exit 1
}

step() { STEP=$((STEP + 1)); printf '\n== %s. %s\n' "$STEP" "$*"; }

# call <status> <method> <path> [body] [curl options]: the answer is kept in $WORK/answer.
call() {
    local wanted=$1 method=$2 path=$3 body=${4-} got
    shift $(($# < 4 ? $# : 4))
    printf '$ %s %s %s\n' "$method" "$path" "$(printable "$body")"
    local options=(--silent --show-error --max-time 90 --request "$method" --header @"$HEADER" --output "$WORK/answer" --write-out '%{http_code}')
    [ -z "$body" ] || options+=(--header 'Content-Type: application/json' --data-binary "$body")
    got=$(curl "${options[@]}" "$@" "$URL/api/v1$path") || fail "$method $path got no answer"
    [ "$got" = "$wanted" ] || fail "$method $path answered $got, not $wanted"
}

printable() { if [ ${#1} -gt 200 ]; then echo "${1:0:60}… (${#1} bytes)"; else echo "$1"; fi; }

# answer <expression>: a part of the last answer, which Python calls a.
answer() {
    python3 -c 'import json, sys
a = json.load(open(sys.argv[1]))
found = eval(sys.argv[2])
print(found if isinstance(found, str) else json.dumps(found))' "$WORK/answer" "$1" || fail "the answer has no $1"
}

show() {
    local part
    part=$(answer "$1")
    printf '  %s\n' "$part"
}

# same <what> <found> <wanted>
same() { [ "$2" = "$3" ] || fail "$1: $2, not $3"; printf '  ok: %s\n' "$1"; }

# refused <status> <code> <method> <path> [body] [curl options]
refused() {
    local status=$1 code=$2
    shift 2
    call "$status" "$@"
    printf '  %s %s\n' "$status" "$(answer 'a["code"] + ": " + a["message"]')"
    [ "$(answer 'a["code"]')" = "$code" ] || fail "the code is $(answer 'a["code"]'), not $code"
}

patch() { call 200 PATCH "/clusters/$CLUSTER/config?title=${2// /%20}" "$1"; }

# launch <body>: launches a run and waits until it is ok; its id is left in RUN.
launch() {
    call 202 POST "/clusters/$CLUSTER/pipelineruns" "$1"
    RUN=$(answer 'a["id"]')
    finish "$RUN" ok
}

# finish <run> <state>
finish() {
    call 200 GET "/pipelineruns/$1?wait=60"
    show '[step["name"] + ": " + step["message"] for step in a["steps"]]'
    same "run $1 is $2" "$(answer 'a["state"]')" "$2"
}

synced() {
    call 200 GET "/clusters/$CLUSTER/status"
    show '{key: a[key] for key in ("sync", "health", "pending", "image", "message")}'
    same 'the cluster is Synced and Healthy' "$(answer 'a["sync"] + " " + a["health"]')" 'Synced Healthy'
}

still_pending() {
    call 200 GET "/clusters/$CLUSTER/diff"
    show 'a["keys"]'
    same 'this edit is what is pending' "$(answer 'a["keys"]')" "[\"application.yaml: deployment.$1\"]"
}

# -- Git, with the same token

git_with_token() {
    GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.extraHeader GIT_CONFIG_VALUE_0=$(cat "$HEADER") GIT_TERMINAL_PROMPT=0 git "$@"
}

in_mirror() { git -C "$WORK/mirror.git" "$@"; }

# What the cluster's repository holds now, as a stock git fetches it.
git_now() {
    [ -d "$WORK/mirror.git" ] || git_with_token clone --quiet --mirror "$REPOSITORY" "$WORK/mirror.git" || fail "git clone $REPOSITORY failed"
    git_with_token -C "$WORK/mirror.git" fetch --quiet --prune || fail "git fetch $REPOSITORY failed"
    MASTER=$(in_mirror rev-parse master) GITOPS=$(in_mirror rev-parse gitops)
    in_mirror merge-base --is-ancestor master gitops || fail 'master is no ancestor of gitops'
    in_mirror log --oneline --graph --decorate -6 master gitops | sed 's/^/  | /'
}

released() { in_mirror show "master:$1"; }

# -- a platform to walk through

find_platform() {
    DATA=${HORIZON_DATA:-data}
    URL=${HORIZON_URL:-http://127.0.0.1:${PORT:-8000}}
    URL=${URL%/}
    if ! healthy; then
        [ -z "${HORIZON_URL-}" ] || fail "no platform answers at $URL"
        start_platform
    fi
    HEADER=$WORK/token
    printf 'Authorization: Bearer %s' "$(write_token)" >"$HEADER"
    printf 'Walking through %s\n' "$URL"
}

healthy() { curl --silent --max-time 5 "$URL/healthz" 2>/dev/null | grep -q '"status": *"ok"'; }

start_platform() {
    local port
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    DATA=$WORK/data URL=http://127.0.0.1:$port
    printf 'Nothing answers, so a platform is started on port %s for the time of the tour\n' "$port"
    env -u DATABASE_URL -u REDIS_URL -u BIND HORIZON_DATA="$DATA" PORT="$port" .venv/bin/python manage.py up >"$WORK/log" 2>&1 &
    SERVER=$!
    for _ in $(seq 240); do
        ! healthy || return 0
        kill -0 "$SERVER" 2>/dev/null || break
        sleep 0.5
    done
    tail -20 "$WORK/log" >&2
    fail 'the platform did not come up'
}

write_token() {
    if [ -n "${HORIZON_TOKEN-}" ]; then echo "$HORIZON_TOKEN"; return; fi
    [ -r "$DATA/admin" ] || fail "set HORIZON_TOKEN, or HORIZON_DATA to the platform's data folder: there is no $DATA/admin to read"
    sed -n 's/^token=//p' "$DATA/admin"
}

clean_up() {
    if [ -n "$SERVER" ]; then
        kill -TERM "$SERVER" 2>/dev/null || true
        wait "$SERVER" 2>/dev/null || true
    fi
    rm -rf "$WORK"
}

# -- the walk

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
    still_pending 'app.envs'
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

trap clean_up EXIT
find_platform
make_things
edit_config
preview
first_deploy
clone
ci
restart
preconditions
deploy_all
rollback
drift
refusal
bad_input
printf '\nThe tour is complete: %s steps, every one as promised.\n' "$STEP"
