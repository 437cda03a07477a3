#!/bin/sh
# Programs of auth platforms, unmodified, against the auth host's webhooks. See README.md.
set -eu
cd "$(dirname "$0")"
npm ci --silent --no-audit --no-fund --ignore-scripts
environment=${SDK_WORK_DIR:-../../target/sdk}/platforms
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
PATH="$(cd "$environment/bin" && pwd):$PATH"
export PATH
python page.py ../../docs/platforms.md
exec ../sdk/with-simulator.sh -- ../sdk/service/with-service.sh ./suites.sh
