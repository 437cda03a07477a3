"""Kubernetes manifests against the schemas of a release, offline, and a mistake that has to be found."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from processes import ROOT, Failed

MANIFEST = ROOT / "deploy/kubernetes/gateway.yaml"
VERSION = "1.37.0"
KINDS = ["Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler", "NetworkPolicy"]


def lacks():
    return None if shutil.which("kubernetes-validate") else "kubernetes-validate"


def check():
    text = MANIFEST.read_text()
    if "not run" not in text.splitlines()[0]:
        raise Failed("the first line of the manifest does not say that it was checked and not run.")
    found = [line.removeprefix("kind: ") for line in text.splitlines() if line.startswith("kind: ")]
    if found != KINDS:
        raise Failed(f"the manifest has {found} instead of {KINDS}.")
    code, said = validate(text)
    if code != 0:
        raise Failed(f"kubernetes-validate refuses the manifest: {said}")
    for right, wrong in [("replicas: 3", "replicaz: 3"), ("maxReplicas: 6", "maxReplicas: six"), ("preStop", "preEnd")]:
        if validate(text.replace(right, wrong))[0] == 0:
            raise Failed(f"kubernetes-validate takes `{wrong}`, so it shows nothing.")


def validate(text):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "gateway.yaml"
        file.write_text(text)
        done = subprocess.run(
            ["kubernetes-validate", "--strict", "-k", VERSION, file], capture_output=True, text=True
        )
    return done.returncode, done.stdout + done.stderr
