#!/bin/sh
# The release component in five hosts on two engines, and the quick starts of docs/hosts.md. See README.md.
set -eu
cd "$(dirname "$0")"
: "${CONNECTOR_WASM:?set CONNECTOR_WASM to the component}"
: "${WEBHOOK_WASM:?set WEBHOOK_WASM to the webhook connector}"
: "${HOSTILE_WASM:?set HOSTILE_WASM to the hostile connector}"
: "${SIMULATOR_BIN:?set SIMULATOR_BIN to the simulator}"
: "${AUTH_HOST_BIN:?set AUTH_HOST_BIN to auth-host}"

# Results of an earlier component must not pass for this one's.
HOSTS_WORK_DIR=${HOSTS_WORK_DIR:-$(cd ../.. && pwd)/target/hosts}
export HOSTS_WORK_DIR
rm -f "$HOSTS_WORK_DIR"/library.json "$HOSTS_WORK_DIR"/python.json "$HOSTS_WORK_DIR"/node.json \
    "$HOSTS_WORK_DIR"/logto.json "$HOSTS_WORK_DIR"/cli.json

./library/run.sh
./python/run.sh
./node/run.sh
../../packages/logto-connector/run.sh
WASMTIME_BIN=${WASMTIME_BIN:-$(./cli/install.sh)}
export WASMTIME_BIN
./cli/run.sh
./webhook/run.sh
node quickstart.mjs
node table.mjs --check
