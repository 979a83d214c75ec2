#!/usr/bin/env bash
# A walk through a running platform by REST and Git; every step checks what it says. First the main job: create, edit, deploy, CI, restart, roll
# back, heal. Then a cluster's whole life, as three people: copied, promoted, upgraded, freed, moved, deleted, restored, purged.
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

# shellcheck source=tour/steps.sh
. tour/steps.sh
. tour/job.sh
. tour/life.sh

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
people
development
bring_and_promote
upgrade
operations
departure
printf '\nThe tour is complete: %s steps, every one as promised.\n' "$STEP"
