"""What every resource looks like: what `shared/types` writes, but for the monthly cost."""

import json
from datetime import datetime, timezone

from .account import GLOBAL, Unknown

NO_METRICS = {"unavailable": {"reason": "no metrics are read for this kind"}}


def known(value):
    """A fact: what is known, or why it is not."""
    return {"unavailable": value.reason} if isinstance(value, Unknown) else {"known": value}


def when_known(value, work):
    """What work makes of a value, unless that is not known."""
    return value if isinstance(value, Unknown) else work(value)


def time(moment):
    """UTC, with a fraction of a second only where there is one."""
    if moment is None:
        return None
    if isinstance(moment, str):
        moment = parsed(moment)
        if moment is None:
            return None
    text = moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text.rstrip("0").rstrip(".") + "Z"


def parsed(text):
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def unique(items):
    return sorted(set(items))


def present(items):
    """Sorted, without doubles and without what is missing or empty."""
    return unique(item for item in items if item)


def tags(pairs, key="Key", value="Value"):
    return {pair[key]: pair.get(value) or "" for pair in pairs or []}


def policy(text):
    """A policy document; the text itself where it is no JSON."""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def is_arn(text):
    parts = (text or "").split(":", 5)
    return len(parts) == 6 and parts[0] == "arn"


def arns(*texts):
    return [text for text in texts if is_arn(text)]


class Place:
    """Where resources are, and their ARNs where AWS tells none."""

    def __init__(self, account):
        self.account, self.region, self.near = account.id, account.region, account.near
        self.partition = account.session.get_partition_for_region(self.near)

    def arn(self, service, resource):
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def global_arn(self, service, resource):
        return f"arn:{self.partition}:{service}::{self.account}:{resource}"

    def unowned_arn(self, service, resource):
        return f"arn:{self.partition}:{service}:{self.region}::{resource}"

    def keys(self, *names):
        """ARNs of KMS keys, each named by its ARN, its id or an alias, where it is named at all."""
        of = lambda name: name if name.startswith("alias/") else f"key/{name}"
        return [name if is_arn(name) else self.arn("kms", of(name)) for name in names if name]

    def bucket_arn(self, name):
        return f"arn:{self.partition}:s3:::{name}"

    def ec2(self, kind, ids):
        """ARNs of EC2's resources of one kind; images and snapshots have no account."""
        arn = self.unowned_arn if kind in ("image", "snapshot") else self.arn
        return [arn("ec2", f"{kind}/{id}") for id in ids if id]

    def resource(self, kind, arn, id, config, tags=None, *, name=None, created_at=None, depends_on=(),
                 utilization=NO_METRICS, tags_unknown=None):
        if isinstance(tags, Unknown):
            tags, tags_unknown = None, tags.reason["reason"]
        tags = tags or {}
        found = {
            "arn": arn,
            "account": self.account,
            "region": self.region,
            "id": id,
            "name": name or tags.get("Name"),
            "tags": tags,
            "tags_unavailable": {"reason": tags_unknown} if tags_unknown else None,
            "created_at": time(created_at),
            "depends_on": unique(depends_on),
            "utilization": utilization,
            "kind": kind,
            "config": config,
        }
        # What is empty is not written.
        return {key: value for key, value in found.items() if value not in (None, {}, [], "")}

    def subnet_group(self, kind, arn, name, tagged, *, description, vpc, subnets):
        """A group of subnets that databases are put in."""
        config = {
            "description": description or None,
            "vpc_id": vpc or None,
            "subnet_ids": present(subnet.get("SubnetIdentifier") for subnet in subnets),
        }
        return self.resource(
            kind, arn, name, config, tagged, name=name,
            depends_on=self.ec2("subnet", config["subnet_ids"]) + self.ec2("vpc", [vpc]),
        )

    def is_global(self):
        return self.region == GLOBAL
