#!/bin/sh
# Installs Wasmtime's command line below target/tools and prints its path. Does nothing when it is there.
# The features are the fewest that run a component, with HTTP, by --invoke, and serve one (tests/engines): `serve` does
# not compile without component-model-async.
set -eu
cd "$(dirname "$0")/../../.."
cargo install --quiet --locked wasmtime-cli@48.0.8 --no-default-features \
    --features run,serve,component-model,component-model-async,wasi-http,pooling-allocator,cranelift,parallel-compilation --root target/tools >&2
echo "$PWD/target/tools/bin/wasmtime"
