# The whole developer interface. `make` alone lists it.

# What `.ci/run` sets to `--locked`: the lock file is then law.
LOCKED ?=
# More words for `make demo`, `make bench` and `make test`.
ARGS ?=
# The labelled sets that `make score` runs and `make train` learns from.
DATA ?=
# How many cases each property gets in `make soak`, and how long `make check` fuzzes each parser.
SOAK_CASES ?= 20000
FUZZ_SECONDS ?= 60

CARGO_RUN := cargo run $(LOCKED)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format lint tidy fuzz bench score train soak
MAKEFLAGS += --no-print-directory

help: ## Lists what there is to make
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' \
		| while IFS="$$(printf '\t')" read -r name does; do printf 'make %-8s %s\n' "$$name" "$$does"; done

setup: ## Checks that the machine has what a build needs
	@command -v cargo >/dev/null || { echo "setup: no cargo found; install Rust from https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "setup: no C compiler found; on Debian: apt-get install gcc libc6-dev" >&2; exit 1; }
	@if [ -f web/package.json ] && ! command -v npm >/dev/null; then \
		echo "setup: no npm found for the dashboard; on Debian: apt-get install nodejs npm" >&2; exit 1; fi

demo: setup ## Runs Gatewatch with made-up traffic
	$(CARGO_RUN) --release --package gatewatch -- demo $(ARGS)

test: setup ## Runs all tests
	@if cargo nextest --version >/dev/null 2>&1; then \
		set -x; cargo test $(LOCKED) --workspace --doc && cargo nextest run $(LOCKED) --workspace $(ARGS); \
	else \
		set -x; cargo test $(LOCKED) --workspace --no-fail-fast $(ARGS); \
	fi

check: setup format lint tidy fuzz ## Checks format, lints, structure; fuzzes each parser for a minute

format:
	@cargo fmt --version >/dev/null 2>&1 || { echo "check: no rustfmt; add it: rustup component add rustfmt" >&2; exit 1; }
	cargo fmt --all --check

lint:
	@cargo clippy --version >/dev/null 2>&1 || { echo "check: no clippy; add it: rustup component add clippy" >&2; exit 1; }
	cargo clippy $(LOCKED) --workspace --all-targets -- -D warnings
	@# The fuzz targets are a workspace of their own; read, not linked, they need no libFuzzer.
	CUSTOM_LIBFUZZER_PATH=/dev/null cargo clippy $(LOCKED) --manifest-path fuzz/Cargo.toml --target-dir target -- -D warnings

tidy: ## Checks the structure of the tree alone
	$(CARGO_RUN) --quiet --package xtask -- tidy

# One target per parser, each for FUZZ_SECONDS, as many at once as there are cores. It needs
# cargo-fuzz and a nightly compiler.
fuzz:
	@if [ ! -d fuzz ]; then exit 0; fi; \
	if ! cargo fuzz --version >/dev/null 2>&1 || ! cargo +nightly --version >/dev/null 2>&1; then \
		echo "check: FUZZING SKIPPED: it needs cargo-fuzz and a nightly toolchain" >&2; exit 0; \
	fi; \
	cargo +nightly fuzz build && cargo fuzz list | xargs -P "$$(nproc)" -I TARGET sh -c \
		'echo "fuzzing TARGET"; cargo +nightly fuzz run TARGET -- -verbosity=0 -max_total_time=$(FUZZ_SECONDS) || exit 255'

bench: setup ## Measures this machine
	cargo build $(LOCKED) --release --package gatewatch
	$(CARGO_RUN) --quiet --release --package gatewatch -- bench $(ARGS)

score: setup ## Runs a labelled set and prints its quality: make score DATA=FOLDER
	@if [ -z "$(DATA)" ]; then echo "score: which labelled set? make score DATA=FOLDER" >&2; exit 2; fi
	$(CARGO_RUN) --quiet --release --package xtask -- score $(DATA)

train: setup ## Learns the payload model anew: make train DATA=FOLDER
	@if [ -z "$(DATA)" ]; then echo "train: which labelled sets? make train DATA=FOLDER" >&2; exit 2; fi
	$(CARGO_RUN) --quiet --release --package xtask -- train $(DATA)

soak: setup ## Runs the tests with many more cases for each property
	@if cargo nextest --version >/dev/null 2>&1; then \
		set -x; PROPTEST_CASES=$(SOAK_CASES) cargo nextest run $(LOCKED) --workspace --profile soak $(ARGS); \
	else \
		set -x; PROPTEST_CASES=$(SOAK_CASES) cargo test $(LOCKED) --workspace --no-fail-fast $(ARGS); \
	fi
