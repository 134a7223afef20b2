"""Lambda, queues, topics, APIs, CloudFront, containers."""

import io
import json
import zipfile

from .account import ACCOUNT, REGION, document, pairs, TAGS


def functions(account):
    client, made = account.client("lambda"), account.made
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context):\n    return event\n")
    common = {
        "Runtime": "python3.12", "Handler": "main.handler", "Role": made["role"],
        "Code": {"ZipFile": code.getvalue()},
    }
    made["function"] = client.create_function(FunctionName="checkout", Tags=TAGS, **common)["FunctionArn"]
    client.add_permission(
        FunctionName="checkout", StatementId="events", Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com")
    client.put_function_concurrency(FunctionName="checkout", ReservedConcurrentExecutions=5)
    client.create_function(FunctionName="plain", **common)


def messages(account):
    sns, sqs, made = account.client("sns"), account.client("sqs"), account.made
    made["topic"] = sns.create_topic(
        Name="alerts", Attributes={"DisplayName": "Alerts", "KmsMasterKeyId": made["key"]}, Tags=pairs(),
    )["TopicArn"]
    sns.create_topic(Name="ordered.fifo", Attributes={"FifoTopic": "true"})
    queue = lambda name, **attributes: sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    dead = queue("dead", MessageRetentionPeriod="1209600")
    made["dead"] = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
    orders = queue(
        "orders", VisibilityTimeout="60", DelaySeconds="5", KmsMasterKeyId="alias/data",
        RedrivePolicy=json.dumps({"deadLetterTargetArn": made["dead"], "maxReceiveCount": 5}),
        Policy=document("sqs:SendMessage", Principal={"Service": "sns.amazonaws.com"}))
    sqs.tag_queue(QueueUrl=orders, Tags=TAGS)
    queue("ordered.fifo", FifoQueue="true", SqsManagedSseEnabled="true")
    sqs.send_message(QueueUrl=dead, MessageBody="hello")
    sns.subscribe(TopicArn=made["topic"], Protocol="sqs", Endpoint=made["dead"])


def apis(account):
    rest, made = account.client("apigateway"), account.made
    rest.create_rest_api(
        name="shop", description="of the shop", endpointConfiguration={"types": ["REGIONAL"]}, tags=TAGS,
        policy=document("execute-api:Invoke", Principal="*"), disableExecuteApiEndpoint=True)
    client = account.client("apigatewayv2")
    http = client.create_api(
        Name="events", ProtocolType="HTTP", Description="of events", Tags=TAGS,
        CorsConfiguration={"AllowOrigins": ["https://kumo.example"]})["ApiId"]
    integration = client.create_integration(
        ApiId=http, IntegrationType="HTTP_PROXY", IntegrationMethod="GET", IntegrationUri="https://kumo.example",
        PayloadFormatVersion="1.0")["IntegrationId"]
    client.create_stage(
        ApiId=http, StageName="prod", AutoDeploy=True, StageVariables={"COLOUR": "blue"}, Tags=TAGS,
        AccessLogSettings={"DestinationArn": made["log_group"], "Format": "$context.requestId"},
        DefaultRouteSettings={"LoggingLevel": "ERROR"})
    authorizer = client.create_authorizer(
        ApiId=http, AuthorizerType="JWT", Name="people", IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Audience": ["shop"], "Issuer": "https://kumo.example"})["AuthorizerId"]
    client.create_route(
        ApiId=http, RouteKey="GET /events", Target=f"integrations/{integration}", AuthorizationType="JWT",
        AuthorizerId=authorizer)
    sockets = client.create_api(
        Name="sockets", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action",
        DisableExecuteApiEndpoint=True)["ApiId"]
    client.create_route(ApiId=sockets, RouteKey="$default", ApiKeyRequired=True)


def distributions(account):
    client, made = account.client("cloudfront"), account.made
    forwarded = {"QueryString": False, "Cookies": {"Forward": "none"}}
    origin = lambda id, domain, **more: {"Id": id, "DomainName": domain, "OriginPath": "", **more}
    behavior = lambda target, **more: {
        "TargetOriginId": target, "ViewerProtocolPolicy": "redirect-to-https", "MinTTL": 0,
        "ForwardedValues": forwarded, "TrustedSigners": {"Enabled": False, "Quantity": 0}, **more}
    config = {
        "CallerReference": "shop", "Comment": "the shop", "Enabled": True, "PriceClass": "PriceClass_100",
        "DefaultRootObject": "index.html", "HttpVersion": "http2",
        "Aliases": {"Quantity": 2, "Items": ["www.kumo.example", "kumo.example"]},
        "WebACLId": f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/shop/1",
        "Logging": {"Enabled": True, "IncludeCookies": False, "Bucket": "kumo-logs.s3.amazonaws.com", "Prefix": ""},
        "Origins": {"Quantity": 2, "Items": [
            origin("assets", "kumo-assets.s3.us-east-1.amazonaws.com", OriginAccessControlId="E1",
                   S3OriginConfig={"OriginAccessIdentity": ""}),
            origin("web", "www.kumo.example", CustomOriginConfig={
                "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only",
                "OriginSslProtocols": {"Quantity": 2, "Items": ["TLSv1.2", "TLSv1.1"]}}),
        ]},
        "OriginGroups": {"Quantity": 1, "Items": [{
            "Id": "either", "FailoverCriteria": {"StatusCodes": {"Quantity": 1, "Items": [503]}},
            "Members": {"Quantity": 2, "Items": [{"OriginId": "assets"}, {"OriginId": "web"}]}}]},
        "DefaultCacheBehavior": behavior("assets", Compress=True),
        "CacheBehaviors": {"Quantity": 1, "Items": [behavior(
            "web", PathPattern="/api/*", LambdaFunctionAssociations={"Quantity": 1, "Items": [{
                "LambdaFunctionARN": made["function"] + ":1", "EventType": "viewer-request"}]})]},
        "ViewerCertificate": {
            "ACMCertificateArn": made["certificate"], "SSLSupportMethod": "sni-only",
            "MinimumProtocolVersion": "TLSv1.2_2021"},
    }
    shop = client.create_distribution_with_tags(DistributionConfigWithTags={
        "DistributionConfig": config, "Tags": {"Items": pairs()}})["Distribution"]["ARN"]
    client.create_distribution(DistributionConfig={
        "CallerReference": "plain", "Comment": "", "Enabled": False,
        "Origins": {"Quantity": 1, "Items": [origin("web", "old.example", CustomOriginConfig={
            "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only",
            "OriginSslProtocols": {"Quantity": 1, "Items": ["SSLv3"]}})]},
        "DefaultCacheBehavior": behavior("web", ViewerProtocolPolicy="allow-all"),
    })
    logs = account.client("logs")
    logs.put_delivery_source(name="shop", resourceArn=shop, logType="ACCESS_LOGS")
    destination = logs.put_delivery_destination(
        name="logs", deliveryDestinationConfiguration={"destinationResourceArn": "arn:aws:s3:::kumo-logs"}
    )["deliveryDestination"]["arn"]
    logs.create_delivery(deliverySourceName="shop", deliveryDestinationArn=destination)


def containers(account):
    made = account.made
    ecr = account.client("ecr")
    ecr.create_repository(
        repositoryName="shop/web", imageTagMutability="IMMUTABLE", tags=pairs(),
        imageScanningConfiguration={"scanOnPush": True},
        encryptionConfiguration={"encryptionType": "KMS", "kmsKey": made["key"]})
    ecr.put_lifecycle_policy(repositoryName="shop/web", lifecyclePolicyText=json.dumps({"rules": [{
        "rulePriority": 1, "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan",
                                         "countNumber": 5}, "action": {"type": "expire"}}]}))
    ecr.set_repository_policy(repositoryName="shop/web", policyText=json.dumps({
        "Version": "2012-10-17", "Statement": [{
            "Sid": "pull", "Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}]}))
    ecr.create_repository(repositoryName="scratch")
    ecr.put_registry_scanning_configuration(scanType="ENHANCED", rules=[{
        "scanFrequency": "CONTINUOUS_SCAN",
        "repositoryFilters": [{"filter": "shop/*", "filterType": "WILDCARD"}]}])

    ecs = account.client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.create_cluster(clusterName="empty")
    web = ecs.register_task_definition(
        family="web", networkMode="awsvpc", cpu="512", memory="1024", requiresCompatibilities=["FARGATE"],
        taskRoleArn=made["role"], executionRoleArn=made["role"], pidMode="task", tags=pairs("key", "value"),
        runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        containerDefinitions=[
            {
                "name": "web", "image": "shop/web:1", "essential": True, "user": "1000", "privileged": False,
                "readonlyRootFilesystem": True, "memory": 512,
                "environment": [{"name": "STAGE", "value": "prod"}, {"name": "COLOUR", "value": "blue"}],
                "secrets": [{"name": "PASSWORD", "valueFrom": "arn:aws:ssm:::parameter/x"}],
                "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/shop/web"}},
            },
            {"name": "side", "image": "side:1", "memory": 128},
        ],
    )["taskDefinition"]["taskDefinitionArn"]
    ecs.register_task_definition(
        family="batch", networkMode="host", containerDefinitions=[
            {"name": "batch", "image": "batch", "privileged": True, "memory": 64}])
    ecs.create_service(cluster="shop", serviceName="web", taskDefinition=web, desiredCount=2)
    ecs.create_service(cluster="shop", serviceName="batch", taskDefinition="batch", desiredCount=0)

    eks = account.client("eks")
    eks.create_cluster(
        name="shop", version="1.31", roleArn=made["role"], tags=TAGS,
        resourcesVpcConfig={
            "subnetIds": made["subnets"][:2], "securityGroupIds": [made["web"]],
            "endpointPublicAccess": True, "endpointPrivateAccess": True,
            "publicAccessCidrs": ["203.0.113.0/24"]},
        logging={"clusterLogging": [{"types": ["api", "audit"], "enabled": True},
                                    {"types": ["scheduler"], "enabled": False}]},
        encryptionConfig=[{"resources": ["secrets"], "provider": {"keyArn": made["key"]}}],
        accessConfig={"authenticationMode": "API"}, upgradePolicy={"supportType": "STANDARD"},
        deletionProtection=True)


def stacks(account):
    template = {"Resources": {
        "Data": {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": REGION + "a", "Size": 10}},
        "Entry": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "of-a-stack"}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": json.loads(
            document("sts:AssumeRole", resource=None, Principal={"Service": "ec2.amazonaws.com"}))}},
    }}
    del template["Resources"]["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Resource"]
    account.client("cloudformation").create_stack(
        StackName="shop", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
