"""S3: buckets, and the account's public access block."""

from . import metrics
from .account import Unknown, attempt
from .shape import Place, arns, known, policy, tags, unique, when_known

FLAGS = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}
OLD_NAMES = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}


def collect(account, every_setting):
    place, s3 = Place(account), account.client("s3")
    buckets = account.list("s3", "list_buckets", "Buckets", 1000)
    unplaced = [bucket for bucket in buckets if not bucket.get("BucketRegion")]
    locate = lambda bucket: s3.get_bucket_location(Bucket=bucket["Name"])["LocationConstraint"]
    for one, told in zip(unplaced, account.details(unplaced, location=locate)):
        location = told["location"]
        if not isinstance(location, Unknown):
            one["BucketRegion"] = OLD_NAMES.get(location, location)
    buckets = [bucket for bucket in buckets if bucket.get("BucketRegion") == account.region]

    def read(operation, key=None, *absent):
        def work(bucket):
            answer = getattr(s3, operation)(Bucket=bucket["Name"])
            return answer.get(key) if key else answer
        return (work, *absent)

    settings = account.details(
        buckets,
        encryption=read("get_bucket_encryption", "ServerSideEncryptionConfiguration",
                        "ServerSideEncryptionConfigurationNotFoundError"),
        versioning=read("get_bucket_versioning"),
        block=read("get_public_access_block", "PublicAccessBlockConfiguration",
                   "NoSuchPublicAccessBlockConfiguration"),
        lifecycle=read("get_bucket_lifecycle_configuration", "Rules", "NoSuchLifecycleConfiguration"),
        policy=read("get_bucket_policy", "Policy", "NoSuchBucketPolicy"),
        status=read("get_bucket_policy_status", "PolicyStatus", "NoSuchBucketPolicy"),
        tags=read("get_bucket_tagging", "TagSet", "NoSuchTagSet", "NoSuchTagSetError"),
        logging=read("get_bucket_logging", "LoggingEnabled"),
        acl=read("get_bucket_acl"),
        ownership=read("get_bucket_ownership_controls", "OwnershipControls", "OwnershipControlsNotFoundError"),
        lock=read("get_object_lock_configuration", "ObjectLockConfiguration",
                  "ObjectLockConfigurationNotFoundError"),
        **(more(s3, read) if every_setting else {}),
    )
    sizes = stored(account, [bucket["Name"] for bucket in buckets])
    return [bucket(place, b, s, sizes) for b, s in zip(buckets, settings)]


def more(s3, read):
    """Settings that are read only if they are asked for."""
    def configurations(operation, key):
        def work(bucket):
            found, token = [], {}
            while True:
                page = getattr(s3, operation)(Bucket=bucket["Name"], **token)
                found += page.get(key, [])
                if not page.get("IsTruncated"):
                    return found
                token = {"ContinuationToken": page["NextContinuationToken"]}
        return work

    return {
        "replication": read(
            "get_bucket_replication", "ReplicationConfiguration", "ReplicationConfigurationNotFoundError"),
        "website": read("get_bucket_website", None, "NoSuchWebsiteConfiguration"),
        "cors": read("get_bucket_cors", "CORSRules", "NoSuchCORSConfiguration"),
        "notifications": read("get_bucket_notification_configuration"),
        "inventories": configurations("list_bucket_inventory_configurations", "InventoryConfigurationList"),
        "intelligent_tiering": configurations(
            "list_bucket_intelligent_tiering_configurations", "IntelligentTieringConfigurationList"),
        # Where a region has no acceleration, S3 refuses the question.
        "acceleration": read(
            "get_bucket_accelerate_configuration", "Status", "MethodNotAllowed", "UnsupportedArgument"),
        "payer": read("get_bucket_request_payment", "Payer"),
        "metrics": configurations("list_bucket_metrics_configurations", "MetricsConfigurationList"),
        "analytics": configurations("list_bucket_analytics_configurations", "AnalyticsConfigurationList"),
    }


