# What every step of the tour is made of: calls, answers, checks, Git, and a platform to walk through. Read by tour.sh.

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
