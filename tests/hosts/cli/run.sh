#!/bin/sh
# The release component in Wasmtime's command line: installs it from its registry and runs the tests.
# Needs Node 20 or later, CONNECTOR_WASM and SIMULATOR_BIN; and either WASMTIME_BIN, or cargo and ten minutes.
set -eu
cd "$(dirname "$0")"
: "${CONNECTOR_WASM:?set CONNECTOR_WASM to the component}"
: "${SIMULATOR_BIN:?set SIMULATOR_BIN to the simulator}"
node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null ||
    { echo "Node 20 or later is needed and was not found" >&2; exit 1; }
WASMTIME_BIN=${WASMTIME_BIN:-$(./install.sh)}
export WASMTIME_BIN
exec node --test cli.test.mjs
