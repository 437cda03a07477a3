"""Validates an SBOM by CycloneDX's own validator and schema, and checks that a broken one would be refused.

sbom.py SBOM CRATE...    the crates are some that are linked"""

import json
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

text = open(sys.argv[1], encoding="utf-8").read()
validator = JsonStrictValidator(SchemaVersion.V1_6)
error = validator.validate_str(text)
if error:
    sys.exit(f"the SBOM does not fit the schema: {error}")
broken = json.loads(text)
broken["components"][0]["type"] = "nonsense"
if not validator.validate_str(json.dumps(broken)):
    sys.exit("the validator takes everything")
names = [part["name"] for part in json.loads(text)["components"]]
linked = sys.argv[2:]
if "serde_derive" in names or not linked or not set(linked) <= set(names):
    sys.exit(f"macros are listed, or linked crates are not: {names}")
print(f"{len(names)} components fit CycloneDX 1.6")
