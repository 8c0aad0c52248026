#!/bin/sh
# Proves docker-compose.yml: builds the images, then for each profile starts it, checks what
# its containers gave up, goes a newcomer's way over HTTP, and stops it. Called by make
# compose-test. Leaves nothing behind, needs no terminal, and ends within COMPOSE_TEST_MINUTES (40).
#
# It uses the container engine that answers. On Linux, as root, where none does, it starts
# one of its own; where that cannot pull images, it makes stand-ins (test/standin.sh).
# shellcheck source-path=SCRIPTDIR
set -eu
here=$(cd "$(dirname "$0")" && pwd)

if [ -z "${COMPOSE_TEST_BOUNDED:-}" ] && command -v timeout >/dev/null; then
  export COMPOSE_TEST_BOUNDED=1
  exec timeout --kill-after=120 "${COMPOSE_TEST_MINUTES:-40}m" "$0" "$@"
fi

work=$(mktemp -d)
started=$(date +%s)
say() { printf 'compose-test %4ds: %s\n' $(($(date +%s) - started)) "$*"; }
stop() { say "FAILED: $*" >&2; exit 1; }

. "$here/compose.sh"
. "$here/test/engine.sh"
. "$here/test/standin.sh"
. "$here/test/confined.sh"

# A project, a port and secrets of its own: what else runs on this machine stays as it is.
export COMPOSE_PROJECT_NAME="gatehouse-test-$$" SECRETS_DIR="$work/secrets" HTTP_PORT="${HTTP_PORT:-13000}"
export GATEHOUSE_BASE_URL="http://localhost:$HTTP_PORT"
unset COMPOSE_FILE COMPOSE_PROFILES PROFILE GATEHOUSE_TRUSTED_ORIGINS GATEHOUSE_TRUSTED_PROXIES GATEHOUSE_ADMIN_EMAILS

# services prints which services have a container, whatever profile they belong to.
services() {
  docker ps --all --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
    --format '{{.Label "com.docker.compose.service"}}' | sort | tr '\n' ' '
}

# only PROFILE WANTED: the other profile stayed away.
only() { [ "$(services)" = "$2" ] || stop "$1 runs other containers than it should: $(services)"; }

down() { compose --profile monolith --profile split down --volumes --remove-orphans --timeout 25 >"$work/down.log" 2>&1; }

cleanup() {
  code=$?
  trap '' HUP INT TERM
  if [ "$code" -ne 0 ] && docker info >/dev/null 2>&1; then
    compose --profile monolith --profile split logs --tail 40 2>&1 || true
  fi
  say "cleaning up"
  down || true
  engine_stop
  rm -rf "$work"
  exit "$code"
}
trap cleanup EXIT
trap 'exit 143' HUP INT TERM

engine_find
if [ "$engine_own" = yes ]; then
  standin_images
  if command -v go >/dev/null; then
    GOPROXY=$(go env GOPROXY) GOSUMDB=$(go env GOSUMDB) GOFLAGS=$(go env GOFLAGS)
    export GOPROXY GOSUMDB GOFLAGS
  fi
fi

for profile in monolith split; do
  say "$profile: building and starting"
  "$here/compose-up.sh" "$profile" >"$work/up.log" 2>&1 || { tail -n 60 "$work/up.log"; stop "$profile does not start: see above"; }
  say "$profile: healthy"
  case $profile in
  monolith)
    compose up --detach >"$work/up.log" 2>&1 || { tail -n 60 "$work/up.log"; stop "compose up without a profile: see above"; }
    only "compose up without a profile" 'gatehouse postgres '
    ;;
  split) only split 'audit authsvc gateway identity postgres ' ;;
  esac
  confined "$profile"
  "$here/smoke.sh" "$GATEHOUSE_BASE_URL" || stop "$profile: the smoke test failed"
  say "$profile: stopping"
  down || { cat "$work/down.log"; stop "$profile does not stop: see above"; }
done
say "both profiles build, start, work and stop"
