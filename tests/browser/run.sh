#!/bin/bash
# The console in Debian's Chromium: from an empty folder to a code, with a hostile plugin, by keyboard alone, in both
# languages, and what other sites and other tenants meet. Pictures stay in PICTURES_DIR.
set -euo pipefail
cd "$(dirname "$0")"
: "${AUTH_HOST_BIN:?set AUTH_HOST_BIN to auth-host}"
: "${SIMULATOR_BIN:?set SIMULATOR_BIN to tencent-sms-simulator}"
: "${CONNECTOR_WASM:?set CONNECTOR_WASM to the connector}"
: "${HOSTILE_WASM:?set HOSTILE_WASM to the hostile connector}"
for program in docker-registry minisign openssl; do
    command -v "$program" >/dev/null ||
        { echo "$program is needed and was not found (Debian: apt-get install $program)" >&2; exit 1; }
done
export CHROMIUM=${CHROMIUM:-$(command -v chromium)} ||
    { echo "chromium is needed and was not found (Debian: apt-get install chromium)" >&2; exit 1; }
export PICTURES_DIR=${PICTURES_DIR:-$(cd ../.. && pwd)/target/console-pictures}
export COMPILED_DIR=${BROWSER_WORK_DIR:-$(cd ../.. && pwd)/target/browser}/compiled
mkdir -p "$COMPILED_DIR"
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
ln -s "$COMPILED_DIR" "$data/cache"
# The package of the tests' market is the connector with its metadata in it.
"$(dirname "$AUTH_HOST_BIN")/connector-packaging" embed "$(cd ../.. && pwd)" tencent-sms-connector "$CONNECTOR_WASM" "$data/packaged.wasm"
number=0
for component in "$CONNECTOR_WASM" "$HOSTILE_WASM" "$data/packaged.wasm"; do
    number=$((number + 1))
    "$AUTH_HOST_BIN" plugin add "$component" --name "plugin-$number" --unsigned --allow http://127.0.0.1:1 --data "$data" >/dev/null
done
npm ci --no-audit --no-fund --loglevel=error
node --test --test-concurrency=2 journey.mjs once.mjs faults.mjs hostile.mjs safety.mjs keyboard.mjs catalogue.mjs refusals.mjs
echo "pictures: $PICTURES_DIR"
