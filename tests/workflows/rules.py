"""Rules for the workflows that no linter has.

rules.py WORKFLOW...    refuses a workflow that breaks a rule

1. Every command runs in `shell: bash`, which GitHub starts with `-eo pipefail`. The usual shell has no `pipefail`: a
   program that fails in front of a pipe counts as a success.
2. A job that has a permission to write, or a secret beside the one of every job, compiles nothing and installs nothing:
   build scripts, procedural macros and install scripts of every dependency would run with its credentials.
"""

import re
import sys
from pathlib import Path

from ruamel.yaml import YAML

# Commands that run programs of dependencies. `cargo publish --no-verify` packs and sends.
COMPILES = re.compile(r"\b(cargo (?!publish\b.*--no-verify\b)|npm (ci|install|run|test|exec)\b|npx |pip3? install )")


def read(path):
    return YAML(typ="safe").load(Path(path).read_text())


def broken(path):
    workflow = read(path)
    if workflow.get("defaults", {}).get("run", {}).get("shell") != "bash":
        yield "has no `defaults: {run: {shell: bash}}`"
    for name, job in workflow["jobs"].items():
        if "shell" in job.get("defaults", {}).get("run", {}):
            yield f"{name}: has a shell of its own"
        permissions = job.get("permissions", workflow.get("permissions"))
        has_rights = permissions != {} and (not isinstance(permissions, dict) or "write" in permissions.values())
        for step in job["steps"]:
            if "shell" in step:
                yield f"{name}: a step has a shell of its own"
            found = COMPILES.search(step.get("run", ""))
            if found and (has_rights or "secrets." in str(step)):
                yield f"{name}: `{found[0].strip()}` runs programs of dependencies where credentials are"


workflows = sys.argv[1:]
faults = [f"{path}: {what}" for path in workflows for what in broken(path)]
if faults or not workflows:
    raise SystemExit("\n".join(faults) or __doc__)
