#!/bin/sh
# The release component in Wasmtime for Python: installs the package and runs the tests.
# Needs Python 3.10 or later with venv, CONNECTOR_WASM and SIMULATOR_BIN.
set -eu
cd "$(dirname "$0")"
: "${CONNECTOR_WASM:?set CONNECTOR_WASM to the component}"
: "${SIMULATOR_BIN:?set SIMULATOR_BIN to the simulator}"
HOSTS_WORK_DIR=${HOSTS_WORK_DIR:-$(cd ../../.. && pwd)/target/hosts}
export HOSTS_WORK_DIR PYTHONDONTWRITEBYTECODE=1
python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    { echo "Python 3.10 or later with venv is needed and was not found (Debian: apt-get install python3-venv)" >&2; exit 1; }

mkdir -p "$HOSTS_WORK_DIR"
venv=$HOSTS_WORK_DIR/python-venv
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt
# Another version than the pinned one: versions.sh.
[ -z "${PYTHON_WASMTIME:-}" ] || "$venv/bin/pip" install --quiet --disable-pip-version-check "wasmtime==$PYTHON_WASMTIME"
exec "$venv/bin/python" -m unittest
