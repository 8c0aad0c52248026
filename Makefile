# Gatehouse: every command that a person or CI needs. `make` alone prints them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

modules := shared identity authsvc audit gateway deploy
binaries := gatehouse gateway authsvc identity audit
export CGO_ENABLED ?= 0

.PHONY: help
help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: build
build: $(binaries:%=bin/%) ## build all binaries into bin/

.PHONY: $(binaries:%=bin/%)
bin/gatehouse: ; go build -trimpath -ldflags="-s -w" -o $@ ./deploy/cmd/gatehouse
bin/gateway bin/authsvc bin/identity bin/audit: bin/%: ; go build -trimpath -ldflags="-s -w" -o $@ ./$*/cmd/$*

.PHONY: run
run: bin/gatehouse ## the whole system in one process, on http://localhost:3000
	exec bin/gatehouse serve

.PHONY: split
split: build ## the same system as four processes over NATS
	exec bin/gatehouse split

.PHONY: setup
setup: ## install what the tests need and this machine lacks
	deploy/test/setup.sh

.PHONY: test
test: setup ## every test: unit, database, all shapes, official client, a browser
	deploy/test/test.sh

.PHONY: soak
soak: setup ## the long tests, for a quiet machine: many kills, pauses and bursts; times that must not tell
	GATEHOUSE_SOAK=1 go test -count=1 -timeout=90m -v -run 'TestRevocation|TestFollower|TestSoak' ./deploy/test ./shared/epoch ./authsvc/internal/httpapi

.PHONY: short
short: ## the tests that need no database and no network
	go test -short work

.PHONY: client-test
client-test: setup ## the official client against Gatehouse and the reference server
	go test -count=1 -run TestClient -v ./deploy/test

.PHONY: asvs
asvs: ## what of OWASP ASVS 5.0 (levels 1 and 2, over HTTP) is covered, and by which test
	@go test -count=1 -run '^TestASVS$$' -v ./deploy/test | sed -n 's/^.*_test.go:[0-9]*: //p'

.PHONY: bench
bench: setup build ## benchmarks, side by side in one run
	deploy/bench/bench.sh

.PHONY: profile
profile: setup ## where the monolith's CPU goes: bin/cpu.pprof, and its first lines
	mkdir -p bin
	go test -run '^$$' -bench . -benchtime 4s -cpuprofile bin/cpu.pprof -o bin/bench.test ./deploy/bench
	go tool pprof -top -cum bin/bench.test bin/cpu.pprof | head -60

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (1m)
	deploy/test/fuzz.sh

.PHONY: lint
lint: ## vet, gofumpt, golangci-lint, module independence, tidiness
	deploy/test/lint.sh

.PHONY: check
check: lint test ## everything that CI runs

.PHONY: tidy
tidy: ## go mod tidy in every module
	for m in $(modules) deploy/tools; do (cd $$m && GOWORK=off go mod tidy); done
	go work sync

.PHONY: compose-up
compose-up: ## the default compose profile, with secrets made on first use
	deploy/container/compose-up.sh

.PHONY: compose-test
compose-test: ## build, start, smoke-test and stop both compose profiles
	deploy/container/compose-test.sh

.PHONY: clean
clean: ## remove what make built; the data folder stays
	rm -rf bin
