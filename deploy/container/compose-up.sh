#!/bin/sh
# Starts Gatehouse in containers and waits until every one of them is healthy:
#
#   deploy/container/compose-up.sh [monolith|split]
#
# The profile may also come from PROFILE, which is how make hands it on; other settings come
# from the environment, see docker-compose.yml. UP_SECONDS (180) bounds the wait.
# shellcheck source-path=SCRIPTDIR
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/compose.sh"

profile=${1:-${PROFILE:-monolith}}
seconds=${UP_SECONDS:-180}

stop() { echo "compose-up: $*" >&2; exit 1; }

# health prints one line per container of the profile: its name, its state, its restarts.
health() {
  ids=$(compose --profile "$profile" ps --all --quiet)
  [ -n "$ids" ] || echo "no container"
  for id in $ids; do
    docker inspect --format '{{.Name}} {{.State.Health.Status}} {{.RestartCount}}' "$id"
  done
}

case $profile in monolith | split) ;; *) stop "there is no profile \"$profile\": use monolith or split" ;; esac
docker info >/dev/null 2>&1 || stop "no container engine answers: start Docker, or check DOCKER_HOST"
have_compose || stop "there is no compose command: install the docker compose plugin, or docker-compose 1.28 or newer"

"$here/secrets.sh"
compose --profile "$profile" up --build --detach

# give_up WHY
give_up() {
  compose --profile "$profile" logs --tail 30
  stop "$1:
$waiting"
}

until=$(($(date +%s) + seconds))
while waiting=$(health | grep -v ' healthy [0-9]*$'); do
  [ "$(date +%s)" -lt "$until" ] || give_up "not healthy after $seconds seconds"
  # A service may start again once or twice until the others are there; this is no longer that.
  ! echo "$waiting" | grep -qE ' ([8-9]|[1-9][0-9]+)$' || give_up "a container starts again and again"
  sleep 1
done
echo "compose-up: Gatehouse ($profile) answers on ${GATEHOUSE_BASE_URL:-http://localhost:3000}"
