"""What every part of the seeding needs."""

import json

import boto3

REGION = "us-east-1"
ACCOUNT = "123456789012"
TAGS = {"team": "shop", "env": "prod"}


class Account:
    """Clients, and what the parts made for one another."""

    def __init__(self):
        self.session = boto3.Session(region_name=REGION)
        self.made = {}

    def client(self, service):
        return self.session.client(service)


def pairs(key="Key", value="Value", **more):
    return [{key: k, value: v} for k, v in (TAGS | more).items()]


def on(kind, name):
    """Tags of an EC2 resource that is being created."""
    return [{"ResourceType": kind, "Tags": pairs(Name=name)}]


def document(*actions, resource="*", **more):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(service):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
