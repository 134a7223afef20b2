"""Lambda, queues, topics, secrets, containers, APIs, CloudFront."""

import io
import json
import zipfile

from .account import ACCOUNT, OTHER, REGION, bit, policy, statement, tags

CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/one"


def functions(account):
    client, made = account.client("lambda"), account.made
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context):\n    return event\n")
    runtimes = ["python3.13", "nodejs22.x", "python3.8", "nodejs16.x", "python3.12", "go1.x"]
    subnets = [subnet for v, subnet in made["subnets"] if v == 0]
    for n in range(18):
        inside = {"VpcConfig": {"SubnetIds": subnets[:1 + n % 2], "SecurityGroupIds": [made["groups"][0][1]]}}
        name = client.create_function(
            FunctionName=f"job-{n:02}", Runtime=runtimes[n % 6], Handler="main.handler", Role=made["role"],
            Code={"ZipFile": code.getvalue()}, MemorySize=128 * (1 + n % 4), Timeout=30,
            Architectures=[["x86_64", "arm64"][bit(n, 0)]], **(inside if n % 3 == 0 else {}))["FunctionName"]
        permit = lambda principal, **more: client.add_permission(
            FunctionName=name, StatementId="may", Action="lambda:InvokeFunction", Principal=principal, **more)
        match n % 6:
            case 1:
                permit("*")
            case 2:
                permit("events.amazonaws.com", SourceArn=f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly")
            case 3:
                permit(OTHER)
            case 4:
                permit("s3.amazonaws.com", SourceArn="arn:aws:s3:::company-00", SourceAccount=ACCOUNT)


def messages(account):
    sns, sqs, made = account.client("sns"), account.client("sqs"), account.made
    anyone = {"AWS": "*"}
    conditions = [None, {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
                  {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:*"}}]
    for n in range(9):
        condition = conditions[n % 3]
        more = {"Condition": condition} if condition else {}
        name = f"topic-{n}"
        arn = sns.create_topic(
            Name=name, Tags=tags("topic", n),
            Attributes={"KmsMasterKeyId": made["keys"][0]} if bit(n, 0) else {})["TopicArn"]
        principal = anyone if n < 6 else {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy(
            statement("sns:Publish", Principal=principal, resource=arn, **more)))
        made.setdefault("topics", []).append(arn)
    for n in range(12):
        condition = conditions[n % 3]
        more = {"Condition": condition} if condition else {}
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue-{n:02}"
        attributes = [{}, {"SqsManagedSseEnabled": "false"}, {"KmsMasterKeyId": "alias/aws/sqs"}][n // 4]
        if n % 2:
            attributes = {**attributes, "Policy": policy(
                statement("sqs:SendMessage", Principal=anyone if n < 8 else {"Service": "sns.amazonaws.com"},
                          resource=arn, **more))}
        sqs.create_queue(QueueName=f"queue-{n:02}", Attributes=attributes)


def secrets(account):
    client, made = account.client("secretsmanager"), account.made
    for n in range(8):
        client.create_secret(Name=f"secret-{n}", SecretString="not-a-secret", Tags=tags("secret", n))
        if bit(n, 0):
            client.rotate_secret(
                SecretId=f"secret-{n}", RotationLambdaARN=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:job-00",
                RotationRules={"AutomaticallyAfterDays": 30}, RotateImmediately=False)


def containers(account):
    ecr, ecs, made = account.client("ecr"), account.client("ecs"), account.made
    for n in range(8):
        name = f"team/image-{n}"
        ecr.create_repository(
            repositoryName=name, imageTagMutability=["MUTABLE", "IMMUTABLE"][bit(n, 0)],
            imageScanningConfiguration={"scanOnPush": bit(n, 1)}, tags=tags("image", n))
        if bit(n, 2):
            ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps({"rules": [{
                "rulePriority": 1, "action": {"type": "expire"}, "selection": {
                    "tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 5}}]}))
    for n in range(4):
        ecs.create_cluster(clusterName=f"cluster-{n}", settings=[
            {"name": "containerInsights", "value": ["disabled", "enabled"][bit(n, 0)]}])
    for n in range(16):
        ecs.register_task_definition(
            family=f"task-{n:02}", networkMode=["awsvpc", "host"][bit(n, 0)],
            **({"pidMode": "host"} if n % 5 == 0 else {}),
            containerDefinitions=[{
                "name": "main", "image": "team/image-0:1", "memory": 128, "essential": True,
                "privileged": bit(n, 1), "readonlyRootFilesystem": bit(n, 2),
                "environment": [{"name": ["STAGE", "AWS_ACCESS_KEY_ID"][n % 7 == 0], "value": "prod"}],
                **({"user": ["root", "1000"][bit(n, 2)]} if bit(n, 1) else {}),
                **({"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/team"}}}
                   if bit(n, 3) else {}),
            }])


def kubernetes(account):
    client, made = account.client("eks"), account.made
    subnets = [subnet for v, subnet in made["subnets"] if v == 1]
    for n in range(4):
        client.create_cluster(
            name=f"kube-{n}", version=["1.34", "1.27"][bit(n, 1)], roleArn=made["role"],
            resourcesVpcConfig={
                "subnetIds": subnets[:2], "endpointPublicAccess": n != 3, "endpointPrivateAccess": True,
                "publicAccessCidrs": ["0.0.0.0/0"] if n != 1 else ["203.0.113.0/24"]},
            logging={"clusterLogging": [{
                "types": [["audit"], ["api", "audit", "authenticator", "controllerManager", "scheduler"],
                          ["api"], ["api"]][n], "enabled": n != 3}]},
            **({"encryptionConfig": [{"resources": ["secrets"], "provider": {
                "keyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{made['keys'][0]}"}}]} if bit(n, 0) else {}))


def apis(account):
    rest, http = account.client("apigateway"), account.client("apigatewayv2")
    for n in range(4):
        api = rest.create_rest_api(name=f"api-{n}")["id"]
        root = rest.get_resources(restApiId=api)["items"][0]["id"]
        rest.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
        rest.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
        deployment = rest.create_deployment(restApiId=api)["id"]
        rest.create_stage(
            restApiId=api, stageName=f"stage-{n}", deploymentId=deployment, tracingEnabled=bit(n, 0),
            **({"cacheClusterEnabled": True, "cacheClusterSize": "0.5"} if n > 1 else {}))
        rest.update_stage(restApiId=api, stageName=f"stage-{n}", patchOperations=[
            {"op": "replace", "path": "/*/*/logging/loglevel", "value": ["OFF", "ERROR"][bit(n, 1)]}])
    for n in range(3):
        api = http.create_api(Name=f"events-{n}", ProtocolType="HTTP")["ApiId"]
        http.create_stage(
            ApiId=api, StageName=f"live-{n}", **({"AccessLogSettings": {
                "DestinationArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/network/flows",
                "Format": "$context.requestId"}} if n else {}))


def distributions(account):
    client = account.client("cloudfront")
    forwarded = {"QueryString": False, "Cookies": {"Forward": "none"}}
    for n in range(8):
        origin = {"Id": "bucket", "DomainName": f"company-{n:02}.s3.us-east-1.amazonaws.com", "OriginPath": "",
                  "S3OriginConfig": {"OriginAccessIdentity": ""}}
        if bit(n, 0):
            origin = {"Id": "web", "DomainName": "www.company.example", "OriginPath": "", "CustomOriginConfig": {
                "HTTPPort": 80, "HTTPSPort": 443,
                "OriginProtocolPolicy": ["http-only", "https-only", "match-viewer"][n % 3],
                "OriginSslProtocols": {"Quantity": 1, "Items": [["TLSv1.2", "SSLv3"][bit(n, 2)]]}}}
        client.create_distribution(DistributionConfig={
            "CallerReference": f"distribution-{n}", "Comment": "", "Enabled": True,
            "PriceClass": ["PriceClass_100", "PriceClass_All"][bit(n, 1)],
            "DefaultRootObject": ["", "index.html"][bit(n, 1)],
            "WebACLId": ["", f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/shop/1"][bit(n, 2)],
            "Logging": {
                "Enabled": bit(n, 0), "IncludeCookies": False, "Prefix": "",
                "Bucket": "company-00.s3.amazonaws.com" if bit(n, 0) else ""},
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {
                "TargetOriginId": origin["Id"], "MinTTL": 0, "ForwardedValues": forwarded, "FieldLevelEncryptionId": "",
                "ViewerProtocolPolicy": ["allow-all", "redirect-to-https", "https-only"][n % 3],
                "TrustedSigners": {"Enabled": False, "Quantity": 0}},
            "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
            "ViewerCertificate": {"CloudFrontDefaultCertificate": True} if n % 4 else {
                "CloudFrontDefaultCertificate": False, "ACMCertificateArn": CERTIFICATE,
                "Certificate": CERTIFICATE, "CertificateSource": "acm",
                "SSLSupportMethod": ["sni-only", "vip"][n // 4],
                "MinimumProtocolVersion": ["TLSv1.2_2021", "TLSv1"][n // 4]},
        })
