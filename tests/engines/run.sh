#!/bin/bash
# The gateway on wasmCloud and on `wasmtime serve`, behind balancers, with replicas killed under traffic. See README.md.
set -euo pipefail
cd "$(dirname "$0")"
: "${DIST_DIR:?set DIST_DIR to what cargo xtask dist wrote}"
: "${PUBLISH_BIN:?set PUBLISH_BIN to auth-connector-publish}"
: "${SIMULATOR_BIN:?set SIMULATOR_BIN to the simulator}"
root=$(cd ../.. && pwd)

environment=${SDK_WORK_DIR:-$root/target/sdk}/engines
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
# What cannot be had is named by the suite, which does not count it as passed.
"$environment/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt || true
"$environment/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements-binaries.txt || true
WASMTIME_BIN=${WASMTIME_BIN:-$(../hosts/cli/install.sh)}
export WASMTIME_BIN DIST_DIR PUBLISH_BIN SIMULATOR_BIN
# Debian keeps these out of the path of ordinary users.
export PATH=$environment/bin:$PATH:/usr/sbin
# With them each request on wasmCloud records backtraces: docs/engines.md. The suite sets one where it measures it.
unset RUST_BACKTRACE RUST_LIB_BACKTRACE
# The servers end with the suite, which ends by itself.
exec timeout --foreground 1800 "$environment/bin/python" suite.py "$@"
