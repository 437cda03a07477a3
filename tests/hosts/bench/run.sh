#!/bin/sh
# Measures what docs/hosts.md says about costs, and writes its tables. Needs what tests/hosts/run.sh needs, and its
# results: run that first.
set -eu
cd "$(dirname "$0")"
: "${CONNECTOR_WASM:?set CONNECTOR_WASM to the component}"
: "${SIMULATOR_BIN:?set SIMULATOR_BIN to the simulator}"
: "${AUTH_HOST_BIN:?set AUTH_HOST_BIN to auth-host}"
WASMTIME_BIN=${WASMTIME_BIN:-$(../cli/install.sh)}
# The host library, in a process that sends many: `host/examples/send_many.rs`.
(cd ../../.. && cargo build --quiet --locked --profile host --workspace --examples)
SEND_MANY_BIN=${SEND_MANY_BIN:-$(cd ../../.. && pwd)/target/host/examples/send_many}
export WASMTIME_BIN SEND_MANY_BIN
python3 measure.py
(cd ../../../packages/logto-connector && npm run --silent bench)
node ../table.mjs
