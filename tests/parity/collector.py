"""Reads an account with plain boto3: the same resources and fields as `discovery`, line by line.

    python collector.py [--threads 16] [REGION …]

What discovery is held against: `tests/tests/parity.rs` compares what both see, and `cargo xtask bench
discovery` what it costs them. Written as one would write it for daily use: one client per service, paginators,
bulk calls where there are any, and, with `--threads`, every call that waits for no other in a pool.
"""

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import resources
from metrics import read_metrics, utilization

GLOBAL = "aws-global"
EC2_METRICS = ["CPUUtilization", "NetworkIn", "NetworkOut"]
RDS_METRICS = ["CPUUtilization", "DatabaseConnections"]


class Account:
    """Clients, and a way to do many things: one after the other, or in threads."""

    def __init__(self, region, threads, pool):
        self.region = region
        self.pool = pool
        self.config = Config(
            region_name=region,
            max_pool_connections=max(threads, 10),
            retries={"mode": "standard", "max_attempts": 5},
            s3={"addressing_style": "path"},
        )
        self.session = boto3.Session(region_name=region)
        self.clients = {}
        self.account = self.client("sts").get_caller_identity()["Account"]

    def client(self, service):
        if service not in self.clients:
            self.clients[service] = self.session.client(service, config=self.config)
        return self.clients[service]

    def each(self, work, items):
        return list(self.pool.map(work, items)) if self.pool else [work(item) for item in items]

    def all(self, *works):
        return self.each(lambda work: work(), works)

    def pages(self, service, operation, key, size=None, **arguments):
        paging = {"PageSize": size} if size else {}
        paginator = self.client(service).get_paginator(operation)
        pages = paginator.paginate(PaginationConfig=paging, **arguments)
        return [item for page in pages for item in page.get(key, [])]


def absent(call, *codes):
    """What the call answers; None if it fails because there is nothing."""
    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return None
        raise


