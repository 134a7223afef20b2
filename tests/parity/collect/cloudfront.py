"""CloudFront."""

from .account import Unknown, attempt
from .shape import Place, arns, known, tags, unique, when_known

# CloudWatch Logs delivers CloudFront's access logs from there.
HOME = "us-east-1"


def collect(account):
    place = Place(account)
    return distributions(account, place) + functions(account, place)


def items(found):
    return (found or {}).get("Items", [])


def distributions(account, place):
    client = account.client("cloudfront")
    found = account.list("cloudfront", "list_distributions", "DistributionList.Items")
    if not found:
        return []
    told = account.details(
        found,
        config=lambda d: client.get_distribution_config(Id=d["Id"])["DistributionConfig"],
        tags=lambda d: tags(items(client.list_tags_for_resource(Resource=d["ARN"])["Tags"])),
    )
    listed = lambda operation, key: attempt(lambda: account.pages("logs", operation, key, region=HOME))
    sources, deliveries = account.all(
        lambda: listed("describe_delivery_sources", "deliverySources"),
        lambda: listed("describe_deliveries", "deliveries"),
    )
    delivering = next((one for one in (deliveries, sources) if isinstance(one, Unknown)), None)
    if delivering is None:
        used = {delivery.get("deliverySourceName") for delivery in deliveries}
        delivering = {arn for s in sources if s["name"] in used for arn in s.get("resourceArns", [])}
    return [distribution(place, d, t, delivering) for d, t in zip(found, told)]


def distribution(place, d, told, delivering):
    origins = [origin(o) for o in items(d.get("Origins"))]
    default = d.get("DefaultCacheBehavior")
    behaviors = ([behavior(default)] if default else []) + [behavior(b) for b in items(d.get("CacheBehaviors"))]
    certificate = d.get("ViewerCertificate")
    settings = when_known(told["config"], lambda c: {
        "default_root_object": c.get("DefaultRootObject") or None,
        "log_bucket": c["Logging"]["Bucket"] or None if c.get("Logging", {}).get("Enabled") else None,
    })
    config = {
        "domain_name": d["DomainName"],
        "status": d["Status"],
        "enabled": d["Enabled"],
        "aliases": unique(items(d.get("Aliases"))),
        "comment": d.get("Comment") or None,
        "price_class": d["PriceClass"],
        "http_version": d["HttpVersion"],
        "web_acl_id": d.get("WebACLId") or None,
        "certificate": {
            "cloudfront_default": not certificate or certificate.get("CloudFrontDefaultCertificate", False),
            "acm_arn": (certificate or {}).get("ACMCertificateArn") or None,
            "minimum_protocol_version": (certificate or {}).get("MinimumProtocolVersion"),
            "ssl_support_method": (certificate or {}).get("SSLSupportMethod"),
        },
        "origins": origins,
        "behaviors": behaviors,
        "settings": known(settings),
        "origin_groups": [len(items(group.get("Members"))) for group in items(d.get("OriginGroups"))],
        "delivers_logs": known(when_known(delivering, lambda delivering: d["ARN"] in delivering)),
    }
    buckets = [o["s3_bucket"] for o in origins]
    if not isinstance(settings, Unknown):
        buckets.append(bucket_of(settings["log_bucket"] or ""))
    name = None if isinstance(told["tags"], Unknown) else told["tags"].get("Name")
    return place.resource(
        "AWS::CloudFront::Distribution", d["ARN"], d["Id"], config, told["tags"],
        name=name or next(iter(items(d.get("Aliases"))), None),
        depends_on=[place.bucket_arn(bucket) for bucket in buckets if bucket]
        + arns(config["certificate"]["acm_arn"], config["web_acl_id"])
        + [arn for b in behaviors for arn in arns(*b["function_arns"])],
    )


def origin(o):
    custom = o.get("CustomOriginConfig")
    return {
        "id": o["Id"],
        "domain_name": o["DomainName"],
        "s3_bucket": bucket_of(o["DomainName"]),
        "access_control_id": o.get("OriginAccessControlId") or None,
        "access_identity": o.get("S3OriginConfig", {}).get("OriginAccessIdentity") or None,
        "protocol_policy": custom and custom.get("OriginProtocolPolicy"),
        "ssl_protocols": unique(items((custom or {}).get("OriginSslProtocols"))),
    }


def bucket_of(domain):
    """The bucket that a host name of S3's REST API means."""
    host = domain.removesuffix(".cn")
    if not host.endswith(".amazonaws.com"):
        return None
    bucket, dot, rest = host.removesuffix(".amazonaws.com").rpartition(".s3")
    other = rest.startswith(("-website", "-accesspoint", "-object-lambda"))
    return bucket if dot and not other and (not rest or rest[0] in ".-") else None


def behavior(b):
    lambdas = [f["LambdaFunctionARN"] for f in items(b.get("LambdaFunctionAssociations"))]
    edge = [f["FunctionARN"] for f in items(b.get("FunctionAssociations"))]
    return {
        "path_pattern": b.get("PathPattern"),
        "origin_id": b["TargetOriginId"],
        "viewer_protocol_policy": b["ViewerProtocolPolicy"],
        "compress": b.get("Compress", False),
        "function_arns": unique(lambdas + edge),
    }


def functions(account, place):
    client, found, marker = account.client("cloudfront"), [], {}
    while True:
        page = account.run(lambda: attempt(lambda: client.list_functions(**marker)["FunctionList"]))
        if isinstance(page, Unknown):
            return []
        found += page.get("Items", [])
        if not page.get("NextMarker"):
            return [function(place, f) for f in found]
        marker = {"Marker": page["NextMarker"]}


def function(place, f):
    config, metadata = f.get("FunctionConfig", {}), f["FunctionMetadata"]
    stores = unique(s["KeyValueStoreARN"] for s in items(config.get("KeyValueStoreAssociations")))
    return place.resource(
        "AWS::CloudFront::Function", metadata["FunctionARN"], f["Name"],
        {
            "runtime": config.get("Runtime", ""),
            "stage": metadata.get("Stage"),
            "status": f.get("Status") or None,
            "comment": config.get("Comment") or None,
            "key_value_stores": stores,
        },
        name=f["Name"], created_at=metadata.get("CreatedTime"), depends_on=arns(*stores),
    )
