#!/bin/sh
# Extracts the `sh` blocks of simulator/README.md, in order, and runs them as one script in an empty directory.
# See ../README.md. The blocks start their own simulator, so SIMULATOR_BIN is needed even with SIMULATOR_URL.
set -eu
cd "$(dirname "$0")"
[ -n "${SIMULATOR_BIN:-}" ] || { echo "set SIMULATOR_BIN to the simulator's binary" >&2; exit 2; }
mkdir -p "${SDK_WORK_DIR:-../../../target/sdk}"
environment=$(cd "${SDK_WORK_DIR:-../../../target/sdk}" && pwd)/python
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check -r ../python/requirements.txt

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$(realpath "$SIMULATOR_BIN")" "$work/bin/tencent-sms-simulator"
{
    # Whatever fails, the simulator that the script started does not outlive it.
    # shellcheck disable=SC2016 # expanded by the script that is written here
    echo 'set -eu; trap '\''kill "${simulator:-}" 2>/dev/null || true'\'' EXIT'
    sed -n '/^```sh$/,/^```$/{/^```/d;p;}' ../../../simulator/README.md
} >"$work/readme.sh"
[ "$(wc -l <"$work/readme.sh")" -gt 40 ] || { echo "the README has lost its commands" >&2; exit 1; }
cd "$work"
PATH="$work/bin:$environment/bin:$PATH" sh -x readme.sh
echo "the commands of the README work"
