#!/bin/sh
# Tencent's Node SDK, pinned by package-lock.json, against the simulator. See ../README.md.
set -eu
cd "$(dirname "$0")"
npm ci --silent --no-audit --no-fund
exec ../with-simulator.sh --accept-derived-service -- npm test --silent
