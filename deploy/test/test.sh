#!/usr/bin/env bash
# Every test of the workspace, with the usual line per package and one closing line. A test
# that fails is shown with what it said; TEST_FLAGS adds flags, such as -race.
set -euo pipefail
cd "$(dirname "$0")/../.."

export CGO_ENABLED="${CGO_ENABLED:-0}"
# Tests that wait for processes and databases leave the cores to others.
# shellcheck disable=SC2206 # flags are words
flags=(-count=1 -timeout=25m -parallel=4 ${TEST_FLAGS:-})

# The longest first, so that the short ones fill the other core.
packages=(./deploy/... ./shared/... ./authsvc/... ./audit/... ./identity/... ./gateway/...)

began=$SECONDS
go vet work
go test -json "${flags[@]}" "${packages[@]}" | go run ./deploy/test/tally
printf 'in %d s, vet included\n' $((SECONDS - began))
