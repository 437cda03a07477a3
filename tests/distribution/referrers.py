"""Saves what is attached to an artifact, from a registry without the referrers API: by the fallback index of the specification."""

import json
import sys
import urllib.request
from pathlib import Path

registry, repository, tag, folder = sys.argv[1:]
KINDS = ", ".join(f"application/vnd.oci.image.{kind}.v1+json" for kind in ("manifest", "index"))


def get(path):
    request = urllib.request.Request(f"http://{registry}/v2/{repository}/{path}", headers={"Accept": KINDS})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.headers, answer.read()


headers, _ = get(f"manifests/{tag}")
digest = headers["Docker-Content-Digest"]
index = json.loads(get(f"manifests/{digest.replace(':', '-')}")[1])
Path(folder).mkdir()
for entry in index["manifests"]:
    manifest = json.loads(get(f"manifests/{entry['digest']}")[1])
    assert manifest["subject"]["digest"] == digest, manifest
    assert manifest["artifactType"] == entry["artifactType"], entry
    [layer] = manifest["layers"]
    name = layer["annotations"]["org.opencontainers.image.title"]
    (Path(folder) / Path(name).name).write_bytes(get(f"blobs/{layer['digest']}")[1])
