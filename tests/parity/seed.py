"""Fills the emulators with an account of about 3,000 objects.

    AWS_ENDPOINT_URL=… AWS_ENDPOINT_URL_EC2=… python seed.py

Everything that discovery reads is there, in the proportions of a company with some hundred servers.
"""

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import boto3

REGION = boto3.Session().region_name or "us-east-1"
INSTANCES, UNATTACHED, SNAPSHOTS, ADDRESSES = 500, 150, 300, 60
VPCS, SUBNETS_PER_VPC, GROUPS_PER_VPC = 8, 12, 40
BUCKETS, FUNCTIONS, DATABASES = 250, 30, 40
ROLES, USERS, POLICIES = 400, 150, 100
STACKS = 10
METRIC_HOURS = 48

ZONES = [REGION + zone for zone in "abc"]
TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
})


def document(number):
    return json.dumps({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": f"arn:aws:s3:::kumo-{number:03}/*"}
        ],
    })


def tags(name, number):
    return [
        {"Key": "Name", "Value": f"{name}-{number:03}"},
        {"Key": "team", "Value": ["shop", "data", "platform"][number % 3]},
        {"Key": "env", "Value": ["prod", "staging"][number % 2]},
    ]


def specification(kind, name, number):
    return [{"ResourceType": kind, "Tags": tags(name, number)}]


def network(ec2):
    subnets, groups = [], []
    for v in range(VPCS):
        vpc = ec2.create_vpc(CidrBlock=f"10.{v + 1}.0.0/16", TagSpecifications=specification("vpc", "net", v))
        vpc = vpc["Vpc"]["VpcId"]
        for s in range(SUBNETS_PER_VPC):
            subnet = ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.{v + 1}.{s}.0/24", AvailabilityZone=ZONES[s % 3],
                TagSpecifications=specification("subnet", f"net-{v}", s),
            )
            subnets.append((v, subnet["Subnet"]["SubnetId"], ZONES[s % 3]))
        own = []
        for g in range(GROUPS_PER_VPC):
            group = ec2.create_security_group(
                VpcId=vpc, GroupName=f"group-{v}-{g}", Description="of a service",
                TagSpecifications=specification("security-group", f"group-{v}", g),
            )["GroupId"]
            port = 8000 + g
            ranges = [{"CidrIp": f"10.{v + 1}.{s}.0/24", "Description": "inside"} for s in range(3)]
            permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}
            ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
            own.append(group)
        groups.append(own)
    return subnets, groups


def machines(ec2):
    subnets, groups = network(ec2)
    image = "ami-0c101f26f147fa7fd"
    ids, per_call = [], 10
    for number in range(0, INSTANCES, per_call):
        v, subnet, _ = subnets[number // per_call % len(subnets)]
        answer = ec2.run_instances(
            ImageId=image, MinCount=per_call, MaxCount=per_call, SubnetId=subnet,
            InstanceType=["m5.large", "t3.medium", "c5.xlarge", "r5.large"][number // per_call % 4],
            SecurityGroupIds=groups[v][number % 30:number % 30 + 2],
            TagSpecifications=specification("instance", "server", number)
            + specification("volume", "server", number),
        )
        ids += [instance["InstanceId"] for instance in answer["Instances"]]
    ec2.stop_instances(InstanceIds=ids[::25])
    volumes = [
        ec2.create_volume(
            AvailabilityZone=ZONES[n % 3], Size=20 + n, VolumeType=["gp2", "gp3"][n % 2],
            TagSpecifications=specification("volume", "data", n),
        )["VolumeId"]
        for n in range(UNATTACHED)
    ]
    for n in range(SNAPSHOTS):
        snapshot = ec2.create_snapshot(
            VolumeId=volumes[n % len(volumes)], Description=f"before release {n}",
            TagSpecifications=specification("snapshot", "backup", n),
        )["SnapshotId"]
        if n % 100 == 0:
            ec2.modify_snapshot_attribute(
                SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add",
                GroupNames=["all"],
            )
    for n in range(ADDRESSES):
        address = ec2.allocate_address(
            Domain="vpc", TagSpecifications=specification("elastic-ip", "entry", n)
        )
        if n % 3:
            ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=ids[n])
    return ids


def metrics(cloudwatch, ids):
    now = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    data = [
        {
            "MetricName": "CPUUtilization",
            "Dimensions": [{"Name": "InstanceId", "Value": instance}],
            "Timestamp": now - timedelta(hours=hour),
            "Value": float((n * 7 + hour * 13) % 90),
        }
        for n, instance in enumerate(ids)
        for hour in range(1, METRIC_HOURS + 1)
    ]
    for begin in range(0, len(data), 1000):
        cloudwatch.put_metric_data(Namespace="AWS/EC2", MetricData=data[begin:begin + 1000])


def bucket(s3, n):
    name = f"kumo-{n:03}"
    where = {} if REGION == "us-east-1" else {"LocationConstraint": REGION}
    s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": where} if where else {}))
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags("kumo", n)})
    if n % 2:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={
            "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": n % 4 == 1,
            "RestrictPublicBuckets": True,
        })
    if n % 3 == 0:
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [{
            "ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"},
            "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}], "Expiration": {"Days": 365},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }]})
    if n % 5 == 0:
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{name}/*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }],
        }))


def function(client, n):
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context):\n    return event\n")
    created = client.create_function(
        FunctionName=f"job-{n:03}", Runtime=["python3.12", "nodejs20.x"][n % 2], Handler="main.handler",
        Role="arn:aws:iam::123456789012:role/service/role-000", Code={"ZipFile": code.getvalue()},
        MemorySize=128 * (1 + n % 8), Timeout=30, Tags={tag["Key"]: tag["Value"] for tag in tags("job", n)},
        Environment={"Variables": {"STAGE": "prod", "TOKEN": "secret"}},
    )
    if n % 4 == 0:
        client.add_permission(
            FunctionName=created["FunctionName"], StatementId="events", Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
        )


def database(rds, n):
    rds.create_db_instance(
        DBInstanceIdentifier=f"store-{n:03}", DBInstanceClass=["db.t3.medium", "db.r5.large"][n % 2],
        Engine=["mysql", "postgres"][n % 2], AllocatedStorage=20 + n, MasterUsername="root",
        MasterUserPassword="not-a-secret", MultiAZ=n % 4 == 0, StorageType=["gp2", "gp3"][n % 2],
        Tags=tags("store", n),
    )


def people(iam):
    iam.update_account_password_policy(MinimumPasswordLength=14, RequireNumbers=True)
    arns = [
        iam.create_policy(PolicyName=f"access-{n:03}", PolicyDocument=document(n))["Policy"]["Arn"]
        for n in range(POLICIES)
    ]
    for n in range(ROLES):
        name = f"role-{n:03}"
        iam.create_role(
            RoleName=name, Path="/service/", AssumeRolePolicyDocument=TRUST, Tags=tags("role", n)
        )
        iam.attach_role_policy(RoleName=name, PolicyArn=arns[n % len(arns)])
        if n % 3 == 0:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(n))
    for n in range(USERS):
        iam.create_user(UserName=f"user-{n:03}", Tags=tags("user", n))
        iam.attach_user_policy(UserName=f"user-{n:03}", PolicyArn=arns[n % len(arns)])


def stacks(cloudformation):
    for n in range(STACKS):
        template = {"Resources": {
            f"Parameter{p}": {
                "Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": str(p)},
            }
            for p in range(5)
        }}
        cloudformation.create_stack(StackName=f"stack-{n}", TemplateBody=json.dumps(template))


def main():
    session = boto3.Session(region_name=REGION)
    names = ["ec2", "s3", "lambda", "rds", "iam", "cloudformation", "cloudwatch"]
    client = {name: session.client(name) for name in names}
    with ThreadPoolExecutor(4) as pool:
        works = [
            pool.submit(lambda: metrics(client["cloudwatch"], machines(client["ec2"]))),
            pool.submit(people, client["iam"]),
            pool.submit(stacks, client["cloudformation"]),
        ]
        works += [pool.submit(bucket, client["s3"], n) for n in range(BUCKETS)]
        works += [pool.submit(function, client["lambda"], n) for n in range(FUNCTIONS)]
        works += [pool.submit(database, client["rds"], n) for n in range(DATABASES)]
        for work in works:
            work.result()


if __name__ == "__main__":
    main()
