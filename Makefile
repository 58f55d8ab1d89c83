# What people and the build server run. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Real documents and real evidence, where they lie beside the repository; the tests that read them are
# skipped, and say so, where they do not.
SHARED := $(abspath ../shared)
ifneq ($(wildcard $(SHARED)/corpus),)
export RECOUNT_CORPUS ?= $(SHARED)/corpus
endif
ifneq ($(wildcard $(SHARED)/evidence),)
export RECOUNT_EVIDENCE ?= $(SHARED)/evidence
endif

BENCH_LIBRARY := target/bench/library
# Postmortems of the library that catalog, search, action items and figures are measured over.
LIBRARY ?= 10000
# Features that lint looks at: not `pdf`, whose typesetter is half of a whole build.
LINTED := recount-engine/schema,recount-workspace/schema,recount-web/schema
# Simulated lives of a postmortem.
LIVES ?= 3000
# Seconds for each fuzz target.
FUZZ_SECONDS ?= 600
# Cases for each operation of the API.
FUZZ_CASES ?= 100

.PHONY: help demo editor test lint bench soak fuzz fuzz-api screenshots

# What the live editor is built with, from npm, where it is missing or older than its list.
EDITOR_PACKAGES = if command -v npm >/dev/null && [ ! editor/node_modules/.package-lock.json -nt editor/package-lock.json ]; then \
  (cd editor && npm ci --ignore-scripts --silent --no-audit --no-fund) || echo 'warning: npm could not install what the live editor is built with' >&2; fi

# What the browser's tests need from npm, where it is missing or older than its list.
BROWSER_PACKAGES = if command -v npm >/dev/null && [ ! browser/node_modules/.package-lock.json -nt browser/package-lock.json ]; then \
  (cd browser && npm ci --ignore-scripts --silent --no-audit --no-fund) || echo 'warning: npm could not install what the browser tests need' >&2; fi

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

# The development build: it starts minutes before an optimised one (no link-time optimisation, shared with
# `make test`), its dependencies are optimised all the same, and the demo library is small.
demo: ## drafts a postmortem from evidence, checks it, and serves it, in a scratch copy of examples/
	@cargo run --quiet --package recount -- demo --serve

editor: ## builds the live editor by itself, into editor/dist; every build of the program does so as well, where Node is there
	@$(EDITOR_PACKAGES)
	@cd editor && npm run --silent check && npm run --silent build

test: ## all tests; installs what they need where it is missing
	@.ci/need git prometheus prometheus-alertmanager chromium
	@$(BROWSER_PACKAGES)
	@$(EDITOR_PACKAGES)
	@.ci/test

screenshots: ## every page of the web application into target/screenshots, and the pictures of the book into docs/images
	@$(BROWSER_PACKAGES)
	@cargo build --quiet --package recount
	@cd browser && node screenshots.mjs ../target/screenshots ../docs/images
	@ls target/screenshots | wc -l | xargs -I{} echo '{} pictures in target/screenshots'

lint: ## formatting, clippy, tidy, stale generated files, licences
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --features $(LINTED) --quiet -- -D warnings
	cargo xtask tidy
	cargo xtask generate --check
	@if cargo deny --version >/dev/null 2>&1; then \
	  cargo deny --log-level error check; \
	else \
	  echo 'skipped: licences and advisories (install cargo-deny to check them)'; \
	fi

bench: ## speed over invented postmortems (LIBRARY=100000 for a large library) and a chat, against the floor
	@cargo build --release --quiet --package recount --package xtask
	@test -f $(BENCH_LIBRARY)/seeded-faults.txt || target/release/xtask corpus-gen $(BENCH_LIBRARY) --documents 10000 --seed 1 >/dev/null
	@target/release/xtask bench $(BENCH_LIBRARY) target/release/recount
	@test -f $(BENCH_LIBRARY)-$(LIBRARY)/seeded-faults.txt || target/release/xtask corpus-gen $(BENCH_LIBRARY)-$(LIBRARY) --documents $(LIBRARY) --seed 2 >/dev/null
	@target/release/xtask bench-library $(BENCH_LIBRARY)-$(LIBRARY) target/release/recount
	@target/release/xtask bench-web $(BENCH_LIBRARY)-$(LIBRARY) target/release/recount
	@target/release/xtask bench-live target/release/recount
	@target/release/xtask bench-chat target/bench/chat target/release/recount

soak: ## LIVES (3000) simulated lives of a postmortem that several people write in, with kills and changes from outside
	@RECOUNT_RUNS=$(LIVES) cargo test --quiet --package recount-web --lib simulation -- --nocapture

# Nothing here is unsafe, so the address sanitizer would only halve the speed.
fuzz: ## runs each fuzz target for FUZZ_SECONDS (600); needs a nightly compiler and cargo-fuzz
	@cargo +nightly fuzz --version >/dev/null 2>&1 || { \
	  echo 'error: fuzzing needs `rustup toolchain install nightly` and `cargo install cargo-fuzz`' >&2; exit 1; }
	@fuzz/seed
	@for target in $$(cargo +nightly fuzz list); do \
	  echo "== $$target, $(FUZZ_SECONDS) s"; \
	  cargo +nightly fuzz run --sanitizer none "$$target" -- \
	    -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1; \
	done

fuzz-api: ## asks every endpoint of the API for what is described and what is not, FUZZ_CASES (100) each; needs python3
	@.ci/fuzz-api $(FUZZ_CASES)
