#!/bin/sh
# The simulator's control plane against its own OpenAPI description, by schemathesis. See ../README.md.
set -eu
cd "$(dirname "$0")"
environment=${SDK_WORK_DIR:-../../../target/sdk}/openapi
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
exec ../with-simulator.sh --lenient -- sh -c '
    # One message, so that there is a code to find. The key is made up: the simulator is lenient.
    "$1/bin/python" send_one.py &&
    "$1/bin/st" --config-file schemathesis.toml run "$SIMULATOR_URL/_sim/openapi.json" \
        --checks all --max-examples 50 --seed 1 --request-timeout 10
' sh "$environment"
