"""Pushes a component by the `oras` package, over plain http, as an artifact for WebAssembly without anything beside it."""

import os
import sys

import oras.client

reference, component, config = sys.argv[1:]
os.chdir(os.path.dirname(component))
client = oras.client.OrasClient(hostname=reference.split("/")[0], insecure=True)
client.push(
    target=reference,
    files=[f"{os.path.basename(component)}:application/wasm"],
    manifest_config=f"{config}:application/vnd.wasm.config.v0+json",
)
