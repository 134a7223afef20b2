"""CloudTrail, CloudWatch, how busy things are."""

from datetime import datetime, timedelta, timezone

from .account import ACCOUNT, REGION

DAYS = 14


def trails(account):
    client, made = account.client("cloudtrail"), account.made
    logs = account.client("logs")
    logs.create_log_group(logGroupName="/trail")
    made["trail_group"] = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/trail:*"
    client.create_trail(
        Name="everything", S3BucketName="company-00", IsMultiRegionTrail=True, EnableLogFileValidation=True,
        KmsKeyId=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{made['keys'][0]}",
        CloudWatchLogsLogGroupArn=made["trail_group"], CloudWatchLogsRoleArn=made["role"])
    client.start_logging(Name="everything")
    # Writes to every bucket are recorded, reads are not.
    client.put_event_selectors(TrailName="everything", EventSelectors=[{
        "ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}, {
        "ReadWriteType": "WriteOnly", "IncludeManagementEvents": False,
        "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}])
    client.create_trail(Name="of-a-team", S3BucketName="company-04")
    client.start_logging(Name="of-a-team")
    client.create_trail(Name="off", S3BucketName="company-09", EnableLogFileValidation=True)


# What people are to be told of, as section 4 of the CIS benchmark writes it.
PATTERNS = {
    "root": '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}',
    "failed-logins": '{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}',
    "gateways": "{($.eventName=CreateCustomerGateway) || ($.eventName=DeleteCustomerGateway) || "
                "($.eventName=AttachInternetGateway) || ($.eventName=CreateInternetGateway) || "
                "($.eventName=DeleteInternetGateway) || ($.eventName=DetachInternetGateway)}",
    "vpcs": "{($.eventName=CreateVpc) || ($.eventName=DeleteVpc) || ($.eventName=ModifyVpcAttribute) || "
            "($.eventName=AcceptVpcPeeringConnection) || ($.eventName=CreateVpcPeeringConnection) || "
            "($.eventName=DeleteVpcPeeringConnection) || ($.eventName=RejectVpcPeeringConnection) || "
            "($.eventName=AttachClassicLinkVpc) || ($.eventName=DetachClassicLinkVpc) || "
            "($.eventName=DisableVpcClassicLink) || ($.eventName=EnableVpcClassicLink)}",
    "config": "{($.eventSource=config.amazonaws.com) && (($.eventName=StopConfigurationRecorder) || "
              "($.eventName=DeleteDeliveryChannel) || ($.eventName=PutDeliveryChannel) || "
              "($.eventName=PutConfigurationRecorder))}",
}


def alarms(account):
    """Some of what should be watched is: with an alarm, without one, with one that tells nobody."""
    logs, cloudwatch, sns = account.client("logs"), account.client("cloudwatch"), account.client("sns")
    topic = sns.create_topic(Name="security")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="security@company.example")
    for name, pattern in PATTERNS.items():
        logs.put_metric_filter(
            logGroupName="/trail", filterName=name, filterPattern=pattern, metricTransformations=[
                {"metricName": name, "metricNamespace": "Trail", "metricValue": "1"}])
        if name != "vpcs":
            cloudwatch.put_metric_alarm(
                AlarmName=name, Namespace="Trail", MetricName=name, Statistic="Sum", Period=300,
                EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanOrEqualToThreshold",
                **({} if name == "config" else {"AlarmActions": [topic]}))


def metrics(account):
    cloudwatch, made = account.client("cloudwatch"), account.made
    now = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    data = {"AWS/EC2": [], "AWS/RDS": []}

    def put(namespace, name, dimension, value, peak):
        data[namespace] += [
            {
                "MetricName": name, "Dimensions": [dimension], "Timestamp": now - timedelta(hours=hour),
                "Value": float(peak if hour % 24 == 10 else value),
            }
            for hour in range(1, DAYS * 24)
        ]

    for n, server in enumerate(made["servers"][:24]):
        dimension = {"Name": "InstanceId", "Value": server}
        busy = n % 3 == 0
        put("AWS/EC2", "CPUUtilization", dimension, *((30, 70) if busy else (1, 3)))
        for name in ("NetworkIn", "NetworkOut"):
            put("AWS/EC2", name, dimension, *((1e8, 2e8) if busy else (1e3, 2e3)))
    for n in range(0, 24, 2):
        put("AWS/RDS", "DatabaseConnections", {"Name": "DBInstanceIdentifier", "Value": f"store-{n:02}"},
            0, 12 if n % 3 else 0)
    for namespace, points in data.items():
        for begin in range(0, len(points), 1000):
            cloudwatch.put_metric_data(Namespace=namespace, MetricData=points[begin:begin + 1000])
