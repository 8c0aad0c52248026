#!/bin/sh
# Goes the way of a newcomer against a running Gatehouse, over HTTP alone:
#
#   deploy/container/smoke.sh http://localhost:3000
#
# Sign-up, sign-in, session, JWT, a guarded route, sign-out. Exits 0 when every answer was
# the right one. The user it makes stays. Passwords and tokens travel through files and
# standard input, so the list of processes never shows them.
set -eu
umask 077

command -v curl >/dev/null || { echo "smoke: curl is missing: install it" >&2; exit 1; }
base=${1:?usage: smoke.sh URL, for example smoke.sh http://localhost:3000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

email="smoke-$(date +%s)-$$@example.com"
password=$(od -An -v -N16 -tx1 /dev/urandom | tr -d ' \n')

stop() { echo "smoke: $*" >&2; exit 1; }
say() { echo "smoke: $*"; }

# call METHOD PATH [curl option...]: the body goes to $work/body, the status to $status.
call() {
  method=$1 path=$2
  shift 2
  : > "$work/body"
  status=$(curl --silent --show-error --max-time 15 --request "$method" --header "Origin: $base" \
    --output "$work/body" --write-out '%{http_code}' "$@" "$base$path") || stop "$method $path: no answer"
}

# expect STATUS [TEXT]: what the last call must have answered. The body is not shown: it may hold a token.
expect() {
  [ "$status" = "$1" ] || stop "$method $path answered $status, not $1"
  [ $# -eq 1 ] || grep -q -- "$2" "$work/body" || stop "$method $path: the answer has no $2"
}

# session METHOD PATH [BODY]: a call with the cookies of this run.
session() {
  if [ $# -eq 3 ]; then
    printf '%s' "$3" > "$work/request"
    set -- "$1" "$2" --header 'Content-Type: application/json' --data-binary "@$work/request"
  fi
  call "$@" --cookie "$work/cookies" --cookie-jar "$work/cookies"
}

: > "$work/cookies"
call GET /api/auth/ok
expect 200 '"ok":true'
call GET /api/v1/me
expect 401
say "it answers, and refuses strangers"

session POST /api/auth/sign-up/email "{\"name\":\"Smoke\",\"email\":\"$email\",\"password\":\"$password\"}"
expect 200 "$email"
say "signed up"

: > "$work/cookies"
session POST /api/auth/sign-in/email "{\"email\":\"$email\",\"password\":\"wrong-$password\"}"
expect 401 INVALID_EMAIL_OR_PASSWORD
session POST /api/auth/sign-in/email "{\"email\":\"$email\",\"password\":\"$password\"}"
expect 200 "$email"
grep -q session_token "$work/cookies" || stop "sign-in set no session cookie"
say "signed in; a wrong password was refused"

session GET /api/auth/get-session
expect 200 "$email"
say "the session holds"

session GET /api/auth/token
expect 200 '"token":"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*"'
sed 's/.*"token":"\([^"]*\)".*/Authorization: Bearer \1/' "$work/body" > "$work/bearer"
call GET /api/auth/jwks
expect 200 '"kid"'
call GET /api/v1/me --header "@$work/bearer"
expect 200 "$email"
say "the JWT opens the guarded route"

cp "$work/cookies" "$work/stolen"
session POST /api/auth/sign-out '{}'
expect 200 '"success":true'
call GET /api/auth/get-session --cookie "$work/stolen"
expect 200 '^null$'
call GET /api/v1/me --cookie "$work/stolen"
expect 401
say "signed out; a copy of the cookies is worth nothing: all good"
