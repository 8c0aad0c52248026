#!/usr/bin/env bash
# Runs the benchmarks: deploy/bench/bench.sh [OUTPUT]. `make bench` builds the binaries first.
# The report goes to standard output and to OUTPUT/bench.md (bin/bench.md). doc.go has the settings.
set -euo pipefail
cd "$(dirname "$0")/../.."

output=${1:-bin}
mkdir -p "$output"
go build -trimpath -o bin/bench ./deploy/bench
exec bin/bench "$output"