def bucket(place, b, s, sizes):
    name = b["Name"]
    not_read = Unknown("it is not asked for")
    fact = lambda setting, work: known(when_known(s.get(setting, not_read), work))
    by_type, objects = sizes(name)
    logging = when_known(s["logging"], lambda log: log and {
        "target_bucket": log["TargetBucket"], "target_prefix": log["TargetPrefix"]})
    config = {
        "encryption": known(when_known(s["encryption"], encryption)),
        "versioning": known(when_known(s["versioning"], lambda answer: answer.get("Status") or None)),
        "public_access_block": known(when_known(s["block"], flags)),
        "lifecycle": known(when_known(s["lifecycle"], lambda rules: [lifecycle(r) for r in rules or []])),
        "policy": known(when_known(s["policy"], policy)),
        "size_bytes": known(when_known(by_type, lambda by_type: sum(by_type.values()))),
        "size_by_type": known(by_type),
        "object_count": known(objects),
        "mfa_delete": known(when_known(s["versioning"], lambda answer: answer.get("MFADelete") == "Enabled")),
        "logging": known(logging),
        "acl_grants": known(when_known(s["acl"], grants)),
        "object_ownership": known(when_known(s["ownership"], ownership)),
        "policy_is_public": known(when_known(s["status"], lambda status: status and status.get("IsPublic"))),
        "object_lock": known(when_known(s["lock"], object_lock)),
        "replication": fact("replication", replication),
        "website": fact("website", website),
        "cors": fact("cors", lambda rules: [cors(rule) for rule in rules or []]),
        "notifications": fact("notifications", notifications),
        "inventories": fact("inventories", lambda found: by_id(inventory(one) for one in found)),
        "intelligent_tiering": fact("intelligent_tiering", lambda found: by_id(tiering(one) for one in found)),
        "acceleration": fact("acceleration", lambda status: status or None),
        "requester_pays": fact("payer", lambda payer: payer == "Requester"),
        "metrics_configurations": fact("metrics", ids),
        "analytics_configurations": fact("analytics", ids),
    }
    told = logging and not isinstance(logging, Unknown)
    key = (config["encryption"].get("known") or {}).get("kms_key_id")
    return place.resource(
        "AWS::S3::Bucket", place.bucket_arn(name), name, config, when_known(s["tags"], tags), name=name,
        created_at=b.get("CreationDate"),
        depends_on=[needed for needed in [
            *([place.bucket_arn(logging["target_bucket"])] if told else []), *place.keys(key), *named(config),
        ] if needed != place.bucket_arn(name)],
    )


def named(config):
    """ARNs of what replication, notifications and inventories name."""
    fact = lambda setting: config[setting].get("known") or {}
    copies, told, lists = fact("replication"), fact("notifications"), fact("inventories")
    rules = copies.get("rules", [])
    # An alias or a version of a function comes after its name.
    whole = lambda arn: ":".join(arn.split(":")[:7]) if ":function:" in arn else arn
    return arns(
        copies.get("role"), *(rule["destination_bucket"] for rule in rules), *(rule["kms_key_id"] for rule in rules),
        *(whole(target["destination"]) for target in told.get("targets", [])),
        *(one["destination_bucket"] for one in lists),
    )


def encryption(configuration):
    rule = ((configuration or {}).get("Rules") or [{}])[0]
    default = rule.get("ApplyServerSideEncryptionByDefault")
    return default and {
        "algorithm": default["SSEAlgorithm"],
        "kms_key_id": default.get("KMSMasterKeyID") or None,
        "bucket_key": rule.get("BucketKeyEnabled", False),
    }


def flags(block):
    return {name: (block or {}).get(flag, False) for name, flag in FLAGS.items()}


def lifecycle(rule):
    where = rule.get("Filter", {})
    both = where.get("And", {})
    sizes = ("ObjectSizeGreaterThan", "ObjectSizeLessThan")
    prefixes = [where.get("Prefix"), both.get("Prefix"), rule.get("Prefix")]
    return {
        "id": rule.get("ID") or None,
        "enabled": rule["Status"] == "Enabled",
        "prefix": next((prefix for prefix in prefixes if prefix is not None), None) or None,
        "filtered": "Tag" in where or bool(both.get("Tags")) or any(s in where or s in both for s in sizes),
        "abort_multipart_days": rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation"),
        "expiration_days": rule.get("Expiration", {}).get("Days"),
        "noncurrent_expiration_days": rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays"),
        "transitions": [
            [t["Days"], t["StorageClass"]] for t in rule.get("Transitions", []) if "Days" in t
        ],
        "more": does_more(rule),
    }


def does_more(rule):
    """Whether a rule does what the fields above do not say."""
    expiration = rule.get("Expiration", {})
    return (
        bool(rule.get("NoncurrentVersionTransitions"))
        or any("Days" not in transition for transition in rule.get("Transitions", []))
        or "Date" in expiration
        or expiration.get("ExpiredObjectDeleteMarker", False)
        or "NewerNoncurrentVersions" in rule.get("NoncurrentVersionExpiration", {})
    )


