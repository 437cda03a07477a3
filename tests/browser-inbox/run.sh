#!/bin/sh
# The simulator's inbox in Debian's Chromium. Needs Node 20 or later with npm, chromium, and SIMULATOR_BIN.
# Screenshots stay in BROWSER_WORK_DIR.
set -eu
cd "$(dirname "$0")"
: "${SIMULATOR_BIN:?set SIMULATOR_BIN to the simulator}"
CHROMIUM_BIN=${CHROMIUM_BIN:-$(command -v chromium)} ||
    { echo "chromium is needed and was not found (Debian: apt-get install chromium)" >&2; exit 1; }
SCREENSHOTS=${BROWSER_WORK_DIR:-$(mktemp -d)}/inbox
export CHROMIUM_BIN SCREENSHOTS
npm ci --no-audit --no-fund --loglevel=error --ignore-scripts
exec node --test --test-concurrency=1 --test-timeout=240000 inbox.mjs
