#!/bin/sh
# The suites of Python and Node with versions besides the pinned ones: what docs/hosts.md says about ranges. Known bad
# versions have to fail, so that the page is corrected once they do not.
# Needs what python/run.sh and node/run.sh need.
set -eu
cd "$(dirname "$0")"
HOSTS_WORK_DIR=${HOSTS_WORK_DIR:-$(cd ../.. && pwd)/target/hosts}/versions
export HOSTS_WORK_DIR
mkdir -p "$HOSTS_WORK_DIR"

works() {
    name=$1
    shift
    if env "$@" >"$HOSTS_WORK_DIR/log" 2>&1; then
        echo "$name works"
    else
        cat "$HOSTS_WORK_DIR/log"
        echo "$name fails, and docs/hosts.md says that it works" >&2
        exit 1
    fi
}

fails() {
    name=$1
    shift
    if env "$@" >"$HOSTS_WORK_DIR/log" 2>&1; then
        echo "$name works, and docs/hosts.md says that it fails" >&2
        exit 1
    fi
    echo "$name fails, as known"
}

works "wasmtime (PyPI) 46.0.1" PYTHON_WASMTIME=46.0.1 python/run.sh
works "wasmtime (PyPI) 47.0.1" PYTHON_WASMTIME=47.0.1 python/run.sh
works "wasmtime (PyPI) 49.0.0" PYTHON_WASMTIME=49.0.0 python/run.sh
fails "wasmtime (PyPI) 48.0.0" PYTHON_WASMTIME=48.0.0 python/run.sh
fails "wasmtime (PyPI) 45.0.0" PYTHON_WASMTIME=45.0.0 python/run.sh
works "jco 1.31.0" NODE_JCO=1.31.0 NODE_SHIM=0.21.0 node/run.sh
works "jco 1.33.0" NODE_JCO=1.33.0 NODE_SHIM=0.24.1 node/run.sh
works "jco 1.34.0" NODE_JCO=1.34.0 NODE_SHIM=0.25.0 node/run.sh
