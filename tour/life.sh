# The second part: a cluster's life, as a developer, an SRE and a maintainer. Read by tour.sh.

TEAM=team-$TAG SERVICE=billing-$TAG FIRST=billing-$TAG-dev SECOND=billing-$TAG-test

# as <person>: whose token the next calls carry.
as() {
    HEADER=$WORK/token-$1
    printf -- '-- as %s\n' "$1"
}

people() {
    step 'An administrator makes a group and invites three people, each with a role'
    call 201 POST /groups "{\"name\": \"$TEAM\"}"
    cp "$WORK/token" "$WORK/token-admin"
    join dan developer
    join sam sre
    join maya maintainer
    call 200 GET "/members?group=$TEAM"
    show '[(m["name"].split("-")[0], m["role"]) for m in a["items"]]'
}

# join <person> <role>: invited, follows the link, signs in, makes a token.
join() {
    local name=$1-$TAG link jar=$WORK/jar-$1 csrf password
    password=$(python3 -c 'import secrets; print(secrets.token_urlsafe(12))')
    call 201 POST /people "{\"name\": \"$name\"}"
    link=$(answer 'a["invitation"]["link"]')
    call 201 POST /members "{\"group\": \"$TEAM\", \"name\": \"$name\", \"role\": \"$2\"}"
    HEADER=/dev/null
    call 200 POST "/links/${link##*/}" "{\"password\": \"$password\"}"
    call 200 POST /session "{\"name\": \"$name\", \"password\": \"$password\"}" --cookie-jar "$jar"
    csrf=$(answer 'a["csrf"]')
    call 201 POST /tokens "{\"name\": \"tour\", \"scope\": \"write\"}" --cookie "$jar" --header "X-CSRFToken: $csrf" --header "Referer: $URL/"
    printf 'Authorization: Bearer %s' "$(answer 'a["token"]')" >"$WORK/token-$1"
    HEADER=$WORK/token-admin
}

# run_on <cluster> <body>: launches a run there and waits until it is ok.
run_on() {
    call 202 POST "/clusters/$1/pipelineruns" "$2"
    finish "$(answer 'a["id"]')" ok
}

is() {
    call 200 GET "/clusters/$1/status"
    same "$1 is $2" "$(answer 'a["sync"]')" "$2"
}

development() {
    step 'A developer makes an application, a cluster of it, and a copy for another environment'
    as dan
    call 201 POST /applications "{\"name\": \"$SERVICE\", \"group\": \"$TEAM\", \"template\": \"deployment\", \"config\": {\"app\": {\"spec\": {\"resource\": \"tiny\"}}}}"
    call 201 POST /clusters "{\"name\": \"$FIRST\", \"application\": \"$SERVICE\", \"environment\": \"dev\", \"region\": \"local\", \"image\": \"$IMAGE:v1\"}"
    run_on "$FIRST" '{"action": "deploy"}'
    call 201 POST "/clusters/$FIRST/copy" "{\"name\": \"$SECOND\", \"environment\": \"test\", \"config\": {\"app\": {\"spec\": {\"replicas\": 2}}}}"
    show '{key: a[key] for key in ("name", "environment", "namespace", "image", "pending")}'
    run_on "$SECOND" '{"action": "deploy"}'

    step 'What a developer may not do'
    refused 403 forbidden POST "/clusters/$FIRST/pipelineruns" '{"action": "delete"}'
    refused 403 forbidden PATCH "/members/sam-$TAG" "{\"group\": \"$TEAM\", \"role\": \"owner\"}"
    refused 403 forbidden POST /environments '{"name": "mine"}'
    is "$FIRST" Synced

    step 'Tags and favourites, to find it again'
    call 200 PUT "/clusters/$FIRST/tags" '{"tags": {"team": "billing", "trial": ""}}'
    call 204 PUT "/clusters/$FIRST/favourite"
    call 200 GET "/clusters?tag=team%3Dbilling&favourite=true&group=$TEAM"
    same 'it is found' "$(answer '[c["name"] for c in a["items"]]')" "[\"$FIRST\"]"
    call 200 GET "/cluster-counts?group=$TEAM"
    show '{key: a[key] for key in ("total", "pending", "sync")}'
}