def grants(acl):
    """Whom the list lets in besides the owner."""
    who = lambda grantee: grantee.get("URI") or grantee.get("ID") or grantee.get("EmailAddress")
    found = {(who(grant["Grantee"]), grant["Permission"]) for grant in acl.get("Grants", [])}
    owner = acl.get("Owner", {}).get("ID")
    return [
        {"grantee": grantee, "permission": permission}
        for grantee, permission in sorted(pair for pair in found if pair[0] and pair[0] != owner)
    ]


def ownership(controls):
    rules = (controls or {}).get("Rules") or []
    return rules[0]["ObjectOwnership"] if rules else None


def object_lock(configuration):
    if (configuration or {}).get("ObjectLockEnabled") != "Enabled":
        return None
    retention = configuration.get("Rule", {}).get("DefaultRetention", {})
    return {
        "mode": retention.get("Mode") or None,
        "days": retention.get("Days"),
        "years": retention.get("Years"),
    }


def replication(configuration):
    return configuration and {
        "role": configuration["Role"],
        "rules": [replication_rule(rule) for rule in configuration["Rules"]],
    }


def replication_rule(rule):
    where, to = rule.get("Filter", {}), rule["Destination"]
    both = where.get("And", {})
    return {
        "id": rule.get("ID") or None,
        "enabled": rule["Status"] == "Enabled",
        "priority": rule.get("Priority"),
        "prefix": where.get("Prefix") or both.get("Prefix") or rule.get("Prefix") or None,
        "filtered": "Tag" in where or bool(both.get("Tags")),
        "destination_bucket": to["Bucket"],
        "destination_account": to.get("Account") or None,
        "storage_class": to.get("StorageClass") or None,
        "kms_key_id": to.get("EncryptionConfiguration", {}).get("ReplicaKmsKeyID") or None,
        "delete_markers": rule.get("DeleteMarkerReplication", {}).get("Status") == "Enabled",
    }


def website(site):
    return site and {
        "index_document": site.get("IndexDocument", {}).get("Suffix"),
        "error_document": site.get("ErrorDocument", {}).get("Key"),
        "redirect_host": site.get("RedirectAllRequestsTo", {}).get("HostName"),
        "redirect_protocol": site.get("RedirectAllRequestsTo", {}).get("Protocol"),
        "routing_rules": len(site.get("RoutingRules", [])),
    }


def cors(rule):
    return {
        "id": rule.get("ID") or None,
        "allowed_origins": unique(rule["AllowedOrigins"]),
        "allowed_methods": unique(rule["AllowedMethods"]),
        "allowed_headers": unique(rule.get("AllowedHeaders", [])),
        "exposed_headers": unique(rule.get("ExposeHeaders", [])),
        "max_age_seconds": rule.get("MaxAgeSeconds"),
    }


def notifications(answer):
    targets = [
        target(one, arn)
        for key, arn in (
            ("TopicConfigurations", "TopicArn"), ("QueueConfigurations", "QueueArn"),
            ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
        )
        for one in answer.get(key, [])
    ]
    return {
        "event_bridge": "EventBridgeConfiguration" in answer,
        "targets": sorted(targets, key=lambda target: (target["destination"], target["id"] or "")),
    }


def target(one, arn):
    rules = one.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    # S3 answers the names capitalised.
    rules = {rule["Name"].lower(): rule["Value"] for rule in rules}
    return {
        "destination": one[arn],
        "id": one.get("Id") or None,
        "events": unique(one["Events"]),
        "prefix": rules.get("prefix") or None,
        "suffix": rules.get("suffix") or None,
    }


def inventory(one):
    to = one["Destination"]["S3BucketDestination"]
    return {
        "id": one["Id"],
        "enabled": one["IsEnabled"],
        "prefix": one.get("Filter", {}).get("Prefix") or None,
        "versions": one["IncludedObjectVersions"],
        "destination_bucket": to["Bucket"],
        "format": to["Format"],
        "frequency": one["Schedule"]["Frequency"],
    }


def tiering(one):
    where = one.get("Filter", {})
    both = where.get("And", {})
    return {
        "id": one["Id"],
        "enabled": one["Status"] == "Enabled",
        "prefix": where.get("Prefix") or both.get("Prefix") or None,
        "filtered": "Tag" in where or bool(both.get("Tags")),
        "tiers": sorted([tier["Days"], tier["AccessTier"]] for tier in one["Tierings"]),
    }


def by_id(found):
    return sorted(found, key=lambda one: one["id"])


def ids(found):
    return sorted(one["Id"] for one in found)


