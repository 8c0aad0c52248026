#!/usr/bin/env bash
# Everything that reads the code and runs none of it. Called by `make lint`.
set -euo pipefail
cd "$(dirname "$0")/../.."
modules="shared identity authsvc audit gateway deploy"

echo "lint: go vet"
go vet work

echo "lint: every module builds on its own"
for module in $modules; do
	(cd "$module" && GOWORK=off go build -o /dev/null ./...)
done

echo "lint: go.mod and go.sum are tidy"
for module in $modules; do
	(cd "$module" && GOWORK=off go mod tidy -diff >/dev/null) || {
		echo "lint: $module/go.mod or go.sum is not tidy: run make tidy" >&2
		exit 1
	}
done

echo "lint: golangci-lint (the first run builds it, which takes some minutes)"
mkdir -p bin
(cd deploy/tools && GOWORK=off go build -o ../../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint)
failed=
for module in $modules; do
	echo "lint: $module"
	(cd "$module" && ../bin/golangci-lint run --config ../.golangci.yml ./...) || failed+=" $module"
done
[[ -z $failed ]] || {
	echo "lint: see above for:$failed" >&2
	exit 1
}

echo "lint: ok"
