"""MiniStack, with what a cycle needs beside it.

- With AWS_ENDPOINT_URL_EC2 another emulator owns the network. RDS, Lambda and load balancers look subnets up in
  MiniStack's own EC2; here they find the other emulator's as well.
- A Task's TimeoutSeconds may be a JSONata expression; MiniStack takes numbers only.
- Lifecycle, encryption, logging and tags of a bucket are dropped by MiniStack's CloudFormation.
- Times of dashboards are texts where the protocol wants times; an alarm loses the metrics of its expression.
- White space surrounds settings of DocumentDB clusters.
- What it does not answer at all is in gaps.py.
"""

import os
import re
from datetime import datetime
from xml.sax.saxutils import escape

import boto3
import gaps
from botocore.exceptions import ClientError
from cbor2 import CBORTag
from ministack.app import SERVICE_HANDLERS, main
from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region
from ministack.services import alb, cloudwatch, documentdb, ec2, s3, stepfunctions
from ministack.services.cloudformation import provisioners


class Subnets(AccountRegionScopedDict):
    __slots__ = ()

    def get(self, key, default=None):
        return super().get(key) or described(key) or default


def described(subnet_id):
    client = boto3.client(
        "ec2",
        endpoint_url=os.environ["AWS_ENDPOINT_URL_EC2"],
        region_name=get_region(),
        aws_access_key_id=get_account_id(),
        aws_secret_access_key="test",
    )
    try:
        return client.describe_subnets(SubnetIds=[subnet_id])["Subnets"][0]
    except ClientError:
        return None


if os.environ.get("AWS_ENDPOINT_URL_EC2"):
    ec2._subnets.__class__ = Subnets

documentdb_cluster = documentdb._cluster_xml
documentdb._cluster_xml = lambda cluster: re.sub(r">\s*(true|false)\s*<", r">\1<", documentdb_cluster(cluster))

execute_task_with_number = stepfunctions._execute_task


def execute_task(state_def, raw_input, execution, ctx):
    if isinstance(state_def.get("TimeoutSeconds"), str):
        seconds = stepfunctions._jsonata_state_field(
            state_def, "TimeoutSeconds", "number", raw_input, ctx
        )
        # A person's patience is minutes; a test's is not.
        seconds *= float(os.environ.get("APPROVAL_TIMEOUT_SCALE", "1"))
        state_def = {**state_def, "TimeoutSeconds": max(1, round(seconds))}
    return execute_task_with_number(state_def, raw_input, execution, ctx)


stepfunctions._execute_task = execute_task



def xml(name, value):
    if isinstance(value, dict):
        value = "".join(xml(key, item) for key, item in value.items())
    elif isinstance(value, bool):
        value = str(value).lower()
    elif isinstance(value, list):
        return "".join(xml(name, item) for item in value)
    else:
        value = escape(str(value))
    return f"<{name}>{value}</{name}>"


def lifecycle(configuration):
    rules = []
    for rule in configuration["Rules"]:
        rule = dict(rule)
        days = rule.pop("ExpirationInDays", None)
        transitions = rule.pop("Transitions", [])
        named = {
            "ID": rule.pop("Id", "rule"),
            "Filter": {"Prefix": rule.pop("Prefix", "")},
            "Expiration": {"Days": days} if days else None,
            "Transition": [
                {"Days": t.get("TransitionInDays"), "StorageClass": t["StorageClass"]} for t in transitions
            ],
            **rule,
        }
        rules.append({key: value for key, value in named.items() if value})
    return xml("LifecycleConfiguration", {"Rule": rules}).encode()


def encryption(configuration):
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
            "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
        }
        for rule in configuration["ServerSideEncryptionConfiguration"]
    ]
    return xml("ServerSideEncryptionConfiguration", {"Rule": rules}).encode()


def logging(configuration):
    target = {
        "TargetBucket": configuration["DestinationBucketName"],
        "TargetPrefix": configuration.get("LogFilePrefix", ""),
    }
    return xml("BucketLoggingStatus", {"LoggingEnabled": target}).encode()


def no_logging(name):
    return s3._put_bucket_logging(name, xml("BucketLoggingStatus", {}).encode())


def tagging(tags):
    return xml("Tagging", {"TagSet": {"Tag": tags}}).encode()


provisioners._S3_BUCKET_CONFIGURATIONS += (
    ("LifecycleConfiguration", lifecycle, s3._put_bucket_lifecycle, s3._delete_bucket_lifecycle),
    ("LoggingConfiguration", logging, s3._put_bucket_logging, no_logging),
    ("BucketEncryption", encryption, s3._put_bucket_encryption, s3._delete_bucket_encryption),
    ("Tags", tagging, s3._put_bucket_tagging, s3._delete_bucket_tagging),
)

cbor_ok = cloudwatch._cbor_ok


def cbor_with_times(data):
    for entry in data.get("DashboardEntries", []):
        modified = datetime.fromisoformat(entry["LastModified"]).timestamp()
        entry["LastModified"] = CBORTag(1, modified)
    return cbor_ok(data)


cloudwatch._cbor_ok = cbor_with_times

put_metric_alarm = cloudwatch._put_metric_alarm


def put_alarm_with_metrics(params, data, *protocol):
    answer = put_metric_alarm(params, data, *protocol)
    if metrics := data.get("Metrics"):
        alarm = cloudwatch._alarms[data["AlarmName"]]
        alarm["Metrics"] = metrics
        for name in ("Statistic", "Period"):
            alarm.pop(name)
    return answer


cloudwatch._put_metric_alarm = put_alarm_with_metrics

balancer_xml = alb._lb_xml


def balancer(load_balancer):
    """Every subnet is said to be in the first zone."""
    text = balancer_xml(load_balancer)
    for subnet_id in load_balancer.get("Subnets", []):
        zone = (described(subnet_id) or {}).get("AvailabilityZone")
        if zone:
            first = f"<ZoneName>{get_region()}a</ZoneName><SubnetId>{subnet_id}</SubnetId>"
            text = text.replace(first, first.replace(f"{get_region()}a", zone))
    return text


if os.environ.get("AWS_ENDPOINT_URL_EC2"):
    alb._lb_xml = balancer

gaps.register(SERVICE_HANDLERS)

if __name__ == "__main__":
    main()