def stored(account, names):
    """A function that tells a bucket's bytes by storage type and its objects, from CloudWatch."""
    missing = Unknown("CloudWatch reported no size in the last 3 days")
    if not names:
        return lambda name: (missing, missing)
    listed = account.run(lambda: attempt(lambda: account.pages(
        "cloudwatch", "list_metrics", "Metrics", Namespace="AWS/S3", MetricName="BucketSizeBytes")))
    if isinstance(listed, Unknown):
        return lambda name: (listed, listed)
    found = [{d["Name"]: d["Value"] for d in metric["Dimensions"]} for metric in listed]
    pairs = sorted({
        (d["BucketName"], d["StorageType"]) for d in found
        if d.get("BucketName") in names and "StorageType" in d
    })
    counted = sorted({name for name, _ in pairs})
    query = lambda metric, name, kind: (
        "AWS/S3", metric, [("BucketName", name), ("StorageType", kind)], "Average")
    queries = [query("BucketSizeBytes", *pair) for pair in pairs]
    queries += [query("NumberOfObjects", name, "AllStorageTypes") for name in counted]
    series = metrics.read(account, queries, days=3, period=86_400)
    why = next((one for one in series if isinstance(one, Unknown)), None)
    if why:
        return lambda name: (why, why)
    newest = lambda points: int(max(points)[1])
    by_type, objects = {}, {}
    for (name, kind), points in zip(pairs, series):
        if points:
            by_type.setdefault(name, {})[kind] = newest(points)
    for name, points in zip(counted, series[len(pairs):]):
        if points:
            objects[name] = newest(points)
    return lambda name: (by_type.get(name, missing), objects.get(name, missing))


def points(account, client, operation, key):
    """Every item of a list of access points, for which boto3 has no paginator."""
    found, more = [], {}
    while True:
        ask = lambda: getattr(client, operation)(AccountId=account.id, **more)
        page = account.run(lambda: attempt(ask))
        if isinstance(page, Unknown):
            return []
        found += page.get(key) or []
        if not page.get("NextToken"):
            return found
        more = {"NextToken": page["NextToken"]}


def access_points(account):
    place, client = Place(account), account.client("s3control")
    found = points(account, client, "list_access_points", "AccessPointList")
    read = lambda p: client.get_access_point(AccountId=account.id, Name=p["Name"])
    told = account.details(found, point=read)
    return [access_point(place, p, t["point"]) for p, t in zip(found, told)]


def access_point(place, p, told):
    name = p["Name"]
    config = {
        "bucket": p["Bucket"],
        "bucket_account": p.get("BucketAccountId") or None,
        "network_origin": p["NetworkOrigin"],
        "vpc_id": p.get("VpcConfiguration", {}).get("VpcId") or None,
        "alias": p.get("Alias") or None,
        "public_access_block": known(when_known(
            told, lambda point: flags(point.get("PublicAccessBlockConfiguration")))),
    }
    return place.resource(
        "AWS::S3::AccessPoint", p.get("AccessPointArn") or place.arn("s3", f"accesspoint/{name}"), name, config,
        name=name, depends_on=[place.bucket_arn(p["Bucket"])],
        tags_unknown="tags of access points are not read",
    )


def multi_region_access_points(account):
    place = Place(account)
    # They are managed there, whatever their regions.
    client = account.client("s3control", "us-west-2")
    found = points(account, client, "list_multi_region_access_points", "AccessPoints")
    return [multi_region_access_point(place, p) for p in found]


def multi_region_access_point(place, p):
    name, buckets = p["Name"], unique(region["Bucket"] for region in p.get("Regions", []))
    config = {
        "status": p.get("Status", ""),
        "buckets": buckets,
        "public_access_block": flags(p.get("PublicAccessBlock")),
    }
    return place.resource(
        "AWS::S3::MultiRegionAccessPoint", place.global_arn("s3", f"accesspoint/{p.get('Alias') or name}"), name,
        config, name=name, created_at=p.get("CreatedAt"), depends_on=[place.bucket_arn(b) for b in buckets],
    )


def public_access_block(account):
    place = Place(account)
    client = account.client("s3control")
    read = lambda: client.get_public_access_block(AccountId=account.id)["PublicAccessBlockConfiguration"]
    block = account.run(lambda: attempt(read, "NoSuchPublicAccessBlockConfiguration"))
    if isinstance(block, Unknown):
        return []
    arn = place.global_arn("s3", "account-public-access-block")
    return [place.resource("Miyabi::S3::AccountPublicAccessBlock", arn, account.id, flags(block))]
