"""What watches an account: CloudWatch, CloudTrail, Config, GuardDuty, Security Hub."""

import json
from datetime import datetime, timedelta, timezone

from .account import ACCOUNT, REGION, pairs


def logs(account):
    client, made = account.client("logs"), account.made
    client.create_log_group(logGroupName="/shop/web", kmsKeyId=made["key"], tags={"team": "shop"})
    client.put_metric_filter(
        logGroupName="/shop/web", filterName="errors", filterPattern="ERROR",
        metricTransformations=[{"metricName": "Errors", "metricNamespace": "Shop", "metricValue": "1"}])
    made["log_group"] = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/shop/web"


def alarms(account):
    client, made = account.client("cloudwatch"), account.made
    client.put_metric_alarm(
        AlarmName="busy", Namespace="AWS/EC2", MetricName="CPUUtilization", Statistic="Average", Period=300,
        Dimensions=[{"Name": "InstanceId", "Value": made["servers"][0]}], EvaluationPeriods=3, Threshold=80.5,
        ComparisonOperator="GreaterThanThreshold", AlarmActions=[made["topic"]], OKActions=[made["topic"]],
        InsufficientDataActions=[made["topic"]], TreatMissingData="notBreaching", Tags=pairs())
    client.put_metric_alarm(
        AlarmName="slow", Namespace="AWS/ApplicationELB", MetricName="TargetResponseTime", Period=60,
        ExtendedStatistic="p99", EvaluationPeriods=1, Threshold=1, ActionsEnabled=False,
        ComparisonOperator="GreaterThanOrEqualToThreshold")
    stat = lambda id, name: {"Id": id, "ReturnData": False, "MetricStat": {
        "Metric": {"Namespace": "Shop", "MetricName": name}, "Period": 60, "Stat": "Sum"}}
    client.put_metric_alarm(
        AlarmName="failing", EvaluationPeriods=2, Threshold=5, ComparisonOperator="GreaterThanThreshold",
        Metrics=[stat("errors", "Errors"), stat("all", "Requests"),
                 {"Id": "rate", "Expression": "100 * errors / all", "ReturnData": True}])
    client.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="it is")
    client.put_composite_alarm(
        AlarmName="both", AlarmRule="ALARM(busy) AND ALARM(slow)", AlarmActions=[made["topic"]], Tags=pairs())
    client.put_dashboard(DashboardName="shop", DashboardBody=json.dumps({"widgets": [
        {"type": "text", "x": 0, "y": 0, "width": 3, "height": 3, "properties": {"markdown": "Hello"}}]}))


def metrics(account):
    """Some hours of what every kind that has metrics reports."""
    client, made = account.client("cloudwatch"), account.made
    now = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    for namespace, name, dimensions in series(made):
        client.put_metric_data(Namespace=namespace, MetricData=[
            {
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                "Timestamp": now - timedelta(hours=hour),
                "Value": float(10 + hour * 7 % 23),
            }
            for hour in range(1, 31)
        ])


def series(made):
    one = made["servers"][0]
    balancer = made["balancer"].split("loadbalancer/")[1]
    endpoint = {
        "Endpoint Type": "Interface", "Service Name": f"com.amazonaws.{REGION}.ssm",
        "VPC Endpoint Id": "vpce-3", "VPC Id": "vpc-1",
    }
    for namespace, names, dimensions in [
        ("AWS/EC2", ["CPUUtilization", "NetworkIn", "NetworkOut", "EBSReadOps"], {"InstanceId": one}),
        ("CWAgent", ["mem_used_percent"], {"InstanceId": one}),
        ("AWS/EBS", ["VolumeReadOps", "VolumeWriteBytes"], {"VolumeId": made["volume"]}),
        ("AWS/NATGateway", ["ActiveConnectionCount", "BytesOutToDestination"], {"NatGatewayId": made["nat"]}),
        ("AWS/PrivateLinkEndpoints", ["ActiveConnections", "BytesProcessed"], endpoint),
        ("AWS/ApplicationELB", ["RequestCount", "ConsumedLCUs"], {"LoadBalancer": balancer}),
        ("AWS/ELB", ["RequestCount", "HealthyHostCount"], {"LoadBalancerName": "old"}),
        ("AWS/RDS", ["CPUUtilization", "DatabaseConnections"], {"DBInstanceIdentifier": "orders"}),
        ("AWS/RDS", ["VolumeBytesUsed", "VolumeReadIOPs"], {"DBClusterIdentifier": "catalogue"}),
        ("AWS/DynamoDB", ["ConsumedReadCapacityUnits"], {"TableName": "carts"}),
        ("AWS/ElastiCache", ["CPUUtilization", "CacheHits"], {"CacheClusterId": "sessions"}),
        ("AWS/ES", ["CPUUtilization", "SearchRate"], {"DomainName": "books", "ClientId": ACCOUNT}),
        ("AWS/Redshift", ["CPUUtilization"], {"ClusterIdentifier": "warehouse"}),
        ("AWS/Lambda", ["Invocations", "Errors", "Duration"], {"FunctionName": "checkout"}),
        ("AWS/Lambda", ["ProvisionedConcurrencyUtilization"],
         {"FunctionName": "checkout", "Resource": "checkout:live"}),
        ("AWS/ECS", ["CPUUtilization", "MemoryUtilization"], {"ClusterName": "shop", "ServiceName": "web"}),
        ("AWS/EFS", ["ClientConnections"], {"FileSystemId": "fs-0123456789abcdef1"}),
        ("AWS/EFS", ["StorageBytes"], {"FileSystemId": "fs-0123456789abcdef1", "StorageClass": "Total"}),
        ("AWS/ApiGateway", ["CacheHitCount", "CacheMissCount"], {"Stage": "prod", "ApiName": "shop"}),
        ("AWS/DynamoDB", ["ProvisionedReadCapacityUnits"], {"TableName": "carts"}),
        ("AWS/S3", ["BucketSizeBytes"], {"BucketName": "kumo-assets", "StorageType": "StandardStorage"}),
        ("AWS/S3", ["BucketSizeBytes"], {"BucketName": "kumo-assets", "StorageType": "GlacierStorage"}),
        ("AWS/S3", ["NumberOfObjects"], {"BucketName": "kumo-assets", "StorageType": "AllStorageTypes"}),
    ]:
        for name in names:
            yield namespace, name, dimensions


