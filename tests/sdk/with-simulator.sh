#!/bin/sh
# Runs a command against a simulator.
#
#   tests/sdk/with-simulator.sh [simulator arguments] -- command [arguments]
#
# With SIMULATOR_URL in the environment the command runs against that simulator, which must accept what the
# suite needs (see README.md). Otherwise the binary that SIMULATOR_BIN names is started on a free port, and
# stopped afterwards: its standard input is a pipe that closes with this script, however it ends.
set -eu

arguments=""
while [ "$#" -gt 0 ] && [ "$1" != "--" ]; do
    arguments="$arguments $1"
    shift
done
[ "$#" -gt 1 ] || { echo "usage: $0 [simulator arguments] -- command [arguments]" >&2; exit 2; }
shift

if [ -n "${SIMULATOR_URL:-}" ]; then
    exec "$@"
fi
[ -n "${SIMULATOR_BIN:-}" ] || { echo "set SIMULATOR_URL, or SIMULATOR_BIN to the simulator's binary" >&2; exit 2; }

work=$(mktemp -d)
mkfifo "$work/stdin"
# shellcheck disable=SC2086 # several arguments on purpose
"$SIMULATOR_BIN" --quiet --stop-on-stdin-close $arguments <"$work/stdin" >"$work/ready" &
simulator=$!
# The only writer of the pipe: when it closes, the simulator ends.
exec 9>"$work/stdin"
stop() {
    exec 9>&-
    wait "$simulator" || true
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

tries=0
until [ -s "$work/ready" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ] || ! kill -0 "$simulator" 2>/dev/null; then
        echo "the simulator did not start" >&2
        exit 1
    fi
    sleep 0.1
done
SIMULATOR_URL=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$work/ready")
export SIMULATOR_URL
status=0
"$@" 9>&- || status=$?
exit "$status"
