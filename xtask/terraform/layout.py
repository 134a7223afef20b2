"""Reads HCL that is laid out as `terraform fmt` does: an entry begins at its indentation and ends there."""

import re

BEGINS = ("{", "[", "(", "({")
NAME = re.compile(r"\s*([a-z0-9_]+)\s*(=|\{)")
RESOURCE = re.compile(r'resource "([^"]+)" "([^"]+)"')


def entries(lines, indent):
    """The entries of a body, each a list of its lines."""
    found, at = [], 0
    while at < len(lines):
        line = lines[at]
        if not line.strip() or line.strip().startswith("#"):
            at += 1
            continue
        end = at
        if line.rstrip().endswith(BEGINS):
            end += 1
            while not (lines[end].startswith(" " * indent) and lines[end][indent : indent + 1] in tuple("}])")):
                end += 1
        found.append(lines[at : end + 1])
        at = end + 1
    return found


def named(entry):
    """An entry's name and whether it is a block."""
    name, sign = NAME.match(entry[0]).groups()
    return name, sign == "{"


def inner(entry):
    """The lines within an entry."""
    return entry[1:-1]


def ignored(entry):
    """Of the lines of a `lifecycle` each with the argument it names, if it does."""
    for line in entry:
        found = re.match(r"      ([a-z0-9_]+)(\[.*\])?,?$", line)
        yield line, found and found.group(1)
