#!/bin/sh
# Tencent's Python SDK, pinned by requirements.txt, against the simulator. See ../README.md.
set -eu
cd "$(dirname "$0")"
environment=${SDK_WORK_DIR:-../../../target/sdk}/python
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
exec ../with-simulator.sh -- "$environment/bin/python" suite.py