def trails(account):
    client, made = account.client("cloudtrail"), account.made
    # The emulator that has trails looks for their bucket in its own S3.
    account.session.client("s3", endpoint_url=client.meta.endpoint_url).create_bucket(Bucket="kumo-logs")
    arn = client.create_trail(
        Name="everything", S3BucketName="kumo-logs", IsMultiRegionTrail=True, IncludeGlobalServiceEvents=True,
        IsOrganizationTrail=True,
        EnableLogFileValidation=True, KmsKeyId=made["key"], SnsTopicName="alerts",
        CloudWatchLogsLogGroupArn=made["log_group"] + ":*", CloudWatchLogsRoleArn=made["role"], TagsList=pairs(),
    )["TrailARN"]
    client.start_logging(Name="everything")
    client.put_event_selectors(TrailName=arn, EventSelectors=[{
        "ReadWriteType": "WriteOnly", "IncludeManagementEvents": True,
        "ExcludeManagementEventSources": ["kms.amazonaws.com"],
        "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::kumo-assets/"]}],
    }])
    client.create_trail(Name="here", S3BucketName="kumo-logs")
    client.put_event_selectors(TrailName="here", AdvancedEventSelectors=[{
        "Name": "data", "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::kumo-logs/"], "NotEndsWith": ["/tmp"]},
        ],
    }])
    abroad = account.session.client("cloudtrail", region_name="eu-west-1")
    abroad.create_trail(Name="abroad", S3BucketName="kumo-logs", IsMultiRegionTrail=True)


def recorders(account):
    client, made = account.client("config"), account.made
    client.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": made["role"]})
    client.put_delivery_channel(DeliveryChannel={
        "name": "default", "s3BucketName": "kumo-logs", "s3KmsKeyArn": made["key"],
        "snsTopicARN": made["topic"], "configSnapshotDeliveryProperties": {"deliveryFrequency": "Six_Hours"},
    })


def detectors(account):
    account.client("guardduty").create_detector(
        Enable=True, FindingPublishingFrequency="ONE_HOUR", Tags={"team": "shop"},
        Features=[{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}, {"Name": "RDS_LOGIN_EVENTS", "Status": "DISABLED"}])


def hub(account):
    client = account.client("securityhub")
    client.enable_security_hub(ControlFindingGenerator="SECURITY_CONTROL", EnableDefaultStandards=True)
    finding = lambda id, control, **more: {
        "SchemaVersion": "2018-10-08", "Id": id, "GeneratorId": f"security-control/{control}",
        "ProductArn": f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/{ACCOUNT}/default",
        "AwsAccountId": ACCOUNT, "Types": ["Software and Configuration Checks"],
        "CreatedAt": "2026-01-02T03:04:05Z", "UpdatedAt": "2026-01-02T03:04:05Z",
        "Severity": {"Label": "HIGH"}, "Title": f"{control} fails", "Description": "it does",
        "Resources": [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::kumo-plain"}], "RecordState": "ACTIVE",
        "Workflow": {"Status": "NEW"}, **more,
    }
    client.batch_import_findings(Findings=[
        finding("one", "S3.8", Compliance={"Status": "FAILED", "SecurityControlId": "S3.8"}),
        finding("two", "EC2.7", Compliance={"Status": "PASSED"}),
    ])
