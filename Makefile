# Two commands matter: `make demo` shows it, `make test` proves it. `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

# The one build. Tests, image and demo share the same static binary and the same artifacts; nothing is compiled twice.
TARGET ?= $(shell uname -m)-unknown-linux-gnu
BUILD  := --release --locked --target $(TARGET)
BINARY := target/$(TARGET)/release/scim-operator
export RUSTFLAGS := -C target-feature=+crt-static
export RUSTDOCFLAGS := -D warnings
unexport CARGO_TARGET_DIR

IMAGE ?= localhost/scim-operator:dev
export IMAGE BINARY

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

## --- use ---------------------------------------------------------------------------------------------------------

.PHONY: build run demo demo-down
# With the smallest test beside it, since cargo builds dependencies anew when no test asks for the features that tests need.
build: ## the static binary
	cargo build $(BUILD) --bin scim-operator --test tidy

run: build ## one directory without a cluster, on loopback, from examples/quickstart
	$(BINARY) standalone --manifests examples/quickstart --data target/standalone --listen 127.0.0.1:8080

demo: ## the whole product in a cluster, in under three minutes once built
	@hack/demo.sh

demo-down: ## ends what the demo left running; the cluster stays
	@hack/demo.sh remove

## --- prove -------------------------------------------------------------------------------------------------------

.PHONY: test check unit postgres-tests test-cluster cluster-tests alone-tests conformance conformance-tools lint drift \
	tests-built
test: ## everything, from nothing, with a time for each stage
	@hack/test.sh

check: lint drift ## format, lints, docs, shell scripts, and that generated files are current

tests-built: # one cargo build of the library, the binary and all tests
	cargo test $(BUILD) --lib --bins --tests --no-run

unit: ## tests that need no cluster
	hack/postgres/with.sh postgres -- cargo test $(BUILD) --lib --bins --test tidy --test it --test crash
	cargo test $(BUILD) --doc

postgres-tests: ## tests of replicas over PostgreSQL, and of a pair that fails over
	hack/postgres/with.sh postgres patroni -- cargo test $(BUILD) --test postgres

test-cluster: cluster image cluster-tests alone-tests ## tests against the cluster

cluster-tests: demo-down conformance-tools
	hack/postgres/with.sh postgres -- hack/cluster/cluster.sh run cargo test $(BUILD) --test cluster -- --skip alone::

alone-tests: demo-down # those that want the cluster to themselves; the demo comes last and stays to look around in
	hack/cluster/cluster.sh volumes
	hack/cluster/cluster.sh run cargo test $(BUILD) --test cluster -- --test-threads=1 alone::undecodable alone::apiserver
	hack/cluster/cluster.sh run cargo test $(BUILD) --test cluster -- --test-threads=1 alone::demo

conformance: build ## the SCIM test suites that others publish, against the endpoint; UPDATE=1 takes off what is mended
	hack/conformance.sh

conformance-tools: # what the cluster's tests need of them
	hack/conformance/tools.sh

.PHONY: fuzz
fuzz: ## inputs that break the protocol's rooms, and what the dearest ones cost; FUZZ_SECONDS=… for each target
	hack/fuzz.sh
	hack/cost.sh

lint:
	cargo fmt --check
	cargo fmt --check --manifest-path tests/fuzz/Cargo.toml
	cargo clippy $(BUILD) --all-targets -- -D warnings
	cargo check $(BUILD) --no-default-features
	cargo doc $(BUILD) --no-deps
	hack/lint-shell.sh

drift: build helm # fails when `make generate` would change something
	hack/generate.sh --check

## --- make --------------------------------------------------------------------------------------------------------

.PHONY: generate generate-demo bench soak image dist helm
generate: build helm ## CRDs, the chart's copy of them, rendered charts, snapshots, the page of behaviours
	hack/generate.sh
	UPDATE=1 hack/postgres/with.sh postgres -- cargo test $(BUILD) --lib every_statement_has_the_plan
	UPDATE=1 cargo test $(BUILD) --test it the_page_of_dialects
	INSTA_UPDATE=always INSTA_FORCE_PASS=1 cargo test $(BUILD) --lib --test it
	UPDATE=1 cargo test $(BUILD) --test tidy the_list_of_behaviours

generate-demo: cluster image demo-down ## the tables of the demo, from a run of it
	UPDATE=1 hack/cluster/cluster.sh run cargo test $(BUILD) --test cluster alone::demo

bench: ## speed, one table (loopback only)
	cargo bench --profile release --locked --target $(TARGET) --bench scim --bench access --bench sync
	hack/postgres/with.sh postgres -- cargo bench --profile release --locked --target $(TARGET) --bench load

soak: build ## power cuts and kills in bursts of writes, mutants, then hours of traffic and faults against one endpoint; MINUTES=…
	KILL_ROUNDS=200 cargo test $(BUILD) --test crash -- c011_ | tee /dev/stderr | grep '5 passed' >/dev/null
	KILL_ROUNDS=200 cargo test $(BUILD) --test it -- durability::c011_what_was_acknowledged | tee /dev/stderr | grep '1 passed' >/dev/null
	HISTORIES=10000 cargo test $(BUILD) --test it -- histories::b018_ | tee /dev/stderr | grep '1 passed' >/dev/null
	HISTORY_MINUTES=$${MINUTES:-30} hack/postgres/with.sh postgres -- cargo test $(BUILD) --test postgres -- history::c011_a_history
	FUZZ_SECONDS=$$(($${MINUTES:-30} * 20)) hack/fuzz.sh
	hack/mutants.sh
	hack/soak.sh

image: build ## the container image, given to the cluster when one is up
	@hack/image/image.sh

dist: ## the image as it is released: smaller, after eight minutes of link-time optimisation
	cargo build --profile dist --locked --target $(TARGET)
	BINARY=target/$(TARGET)/dist/scim-operator LIMIT=25000000 hack/image/image.sh

helm:
	@hack/cluster/build.sh helm

## --- database ----------------------------------------------------------------------------------------------------

.PHONY: postgres postgres-down
postgres: ## a PostgreSQL to work with, on loopback
	@hack/postgres/postgres.sh up

postgres-down: ## ends it, and a Patroni pair; leaves nothing behind
	@hack/postgres/postgres.sh down
	@hack/postgres/patroni.sh down

## --- cluster -----------------------------------------------------------------------------------------------------

.PHONY: cluster cluster-down
cluster: ## a Kubernetes to work with (CLUSTER=current for your own)
	@hack/cluster/cluster.sh up

cluster-down: ## ends it and leaves nothing behind
	@hack/cluster/cluster.sh down
