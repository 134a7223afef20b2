"""KMS: keys that the customer manages."""

import json

from .account import Unknown, attempt
from .shape import Place, known, tags, time, when_known


def collect(account):
    place, client = Place(account), account.client("kms")
    listed = account.list("kms", "list_keys", "Keys", 1000)
    aliases = account.run(lambda: attempt(lambda: account.pages("kms", "list_aliases", "Aliases", 100)))
    names, of_aws = {}, set()
    for alias in [] if isinstance(aliases, Unknown) else aliases:
        if key := alias.get("TargetKeyId"):
            names.setdefault(key, set()).add(alias["AliasName"])
            if alias["AliasName"].startswith("alias/aws/"):
                of_aws.add(key)
    ids = [key["KeyId"] for key in listed if key["KeyId"] not in of_aws]
    described = account.details(ids, key=lambda id: client.describe_key(KeyId=id)["KeyMetadata"])
    keys = [d["key"] for d in described if not isinstance(d["key"], Unknown)]
    keys = [key for key in keys if key.get("KeyManager") == "CUSTOMER"]

    def rotation(key):
        if key.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
            return None
        return client.get_key_rotation_status(KeyId=key["KeyId"])

    told = account.details(
        keys,
        rotation=(rotation, "UnsupportedOperationException", "KMSInvalidStateException"),
        policy=(
            lambda key: client.get_key_policy(KeyId=key["KeyId"], PolicyName="default").get("Policy"),
            "NotFoundException",
        ),
        tags=lambda key: tags(
            account.pages("kms", "list_resource_tags", "Tags", KeyId=key["KeyId"]), "TagKey", "TagValue"),
    )
    of_key = lambda key: when_known(aliases, lambda _: sorted(names.get(key["KeyId"], ())))
    return [key_of(place, key, of_key(key), t) for key, t in zip(keys, told)]


def key_of(place, k, aliases, told):
    rotation = lambda r: {
        "enabled": (r or {}).get("KeyRotationEnabled", False),
        "period_days": (r or {}).get("RotationPeriodInDays"),
    }
    config = {
        "aliases": known(aliases),
        "description": k.get("Description") or None,
        "state": k.get("KeyState", ""),
        "deletion_at": time(k.get("DeletionDate")),
        "usage": k.get("KeyUsage") or None,
        "spec": k.get("KeySpec") or None,
        "origin": k.get("Origin") or None,
        "multi_region": k.get("MultiRegion", False),
        "rotation": known(when_known(told["rotation"], rotation)),
        "policy": known(when_known(told["policy"], lambda text: json.loads(text) if text else None)),
    }
    first = None if isinstance(aliases, Unknown) else next(iter(aliases), None)
    return place.resource(
        "AWS::KMS::Key", k["Arn"], k["KeyId"], config, told["tags"], name=first,
        created_at=k.get("CreationDate"),
    )
