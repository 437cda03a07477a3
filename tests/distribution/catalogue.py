"""Validates a catalogue by the `jsonschema` package and our schema, and checks that a broken one would be refused."""

import copy
import json
import sys

from jsonschema import Draft202012Validator

schema, catalogue = (json.load(open(name, encoding="utf-8")) for name in sys.argv[1:])
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
validator.validate(catalogue)
broken = copy.deepcopy(catalogue)
del broken["plugins"][0]["versions"][0]["sha256"]
if validator.is_valid(broken):
    sys.exit("the schema takes everything")
ids = [plugin["id"] for plugin in catalogue["plugins"]]
if ids != ["tencent-short-message-service", "webhook-sms"]:
    sys.exit(f"the catalogue lists {ids}")
print("the catalogue fits its schema")
