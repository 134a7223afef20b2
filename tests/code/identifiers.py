"""Whether resources to import are told by what identifies their types: `identifiers.py DIRECTORY`.

Types are asked of the schemas that cfn-lint comes with.
"""

import glob
import json
import os
import sys

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER


def main(directory):
    wrong, seen = set(), 0
    for path in glob.glob(os.path.join(directory, "**", "*.import.json"), recursive=True):
        with open(path) as file:
            for entry in json.load(file):
                seen += 1
                kind = entry["ResourceType"]
                schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
                wanted = {name.removeprefix("/properties/") for name in schema["primaryIdentifier"]}
                if set(entry["ResourceIdentifier"]) != wanted:
                    wrong.add(f"{kind} by {sorted(entry['ResourceIdentifier'])}, not {sorted(wanted)}")
    if wrong or not seen:
        sys.exit("told by something else: " + "; ".join(sorted(wrong)))
    print(seen, "resources are told by their identifiers")


main(sys.argv[1])
