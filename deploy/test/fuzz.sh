#!/usr/bin/env bash
# Every fuzz target of the workspace, one after the other, FUZZTIME each (default 1m).
set -euo pipefail
cd "$(dirname "$0")/../.."

fuzztime=${FUZZTIME:-1m}
said=$(mktemp)
trap 'rm -f "$said"' EXIT
targets=0
while read -r package target; do
	printf '%s %s\n' "$package" "$target"
	if ! go test -run '^$' -fuzz "^$target\$" -fuzzminimizetime=10x -fuzztime "$fuzztime" "$package" </dev/null >"$said" 2>&1; then
		cat "$said"
		# A loaded machine may end the last input together with the time: no finding.
		if grep -q 'Failing input written' "$said" || ! grep -q 'context deadline exceeded' "$said"; then exit 1; fi
	fi
	tail -1 "$said"
	targets=$((targets + 1))
done < <(go test -list '^Fuzz' work | awk '/^Fuzz/ { names = names " " $1 } /^ok/ { n = split(names, all, " "); for (i = 1; i <= n; i++) print $2, all[i]; names = "" }')

((targets > 0)) || { echo "fuzz: no target found: does the workspace build?" >&2; exit 1; }
printf 'fuzzed %d targets for %s each\n' "$targets" "$fuzztime"
