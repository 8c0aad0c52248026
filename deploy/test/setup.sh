#!/usr/bin/env bash
# Installs what the tests need and this machine lacks: the PostgreSQL server, Node.js with
# npm, a browser, and the packages of the official client. Quiet and quick when nothing is
# missing.
set -euo pipefail
cd "$(dirname "$0")"

minimum_node=20.19.0

# Where Gatehouse itself looks for PostgreSQL: PATH, Debian's and Homebrew's folders.
has_postgres() {
	local folder
	IFS=: read -ra folders <<<"$PATH"
	for folder in "${folders[@]}" /usr/lib/postgresql/*/bin {/opt/homebrew,/usr/local}/opt/postgresql*/bin; do
		[[ -x $folder/postgres && -x $folder/initdb ]] && return 0
	done
	return 1
}

has_node() {
	local have
	have=$(node --version 2>/dev/null) || return 1
	[[ $(printf '%s\n' "$minimum_node" "${have#v}" | sort -V | head -n 1) == "$minimum_node" ]]
}

# Where browser/browser-test.mjs looks.
has_browser() {
	local path
	for path in "${CHROMIUM:-}" /usr/bin/{chromium,chromium-browser,google-chrome} "/Applications/"{"Google Chrome","Chromium"}.app; do
		[[ -n $path && -e $path ]] && return 0
	done
	return 1
}

stop_with() {
	printf 'setup: %s\n' "$1" >&2
	exit 1
}

# quietly shows what a command said only if it fails.
quietly() {
	local said
	said=$("$@" 2>&1) || {
		printf '%s\n' "$said" >&2
		stop_with "this did not work: $*"
	}
}

install_debian() {
	export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1
	# The tests start servers of their own; Debian's ready-made one would be in nobody's use.
	if [[ ! -e /etc/postgresql-common/createcluster.conf ]]; then
		mkdir -p /etc/postgresql-common
		echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
	fi
	printf 'setup: installing %s\n' "$*"
	quietly apt-get update -q
	quietly apt-get install -q -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@"
}

missing=()
has_postgres || missing+=(postgresql)
has_node || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
has_browser || missing+=(chromium)

if ((${#missing[@]})); then
	if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
		install_debian "${missing[@]}"
	elif [[ $(uname) == Darwin ]]; then
		stop_with "the tests need PostgreSQL and Node.js $minimum_node or later: run \"brew install postgresql@17 node\", and install Chrome or Chromium, and try again"
	else
		stop_with "the tests need ${missing[*]}: install them (as root: apt-get install ${missing[*]}) and try again"
	fi
	has_postgres || stop_with "PostgreSQL is still missing: install its server so that \"postgres\" and \"initdb\" are in PATH"
	has_browser || stop_with "Chromium is still missing: install it, or name a browser in CHROMIUM"
	has_node || stop_with "Node.js $minimum_node or later is needed, and this system brings $(node --version 2>/dev/null || echo none): install a newer one"
fi

# npm ci starts from nothing each time, so only run it when the lock file has changed since.
for folder in client browser; do
	if [[ ! $folder/node_modules/.package-lock.json -nt $folder/package-lock.json ]]; then
		quietly npm --prefix $folder ci --no-audit --no-fund
		touch $folder/node_modules/.package-lock.json
	fi
done