bring_and_promote() {
    step "The application's config changes, and is brought to both clusters; one had decided for itself"
    call 200 PATCH "/clusters/$SECOND/config" '{"app": {"port": 9000}}'
    call 200 PATCH "/applications/$SERVICE/config" '{"app": {"port": 8088}}'
    call 200 GET "/applications/$SERVICE/bring"
    show '[(i["cluster"], i["keys"], i["clashes"]) for i in a["items"]]'
    call 200 POST "/applications/$SERVICE/bring" "{\"clusters\": [\"$FIRST\", \"$SECOND\"]}"
    same 'the clash is listed' "$(answer '[(i["cluster"], [(c["application"], c["cluster"]) for c in i["clashes"]]) for i in a["items"]]')" \
        "[[\"$FIRST\", []], [\"$SECOND\", [[8088, 9000]]]]"
    call 200 GET "/clusters/$FIRST/config"
    same 'the first took it' "$(answer 'a["config"]["app"]["port"]')" 8088
    run_on "$FIRST" '{"action": "deploy"}'

    step 'A new image runs in the first, and is promoted to the second'
    call 202 POST "/clusters/$FIRST/image" "{\"image\": \"$IMAGE:v2\", \"deploy\": true}"
    finish "$(answer 'a["pipelinerun"]')" ok
    call 200 GET "/clusters/$SECOND/promote?source=$FIRST"
    show 'a["offered"]'
    call 200 POST "/clusters/$SECOND/promote" "{\"source\": \"$FIRST\"}"
    run_on "$SECOND" '{"action": "deploy"}'
    call 200 GET "/clusters/$SECOND/status"
    same 'the second runs it' "$(answer 'a["image"]')" "$IMAGE:v2"
}

upgrade() {
    local version=v0.0.2-rc.t$TAG
    step 'An administrator uploads a release of the template, which is offered and not recommended'
    as admin
    cp -r "${HORIZON_TEMPLATES:-templates_repo}/deployment" "$WORK/deployment"
    sed -i "s/^version: .*/version: $version/" "$WORK/deployment/Chart.yaml"
    tar -C "$WORK" -czf "$WORK/deployment.tgz" deployment
    call 201 POST /templates '' --header 'Content-Type: application/gzip' --data-binary @"$WORK/deployment.tgz"
    show '{key: a[key] for key in ("template", "version", "state")}'

    step 'The developer looks at the upgrade, makes it one edit, and ships it'
    as dan
    call 200 GET "/clusters/$FIRST/upgrade?release=$version"
    show '{"dropped": a["dropped"], "added": a["added"], "files": [f["file"] for f in a["files"]]}'
    call 200 POST "/clusters/$FIRST/upgrade" "{\"release\": \"$version\"}"
    run_on "$FIRST" '{"action": "deploy"}'
    call 200 GET "/clusters/$FIRST"
    same 'the cluster is on the new release' "$(answer 'a["template"]["release"]')" "$version"
}

operations() {
    step 'An SRE frees a cluster and brings it back, and edits nothing'
    as sam
    refused 403 forbidden PATCH "/clusters/$FIRST/config" '{"app": {"port": 1}}'
    run_on "$FIRST" '{"action": "free"}'
    is "$FIRST" NotDeployed
    run_on "$FIRST" '{"action": "deploy"}'
    is "$FIRST" Synced
}

departure() {
    step 'A maintainer moves the application into another group'
    as maya
    call 201 POST /groups "{\"name\": \"new-$TEAM\"}"
    call 200 PATCH "/applications/$SERVICE" "{\"group\": \"new-$TEAM\", \"priority\": \"P1\"}"
    call 200 GET "/clusters/$FIRST/records"
    same 'the priority waits to be brought' "$(answer 'a["keys"]')" '["system/horizon.yaml: deployment.horizon.priority"]'
    is "$FIRST" Synced
    as dan
    refused 403 forbidden PATCH "/clusters/$FIRST/config" '{"app": {"port": 1}}'

    step 'A cluster is deleted, and restored with all that it had'
    as maya
    refused 409 not_empty DELETE "/applications/$SERVICE"
    run_on "$SECOND" '{"action": "delete"}'
    refused 409 archived POST "/clusters/$SECOND/pipelineruns" '{"action": "deploy"}'
    refused 409 name_taken POST /clusters "{\"name\": \"$SECOND\", \"application\": \"$SERVICE\", \"environment\": \"test\", \"region\": \"local\"}"
    call 200 POST "/clusters/$SECOND/restore"
    is "$SECOND" NotDeployed
    run_on "$SECOND" '{"action": "deploy"}'
    is "$SECOND" Synced

    step 'Both are deleted and purged, and the application after them'
    local cluster
    for cluster in "$FIRST" "$SECOND"; do
        run_on "$cluster" '{"action": "delete"}'
        call 204 POST "/clusters/$cluster/purge"
        refused 404 not_found GET "/clusters/$cluster"
    done
    call 204 DELETE "/applications/$SERVICE"
    call 204 POST "/applications/$SERVICE/purge"
    call 204 DELETE "/groups/new-$TEAM"
    as admin
    call 200 GET "/events?actor=maya-$TAG&size=200"
    same 'what she did is on record' "$(answer 'sorted({e["action"] for e in a["items"]} & {"move", "restore", "purge"})')" '["move", "purge", "restore"]'
}