def regional(account):
    """Resources and Security Hub's findings of one region."""
    ec2, pages = account.client("ec2"), account.pages
    for service in ("s3", "lambda", "rds", "cloudformation", "cloudwatch", "securityhub"):
        account.client(service)
    (
        reservations, volumes, snapshots, restorable, images, addresses, vpcs, flow_logs, subnets, groups,
        encrypted, stacks, databases, functions, buckets, findings,
    ) = account.all(
        lambda: pages("ec2", "describe_instances", "Reservations", 1000),
        lambda: pages("ec2", "describe_volumes", "Volumes", 500),
        lambda: pages("ec2", "describe_snapshots", "Snapshots", 1000, OwnerIds=["self"]),
        lambda: pages("ec2", "describe_snapshots", "Snapshots", 1000, OwnerIds=["self"],
                      RestorableByUserIds=["all"]),
        lambda: pages("ec2", "describe_images", "Images", Owners=["self"]),
        lambda: ec2.describe_addresses()["Addresses"],
        lambda: pages("ec2", "describe_vpcs", "Vpcs", 1000),
        lambda: pages("ec2", "describe_flow_logs", "FlowLogs", 1000),
        lambda: pages("ec2", "describe_subnets", "Subnets", 1000),
        lambda: pages("ec2", "describe_security_groups", "SecurityGroups", 1000),
        lambda: ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"],
        lambda: pages("cloudformation", "list_stacks", "StackSummaries"),
        lambda: pages("rds", "describe_db_instances", "DBInstances", 100),
        lambda: pages("lambda", "list_functions", "Functions", 50),
        lambda: pages("s3", "list_buckets", "Buckets", 1000),
        lambda: security_hub(account),
    )
    instances = [i for r in reservations for i in r["Instances"] if i["State"]["Name"] != "terminated"]
    stacks = [stack for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"]
    restorable = [snapshot["SnapshotId"] for snapshot in restorable]
    unplaced = [bucket["Name"] for bucket in buckets if not bucket.get("BucketRegion")]

    # What takes a call per resource. One list, so that the pool is busy throughout.
    def location(name):
        return account.client("s3").get_bucket_location(Bucket=name)["LocationConstraint"]

    places = dict(zip(unplaced, account.each(location, unplaced)))
    old_names = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}

    def region_of(bucket):
        place = places.get(bucket["Name"])
        return bucket.get("BucketRegion") or old_names.get(place, place)

    buckets = [bucket for bucket in buckets if region_of(bucket) == account.region]
    works = (
        [lambda s=s: stack_resources(account, s) for s in stacks]
        + [lambda v=v, a=a: vpc_attribute(account, v, a) for v in vpcs for a in VPC_ATTRIBUTES]
        + [lambda s=s: is_public(account, s) for s in restorable]
        + [lambda b=b, s=s: bucket_setting(account, b, s) for b in buckets for s in BUCKET_SETTINGS]
        + [lambda f=f: function_policy(account, f) for f in functions]
        + [lambda f=f: function_tags(account, f) for f in functions]
    )
    metrics = (
        read_metrics(account, "AWS/EC2", "InstanceId", [i["InstanceId"] for i in instances], EC2_METRICS),
        read_metrics(account, "AWS/RDS", "DBInstanceIdentifier",
                     [d["DBInstanceIdentifier"] for d in databases], RDS_METRICS),
        read_metrics(account, "AWS/S3", "BucketName", [b["Name"] for b in buckets], ["BucketSizeBytes"],
                     statistics=["Average"], days=3, period=86_400, more=[("StorageType", "StandardStorage")]),
    )
    answers = iter(account.all(*works, *(work for series in metrics for work in series.works)))
    take = lambda number: [next(answers) for _ in range(number)]
    owned = {pair: owner for stack in take(len(stacks)) for pair, owner in stack}
    dns = chunks(take(len(vpcs) * len(VPC_ATTRIBUTES)), len(VPC_ATTRIBUTES))
    public = dict(zip(restorable, take(len(restorable))))
    settings = chunks(take(len(buckets) * len(BUCKET_SETTINGS)), len(BUCKET_SETTINGS))
    policies, function_tag_sets = take(len(functions)), take(len(functions))
    instance_series, database_series, sizes = (series.gather(take(len(series.works))) for series in metrics)

    uses = {}
    for image in images:
        for mapping in image.get("BlockDeviceMappings", []):
            if snapshot := mapping.get("Ebs", {}).get("SnapshotId"):
                uses.setdefault(snapshot, set()).add(image["ImageId"])
    watched = {}
    for log in flow_logs:
        if log.get("FlowLogStatus") == "ACTIVE":
            watched.setdefault(log["ResourceId"], set()).add(log["TrafficType"])

    shape = resources.Shapes(account.account, account.region)
    found = (
        [shape.instance(i, utilization(instance_series[i["InstanceId"]], EC2_METRICS)) for i in instances]
        + [shape.volume(v) for v in volumes]
        + [shape.snapshot(s, uses, public) for s in snapshots]
        + [shape.address(a) for a in addresses if a.get("AllocationId")]
        + [shape.vpc(v, d, watched) for v, d in zip(vpcs, dns)]
        + [shape.subnet(s) for s in subnets]
        + [shape.security_group(g) for g in groups]
        + [shape.region_defaults(encrypted)]
        + [shape.database(d, utilization(database_series[d["DBInstanceIdentifier"]], RDS_METRICS))
           for d in databases]
        + [shape.function(*parts) for parts in zip(functions, policies, function_tag_sets)]
        + [shape.bucket(b, s, sizes[b["Name"]]) for b, s in zip(buckets, settings)]
    )
    for resource in found:
        resource["managed_by"] = resources.owner(resource, owned)
        yield {"line": "resource", **resource}
    yield {"line": "security_hub", "findings": findings}


def worldwide(account):
    """Resources and costs of what is not of a region."""
    account.client("iam"), account.client("ce")
    pages = lambda key: [item for page in details for item in page.get(key, [])]
    paginator = account.client("iam").get_paginator("get_account_authorization_details")
    kinds = ["User", "Group", "Role", "LocalManagedPolicy"]
    details, password, costs = account.all(
        lambda: list(paginator.paginate(Filter=kinds, PaginationConfig={"PageSize": 1000})),
        lambda: absent(account.client("iam").get_account_password_policy, "NoSuchEntity"),
        lambda: cost_history(account),
    )
    shape = resources.Shapes(account.account, GLOBAL)
    found = (
        [shape.user(user) for user in pages("UserDetailList")]
        + [shape.group(group) for group in pages("GroupDetailList")]
        + [shape.role(role) for role in pages("RoleDetailList")]
        + [shape.policy(policy) for policy in pages("Policies")]
        + [shape.password_policy(password and password["PasswordPolicy"])]
    )
    for resource in found:
        resource["managed_by"] = resources.owner(resource, {})
        yield {"line": "resource", **resource}
    yield {"line": "costs", "costs": costs}


