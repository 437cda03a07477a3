#!/bin/sh
# `auth-host serve` against its own OpenAPI document, by schemathesis. See ../README.md.
set -eu
cd "$(dirname "$0")"
environment=${SDK_WORK_DIR:-../../../target/sdk}/openapi
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check -r ../openapi/requirements.txt
export PATH="$(cd "$environment/bin" && pwd):$PATH"
exec ../with-simulator.sh -- ./with-service.sh sh -c 'exec st run \
    --checks all --exclude-checks positive_data_acceptance --seed 1 --max-examples 400 --request-timeout 15 \
    --header "Authorization: Bearer $SERVICE_KEY" "$SERVICE_URL/openapi.json"'
