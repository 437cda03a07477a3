#!/bin/sh
# The release component in Node: installs jco, transpiles the component, compiles the typed example, runs the tests.
# Needs Node 20 or later with npm, CONNECTOR_WASM and SIMULATOR_BIN.
set -eu
cd "$(dirname "$0")"
: "${CONNECTOR_WASM:?set CONNECTOR_WASM to the component}"
: "${SIMULATOR_BIN:?set SIMULATOR_BIN to the simulator}"
node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && npm --version >/dev/null ||
    { echo "Node 20 or later with npm is needed and was not found" >&2; exit 1; }

# Not `npm ci`: it refuses a lock file that lacks optional binaries for other platforms, which not every registry
# has. This installs what the lock file names, and changes nothing in it.
npm install --no-save --no-audit --no-fund --loglevel=error
# Other versions than the pinned ones: versions.sh.
[ -z "${NODE_JCO:-}" ] || npm install --no-save --no-audit --no-fund --loglevel=error \
    "@bytecodealliance/jco@$NODE_JCO" "@bytecodealliance/preview2-shim@$NODE_SHIM"
rm -rf generated build
npm run --silent transpile
npm run --silent build
exec node run.mjs
