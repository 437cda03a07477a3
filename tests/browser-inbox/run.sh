#!/bin/sh
# The simulator's inbox and the sample sign-in in Debian's Chromium. Needs Node 20 or later with npm, chromium,
# SIMULATOR_BIN, AUTH_HOST_BIN and CONNECTOR_WASM.
# Screenshots stay in BROWSER_WORK_DIR.
set -eu
cd "$(dirname "$0")"
: "${SIMULATOR_BIN:?set SIMULATOR_BIN to the simulator}"
: "${AUTH_HOST_BIN:?set AUTH_HOST_BIN to the auth host}"
: "${CONNECTOR_WASM:?set CONNECTOR_WASM to the component}"
CHROMIUM=${CHROMIUM:-$(command -v chromium)} ||
    { echo "chromium is needed and was not found (Debian: apt-get install chromium)" >&2; exit 1; }
SCREENSHOTS=${BROWSER_WORK_DIR:-$(mktemp -d)}/inbox
export CHROMIUM SCREENSHOTS
npm ci --no-audit --no-fund --loglevel=error --ignore-scripts
exec node --test --test-concurrency=1 --test-timeout=240000 inbox.mjs sample.mjs
