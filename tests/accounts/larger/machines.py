"""EC2: instances, volumes, snapshots, launch templates."""

from .account import ZONES, bit, on

INSTANCES, VOLUMES, SNAPSHOTS = 48, 48, 32
IMAGE = "ami-0c101f26f147fa7fd"


def instances(account):
    ec2, made = account.client("ec2"), account.made
    made["servers"] = []
    for n in range(INSTANCES):
        v, subnet = made["subnets"][n % len(made["subnets"])]
        groups = made["groups"][v]
        made["servers"].append(ec2.run_instances(
            ImageId=IMAGE, MinCount=1, MaxCount=1,
            InstanceType=["m5.large", "t3.medium", "c5.xlarge", "m4.large", "m7g.large"][n % 5],
            NetworkInterfaces=[{
                "DeviceIndex": 0, "SubnetId": subnet, "Groups": [groups[n // 2 % (len(groups) - 3)]],
                "AssociatePublicIpAddress": bit(n, 2),
            }],
            TagSpecifications=on("instance", "server", n) + on("volume", "server", n),
            MetadataOptions={
                "HttpTokens": ["optional", "required"][bit(n, 0)],
                "HttpEndpoint": ["enabled", "disabled"][n % 11 == 0],
            },
            BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {
                "VolumeSize": 20 + n, "VolumeType": ["gp3", "gp2", "standard"][n % 3], "Encrypted": bit(n, 1)}}],
        )["Instances"][0]["InstanceId"])
    ec2.stop_instances(InstanceIds=made["servers"][::12])
    for n, address in enumerate(made["addresses"][2:10]):
        ec2.associate_address(AllocationId=address, InstanceId=made["servers"][1 + n * 3])


def volumes(account):
    ec2, made = account.client("ec2"), account.made
    made["volumes"] = [
        ec2.create_volume(
            AvailabilityZone=ZONES[n % 3], Size=50 + n, VolumeType=["gp2", "gp3", "io1", "standard"][n % 4],
            Encrypted=bit(n, 2), TagSpecifications=on("volume", "data", n),
            **({"Iops": 1000} if n % 4 == 2 else {}),
        )["VolumeId"]
        for n in range(VOLUMES)
    ]
    for n in range(0, VOLUMES, 3):
        # A stopped instance has no room for confusion about what is busy.
        server = made["servers"][n % INSTANCES]
        ec2.attach_volume(Device=f"/dev/sd{'fghijklm'[n % 8]}", InstanceId=server, VolumeId=made["volumes"][n])
    for n in range(SNAPSHOTS):
        snapshot = ec2.create_snapshot(
            VolumeId=made["volumes"][n], Description=f"before release {n}",
            TagSpecifications=on("snapshot", "backup", n))["SnapshotId"]
        if n % 6 == 0:
            ec2.modify_snapshot_attribute(
                SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add",
                **({"GroupNames": ["all"]} if n % 12 == 0 else {"UserIds": ["210987654321"]}))


def templates(account):
    ec2, made = account.client("ec2"), account.made
    made["templates"] = []
    for n in range(8):
        template = ec2.create_launch_template(LaunchTemplateName=f"template-{n}", LaunchTemplateData={
            "ImageId": IMAGE, "InstanceType": "m5.large",
            **({"MetadataOptions": {"HttpTokens": ["optional", "required"][bit(n, 1)], "HttpEndpoint": "enabled"}}
               if bit(n, 0) else {}),
            "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": bit(n, 2)}],
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30, "Encrypted": bit(n, 0)}}],
        })["LaunchTemplate"]
        made["templates"].append(template["LaunchTemplateId"])


def scaling(account):
    client, made = account.client("autoscaling"), account.made
    for n in range(4):
        client.create_launch_configuration(
            LaunchConfigurationName=f"old-{n}", ImageId=IMAGE, InstanceType="t3.small",
            AssociatePublicIpAddress=bit(n, 0), SecurityGroups=[made["groups"][0][0]],
            MetadataOptions={"HttpTokens": ["optional", "required"][bit(n, 1)], "HttpEndpoint": "enabled"})
    for n in range(8):
        zones = ZONES[:1 + bit(n, 1)]
        made_by = (
            {"LaunchConfigurationName": f"old-{n % 4}"} if bit(n, 0)
            else {"LaunchTemplate": {"LaunchTemplateId": made["templates"][n], "Version": "$Latest"}}
        )
        client.create_auto_scaling_group(
            AutoScalingGroupName=f"group-{n}", MinSize=0, MaxSize=4, DesiredCapacity=0, AvailabilityZones=zones,
            HealthCheckType=["EC2", "ELB"][bit(n, 2)], **made_by)
