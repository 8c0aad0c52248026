#!/bin/sh
# Writes the secrets that docker-compose.yml mounts, where they do not exist yet:
# the root secret of all keys, the database password, and the URL that holds it.
# Runs as often as wanted; it never replaces a file.
#
# Compose mounts files with the owner and mode they have here, and the containers run under
# user ids of their own. So the folder is closed to everybody else (0700), and a file in it
# belongs to the container that reads it (0400); where this script may not give it away,
# because it does not run as root, the file is readable (0444) inside the closed folder.
set -eu
umask 077

gatehouse=65532 postgres=999 # the user ids in the Dockerfile and in docker-compose.yml
folder=${SECRETS_DIR:-$(dirname "$0")/.secrets}

stop() { echo "secrets: $*" >&2; exit 1; }

# random prints 256 bits in hexadecimal.
random() { od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n'; }

# keep NAME OWNER: standard input becomes the file, complete or not at all.
keep() {
  cat > "$folder/.$1.new"
  [ -s "$folder/.$1.new" ] || stop "no random bytes for $1: is /dev/urandom readable, and od installed?"
  if chown "$2:$2" "$folder/.$1.new" 2>/dev/null; then chmod 0400 "$folder/.$1.new"; else chmod 0444 "$folder/.$1.new"; fi
  mv "$folder/.$1.new" "$folder/$1"
  echo "secrets: wrote $folder/$1"
}

mkdir -p "$folder"
chmod 0700 "$folder"
for name in gatehouse-secret postgres-password database-url; do
  # An engine that finds nothing to mount makes a folder of that name.
  [ ! -d "$folder/$name" ] || rmdir "$folder/$name" || stop "$folder/$name is a folder with something in it: move it away"
done

[ -s "$folder/gatehouse-secret" ] || random | keep gatehouse-secret "$gatehouse"
[ -s "$folder/postgres-password" ] || random | keep postgres-password "$postgres"
if [ ! -s "$folder/database-url" ]; then
  # Plain text between the two: they share one machine and a network of their own.
  printf 'postgres://postgres:%s@postgres:5432/gatehouse?sslmode=disable' "$(cat "$folder/postgres-password")" | keep database-url "$gatehouse"
fi
