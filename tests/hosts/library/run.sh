#!/bin/sh
# The release component in the host library. Needs Node 20 or later, CONNECTOR_WASM, HOSTILE_WASM,
# SIMULATOR_BIN and AUTH_HOST_BIN.
set -eu
cd "$(dirname "$0")"
: "${CONNECTOR_WASM:?set CONNECTOR_WASM to the component}"
: "${HOSTILE_WASM:?set HOSTILE_WASM to the hostile connector}"
: "${SIMULATOR_BIN:?set SIMULATOR_BIN to the simulator}"
: "${AUTH_HOST_BIN:?set AUTH_HOST_BIN to auth-host}"
node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null ||
    { echo "Node 20 or later is needed and was not found" >&2; exit 1; }
exec node --test library.test.mjs
