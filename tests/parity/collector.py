"""Reads an account with plain boto3: the same resources and fields as `discovery`, line by line.

    python collector.py [--threads 16] [--without s3.public_access_block] [REGION …]

What discovery is held against: `tests/tests/parity.rs` compares what both see, and `cargo xtask bench
discovery` what it costs them. Written as one would write it for daily use: one client per service, paginators,
bulk calls where there are any, and, with `--threads`, every call that waits for no other in a pool.
"""

import argparse
import json
import sys

import boto3

import collect
from collect.account import GLOBAL, Account


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--without", action="append", default=[], help="what is not read, MODULE.FUNCTION")
    parser.add_argument("--tag", action="append", default=[], help="a tag that costs are split by")
    parser.add_argument("--type", action="append", default=[], help="a type that Cloud Control lists")
    parser.add_argument("regions", nargs="*")
    options = parser.parse_args()
    regions = options.regions or [boto3.Session().region_name]
    scopes = [(collect.regional, region) for region in regions] + [(collect.worldwide, GLOBAL)]
    for read, region in scopes:
        for line in read(Account(region, regions[0], options.threads), options):
            sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