def chunks(items, size):
    return [items[i:i + size] for i in range(0, len(items), size)]


VPC_ATTRIBUTES = ["EnableDnsSupport", "EnableDnsHostnames"]


def vpc_attribute(account, vpc, attribute):
    name = attribute[0].lower() + attribute[1:]
    answer = account.client("ec2").describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=name)
    return answer[attribute]["Value"]


def is_public(account, snapshot):
    answer = account.client("ec2").describe_snapshot_attribute(
        SnapshotId=snapshot, Attribute="createVolumePermission"
    )
    return any(p.get("Group") == "all" for p in answer["CreateVolumePermissions"])


def stack_resources(account, stack):
    listed = account.pages(
        "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack["StackId"]
    )
    return [
        ((r["ResourceType"], r["PhysicalResourceId"]), (stack["StackName"], r["LogicalResourceId"]))
        for r in listed
        if r.get("PhysicalResourceId") and r["ResourceStatus"] != "DELETE_COMPLETE"
    ]


# Operation, what its answer is called, and the error that says that nothing is set.
BUCKET_SETTINGS = [
    ("get_bucket_encryption", "ServerSideEncryptionConfiguration",
     "ServerSideEncryptionConfigurationNotFoundError"),
    ("get_bucket_versioning", "Status", None),
    ("get_public_access_block", "PublicAccessBlockConfiguration", "NoSuchPublicAccessBlockConfiguration"),
    ("get_bucket_lifecycle_configuration", "Rules", "NoSuchLifecycleConfiguration"),
    ("get_bucket_policy", "Policy", "NoSuchBucketPolicy"),
    ("get_bucket_tagging", "TagSet", "NoSuchTagSet"),
]


def bucket_setting(account, bucket, setting):
    operation, key, code = setting
    answer = absent(lambda: getattr(account.client("s3"), operation)(Bucket=bucket["Name"]), code)
    return answer and answer.get(key)


def function_policy(account, function):
    client = account.client("lambda")
    name = function["FunctionArn"]
    answer = absent(lambda: client.get_policy(FunctionName=name), "ResourceNotFoundException")
    return answer and answer.get("Policy")


def function_tags(account, function):
    return account.client("lambda").list_tags(Resource=function["FunctionArn"]).get("Tags", {})


def security_hub(account):
    active = {
        "RecordState": [{"Comparison": "EQUALS", "Value": "ACTIVE"}],
        "WorkflowStatus": [{"Comparison": "NOT_EQUALS", "Value": "SUPPRESSED"}],
    }
    try:
        findings = account.pages("securityhub", "get_findings", "Findings", 100, Filters=active)
    except ClientError as error:
        return {"unavailable": {"reason": str(error)}}
    return {"known": sorted((resources.finding(f) for f in findings), key=lambda f: f["id"])}


def cost_history(account):
    today = datetime.now(timezone.utc).date()
    request = {
        "TimePeriod": {"Start": str(today - timedelta(days=30)), "End": str(today)},
        "Granularity": "DAILY",
        "Metrics": ["UnblendedCost"],
        "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
    }
    daily = []
    try:
        while True:
            page = account.client("ce").get_cost_and_usage(**request)
            for day in page["ResultsByTime"]:
                for group in day["Groups"]:
                    amount = float(group["Metrics"]["UnblendedCost"]["Amount"])
                    daily.append({
                        "date": day["TimePeriod"]["Start"],
                        "service": " ".join(group["Keys"]),
                        "micros": round(amount * 1e6),
                    })
            if not page.get("NextPageToken"):
                break
            request["NextPageToken"] = page["NextPageToken"]
    except ClientError as error:
        return {"unavailable": {"reason": str(error)}}
    return {"known": {"daily": sorted(daily, key=lambda d: (d["date"], d["service"], d["micros"]))}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("regions", nargs="*")
    options = parser.parse_args()
    regions = options.regions or [boto3.Session().region_name]
    pool = ThreadPoolExecutor(options.threads) if options.threads > 1 else None
    scopes = [(regional, region) for region in regions] + [(worldwide, regions[0])]
    for read, region in scopes:
        for line in read(Account(region, options.threads, pool)):
            sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
