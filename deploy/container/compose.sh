# shellcheck shell=sh
# Sourced: compose runs the installed compose command on this repository, whichever of
# the two forms it has.

repository=$(cd "$(dirname "$0")/../.." && pwd)

compose() {
  if docker compose version >/dev/null 2>&1; then
    docker compose --project-directory "$repository" -f "$repository/docker-compose.yml" "$@"
  else
    docker-compose --project-directory "$repository" -f "$repository/docker-compose.yml" "$@"
  fi
}

have_compose() {
  docker compose version >/dev/null 2>&1 || docker-compose version >/dev/null 2>&1
}
