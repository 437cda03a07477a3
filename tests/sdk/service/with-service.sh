#!/bin/sh
# Runs a command against an `auth-host serve` that sends through the simulator at SIMULATOR_URL. The command finds it by
# SERVICE_URL, SERVICE_KEY (a key of the tenant `default`) and SERVICE_DATA (its folder).
#
#   tests/sdk/service/with-service.sh command [arguments]
set -eu

work=$(mktemp -d)
host() {
    "$AUTH_HOST_BIN" "$@" --json --data "$work/data"
}
host tenant put --set default_country=CN --set home_countries=CN >/dev/null
# What is generated comes to the same few numbers: with the limits of the first start most of it would be refused.
host limits --set number_a_day=100000 --set number_in_ten_minutes=100000 --set prefix_a_day=100000 \
    --set segments_a_day=100000 >/dev/null
host plugin add "$CONNECTOR_WASM" --name sms --unsigned --allow "$SIMULATOR_URL" >/dev/null
sed "s|SIMULATOR_URL|$SIMULATOR_URL|" "$(dirname "$0")/connector.json" | host connector put sim --plugin sms --config - >/dev/null
host flow put sim >/dev/null
SERVICE_KEY=$(host key add suite | sed -n 's/.*"key": *"\([^"]*\)".*/\1/p')

: >"$work/ready"
"$AUTH_HOST_BIN" serve --listen 127.0.0.1:0 --admin 127.0.0.1:0 --data "$work/data" >"$work/ready" 2>"$work/log" 9>&- &
service=$!
stop() {
    kill "$service" 2>/dev/null || true
    wait "$service" || true
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

tries=0
until grep -q 'listens at' "$work/ready"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$service" 2>/dev/null; then
        cat "$work/log" >&2
        exit 1
    fi
    sleep 0.1
done
SERVICE_URL=http://$(sed -n 's/.*auth-host listens at //p' "$work/ready")
SERVICE_DATA=$work/data
export SERVICE_URL SERVICE_KEY SERVICE_DATA
status=0
"$@" || status=$?
exit "$status"
