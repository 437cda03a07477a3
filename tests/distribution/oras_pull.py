"""Pulls an artifact by the `oras` package, over plain http."""

import sys

import oras.client

reference, folder = sys.argv[1:]
client = oras.client.OrasClient(hostname=reference.split("/")[0], insecure=True)
client.pull(target=reference, outdir=folder)
