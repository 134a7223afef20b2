"""EC2: instances and what they are made of, launch templates, Auto Scaling."""

import base64

from .account import REGION, on, pairs

IMAGE = "ami-0c101f26f147fa7fd"
USER_DATA = base64.b64encode(b"#!/bin/sh\necho hello\n").decode()


def seed(account):
    ec2, made = account.client("ec2"), account.made
    ec2.create_key_pair(KeyName="ops")
    launch = lambda name, **more: ec2.run_instances(
        ImageId=IMAGE, MinCount=1, MaxCount=1, TagSpecifications=on("instance", name) + on("volume", name), **more
    )["Instances"][0]["InstanceId"]
    profile = made["profile"]
    first = launch(
        "web-1", InstanceType="m5.large", SubnetId=made["subnets"][0], KeyName="ops", EbsOptimized=True,
        SecurityGroupIds=[made["web"]], IamInstanceProfile={"Arn": profile}, UserData="echo",
        MetadataOptions={"HttpTokens": "required", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 2},
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": True}},
            {"DeviceName": "/dev/xvdb", "Ebs": {"VolumeSize": 100, "DeleteOnTermination": False}},
        ],
    )
    second = launch("web-2", InstanceType="t3.micro", SubnetId=made["subnets"][1], Placement={"Tenancy": "dedicated"})
    stopped = launch("old", InstanceType="t2.small", SubnetId=made["subnets"][1])
    gone = launch("gone", InstanceType="t2.nano", SubnetId=made["subnets"][1])
    ec2.stop_instances(InstanceIds=[stopped])
    ec2.terminate_instances(InstanceIds=[gone])
    ec2.associate_address(AllocationId=made["entry"], InstanceId=first)
    made["servers"] = [first, second]

    volume = lambda **more: ec2.create_volume(AvailabilityZone=REGION + "a", **more)["VolumeId"]
    data = volume(
        Size=500, VolumeType="io1", Iops=3000, Encrypted=True, KmsKeyId=made["key"],
        TagSpecifications=on("volume", "data"),
    )
    made["volume"] = volume(Size=80, VolumeType="gp3", Iops=4000, Throughput=250)
    kept = ec2.create_snapshot(VolumeId=data)["SnapshotId"]
    volume(Size=500, SnapshotId=kept)
    image = ec2.create_image(InstanceId=first, Name="golden")["ImageId"]
    ec2.enable_ebs_encryption_by_default()
    made.update(image=image, snapshot=kept)
    templates(ec2, made)


def templates(ec2, made):
    template = ec2.create_launch_template(
        LaunchTemplateName="web", TagSpecifications=on("launch-template", "web"),
        LaunchTemplateData={
            "ImageId": made["image"], "InstanceType": "m5.large", "KeyName": "ops", "EbsOptimized": True,
            "SecurityGroupIds": [made["web"]], "IamInstanceProfile": {"Arn": made["profile"]},
            "Monitoring": {"Enabled": True}, "UserData": USER_DATA,
            "Placement": {"Tenancy": "dedicated"},
            "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 2},
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {
                "VolumeSize": 30, "VolumeType": "gp3", "Iops": 3500, "Throughput": 200, "Encrypted": True,
                "SnapshotId": made["snapshot"], "DeleteOnTermination": True,
            }}],
        },
    )["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData={
        "ImageId": "resolve:ssm:/images/web",
        "InstanceRequirements": {"VCpuCount": {"Min": 2, "Max": 4}, "MemoryMiB": {"Min": 4096}},
        "InstanceMarketOptions": {"MarketType": "spot"},
        "NetworkInterfaces": [{
            "DeviceIndex": 0, "SubnetId": made["subnets"][0], "Groups": [made["data"]],
            "AssociatePublicIpAddress": True,
        }],
    })
    made["template"] = template
    made["plain"] = ec2.create_launch_template(
        LaunchTemplateName="plain", LaunchTemplateData={"ImageId": made["image"], "InstanceType": "t3.small"},
    )["LaunchTemplate"]["LaunchTemplateId"]


def scaling(account):
    client, made = account.client("autoscaling"), account.made
    client.create_launch_configuration(
        LaunchConfigurationName="old", ImageId=IMAGE, InstanceType="t2.micro", KeyName="ops",
        SecurityGroups=[made["web"]], IamInstanceProfile=made["profile"], SpotPrice="0.01", EbsOptimized=True,
        InstanceMonitoring={"Enabled": True}, AssociatePublicIpAddress=True, PlacementTenancy="dedicated",
        UserData=USER_DATA,
        MetadataOptions={"HttpTokens": "optional", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1},
        BlockDeviceMappings=[{"DeviceName": "/dev/xvdb", "Ebs": {
            "VolumeSize": 40, "VolumeType": "gp2", "Encrypted": True, "DeleteOnTermination": False,
            "SnapshotId": made["snapshot"],
        }}],
    )
    client.create_auto_scaling_group(
        AutoScalingGroupName="old", LaunchConfigurationName="old", MinSize=0, MaxSize=1, DesiredCapacity=0,
        AvailabilityZones=[REGION + "a"], LoadBalancerNames=["old"], HealthCheckType="ELB",
        NewInstancesProtectedFromScaleIn=True,
    )
    client.create_auto_scaling_group(
        AutoScalingGroupName="web", MinSize=1, MaxSize=4, DesiredCapacity=2, CapacityRebalance=True,
        VPCZoneIdentifier=",".join(made["subnets"][:2]), TargetGroupARNs=[made["target_group"]],
        MixedInstancesPolicy={
            "LaunchTemplate": {
                "LaunchTemplateSpecification": {"LaunchTemplateId": made["plain"], "Version": "$Latest"},
                "Overrides": [{"InstanceType": "t3.small"}, {"InstanceType": "t3.medium"}],
            },
            "InstancesDistribution": {
                "OnDemandBaseCapacity": 1, "OnDemandPercentageAboveBaseCapacity": 25,
                "SpotAllocationStrategy": "price-capacity-optimized",
            },
        },
        Tags=[{"ResourceId": "web", "ResourceType": "auto-scaling-group", "PropagateAtLaunch": True, **pair}
              for pair in pairs()],
    )
    client.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["AZRebalance", "ReplaceUnhealthy"])
    client.create_auto_scaling_group(
        AutoScalingGroupName="plain", MinSize=0, MaxSize=1, VPCZoneIdentifier=made["subnets"][2],
        LaunchTemplate={"LaunchTemplateId": made["plain"], "Version": "1"},
    )
