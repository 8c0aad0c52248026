# shellcheck shell=sh
# Sourced by compose-test.sh: what the running containers must have given up. The engine is
# asked, not the compose file, so a setting that an engine ignores is found.
# It uses say, stop and compose of its caller.

# confined PROFILE checks every container of the profile.
confined() {
  published=''
  for id in $(compose --profile "$1" ps --quiet); do
    name=$(docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}}' "$id")
    confined_one "$id" "$name"
    [ -z "$(docker port "$id")" ] || published="$published $name"
    [ "$name" = postgres ] || confined_image "$(docker inspect --format '{{.Image}}' "$id")" "$name"
  done
  confined_ports "$1" "$published"
  say "$1: every container is confined"
}

confined_one() {
  confined_is "$1" "$2" '{{.HostConfig.ReadonlyRootfs}}' true
  confined_is "$1" "$2" '{{.HostConfig.CapDrop}} {{.HostConfig.CapAdd}}' '[ALL] []'
  confined_is "$1" "$2" '{{.HostConfig.SecurityOpt}}' '[no-new-privileges:true]'
  confined_is "$1" "$2" '{{.HostConfig.Privileged}}' false
  confined_is "$1" "$2" '{{.HostConfig.PidsLimit}}' 256
  confined_is "$1" "$2" '{{gt .HostConfig.Memory 0}}' true
  confined_is "$1" "$2" '{{.Config.User}}' "$([ "$2" = postgres ] && echo 999:999 || echo 65532:65532)"
  ! docker inspect --format '{{.Config.Env}}' "$1" | grep -qE 'PASSWORD=|SECRET=|://[^ ]*@' || stop "$2 has a secret in its environment"
}

# confined_is CONTAINER NAME FORMAT WANTED
confined_is() {
  got=$(docker inspect --format "$3" "$1")
  [ "$got" = "$4" ] || stop "$2: $3 is \"$got\", not \"$4\""
}

# confined_image: only the files that were meant, below the size that was promised.
confined_image() {
  size=$(docker image inspect --format '{{.Size}}' "$1")
  [ "$size" -lt $((40 * 1024 * 1024)) ] || stop "the image of $2 has $size bytes, more than 40 MiB"
  container=$(docker create "$1")
  files=$(docker export "$container" | tar -t | grep -v '/$' | grep -vE '^(\.dockerenv|dev/console|etc/(hostname|hosts|resolv\.conf|mtab))$' | sort | tr '\n' ' ')
  docker rm "$container" >/dev/null
  [ "$files" = 'etc/group etc/passwd etc/ssl/certs/ca-certificates.crt gatehouse zoneinfo.zip ' ] || stop "the image of $2 holds other files: $files"
}

# confined_ports: one door, and the gateway's container does not know the database.
confined_ports() {
  case $1 in
  monolith) [ "$2" = ' gatehouse' ] || stop "these services publish a port:$2" ;;
  split)
    [ "$2" = ' gateway' ] || stop "these services publish a port:$2"
    networks=$(docker inspect --format '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}' "$(compose --profile split ps --quiet gateway)")
    case $networks in *_database*) stop "the gateway is in the network of the database" ;; esac
    ;;
  esac
}
