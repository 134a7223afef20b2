"""What every part needs."""

import json

import boto3

REGION = "us-east-1"
ACCOUNT = "123456789012"
OTHER = "210987654321"
ZONES = [REGION + zone for zone in "abc"]


class Account:
    """Clients, and what the parts made for one another."""

    def __init__(self):
        self.session = boto3.Session(region_name=REGION)
        self.clients = {}
        self.made = {}

    def client(self, service):
        if service not in self.clients:
            self.clients[service] = self.session.client(service)
        return self.clients[service]


def bit(number, place):
    """Whether the number has this bit: settings that each take a bit meet in every combination."""
    return bool(number >> place & 1)


def tags(name, number, key="Key", value="Value"):
    pairs = {
        "Name": f"{name}-{number:02}",
        "team": ["shop", "data", "platform"][number % 3],
        "env": ["prod", "staging"][number % 2],
    }
    return [{key: k, value: v} for k, v in pairs.items()]


def on(kind, name, number):
    """Tags of an EC2 resource that is being created."""
    return [{"ResourceType": kind, "Tags": tags(name, number)}]


def statement(*actions, resource="*", effect="Allow", **more):
    return {"Effect": effect, "Action": list(actions), "Resource": resource, **more}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(**principal):
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
