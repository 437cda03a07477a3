#!/bin/sh
# The webhook connector in Node and in Wasmtime's command line, against a receiver that verifies with the library of
# Standard Webhooks. Runs after ../node/run.sh, whose jco it uses.
# Needs Node 20 or later with npm, WEBHOOK_WASM and WASMTIME_BIN.
set -eu
cd "$(dirname "$0")"
: "${WEBHOOK_WASM:?set WEBHOOK_WASM to the webhook connector}"
WASMTIME_BIN=${WASMTIME_BIN:-$(../cli/install.sh)}
export WASMTIME_BIN
node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && npm --version >/dev/null ||
    { echo "Node 20 or later with npm is needed and was not found" >&2; exit 1; }
npm install --no-save --no-audit --no-fund --loglevel=error
../node/node_modules/.bin/jco transpile "$WEBHOOK_WASM" --name webhook --out-dir ../node/generated/webhook --quiet
exec node --test --test-concurrency=1 webhook.test.mjs
