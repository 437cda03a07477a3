#!/bin/sh
# Installs Wasmtime's command line below target/tools and prints its path. Does nothing when it is there.
# The features are the fewest that run a component, with HTTP, by --invoke.
set -eu
cd "$(dirname "$0")/../../.."
cargo install --quiet --locked wasmtime-cli@48.0.8 --no-default-features \
    --features run,component-model,wasi-http,cranelift,parallel-compilation --root target/tools >&2
echo "$PWD/target/tools/bin/wasmtime"
