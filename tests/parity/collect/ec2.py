"""EC2 and EBS: machines, volumes, snapshots, images, defaults."""

import re

from . import metrics
from .account import Unknown, attempt
from .shape import Place, arns, known, tags, time, unique, when_known

INSTANCE_METRICS = [
    ("AWS/EC2", name)
    for name in ("CPUUtilization", "NetworkIn", "NetworkOut", "EBSReadOps", "EBSWriteOps", "EBSReadBytes",
                 "EBSWriteBytes")
]
MEMORY = {False: "mem_used_percent", True: "Memory % Committed Bytes In Use"}
AGENTS = {"AutoScalingGroupName", "ImageId", "InstanceId", "InstanceType", "objectname"}
STOPPED = re.compile(r"\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)( GMT| UTC)?\)$")


def collect(account):
    ec2 = account.client("ec2")
    own = {"OwnerIds": ["self"]}
    reservations, volumes, snapshots, images = (
        account.list("ec2", "describe_instances", "Reservations", 1000),
        account.list("ec2", "describe_volumes", "Volumes", 500),
        account.list("ec2", "describe_snapshots", "Snapshots", 1000, **own),
        account.list("ec2", "describe_images", "Images", 1000, Owners=["self"], IncludeDisabled=True),
    )
    place = Place(account)
    instances = [i for r in reservations for i in r["Instances"] if i["State"]["Name"] != "terminated"]
    machines = [instance(place, i) for i in instances]
    memory = memory_of(account, machines)
    found = metrics.fill(
        account, machines,
        lambda resource: [(n, m, [("InstanceId", resource["id"])]) for n, m in INSTANCE_METRICS]
        + memory.get(resource["id"], []),
    )
    found += metrics.fill(
        account, [volume(place, v) for v in volumes],
        metrics.of("AWS/EBS", "VolumeId", "VolumeReadOps", "VolumeWriteOps", "VolumeReadBytes",
                   "VolumeWriteBytes"),
    )
    found += [image(place, i) for i in images]
    public = public_snapshots(account, ec2, snapshots)
    uses = {}
    for i in images:
        for id in snapshots_of(i):
            uses.setdefault(id, set()).add(i["ImageId"])
    found += [snapshot(place, s, uses, public) for s in snapshots]
    return found + defaults(account, ec2, place)


def memory_of(account, machines):
    """The agent's metric of each machine that reports one, by the fewest dimensions of its present type."""
    found = {}
    for windows, name in MEMORY.items():
        mine = [m for m in machines if m["config"]["platform"].startswith("Windows") == windows]
        if not mine:
            continue
        listed = account.list("cloudwatch", "list_metrics", "Metrics", Namespace="CWAgent", MetricName=name)
        reported = [{d["Name"]: d["Value"] for d in metric["Dimensions"]} for metric in listed]
        for machine in mine:
            type = machine["config"]["instance_type"]
            own = [r for r in reported if r.get("InstanceId") == machine["id"] and set(r) <= AGENTS]
            if own:
                rank = lambda r: (r.get("InstanceType", type) != type, len(r), sorted(r.items()))
                found[machine["id"]] = [("CWAgent", name, sorted(min(own, key=rank).items()))]
    return found


def instance(place, i):
    placement, metadata = i.get("Placement", {}), i.get("MetadataOptions", {})
    volumes = [m["Ebs"]["VolumeId"] for m in i.get("BlockDeviceMappings", []) if "Ebs" in m]
    groups = [group["GroupId"] for group in i.get("SecurityGroups", [])]
    interfaces = [n["NetworkInterfaceId"] for n in i.get("NetworkInterfaces", [])]
    found = tags(i.get("Tags"))
    windows = i.get("Platform", "").lower() == "windows"
    stopped = i["State"]["Name"] == "stopped" and STOPPED.search(i.get("StateTransitionReason", ""))
    profile = i.get("IamInstanceProfile", {}).get("Arn")
    config = {
        "instance_type": i["InstanceType"],
        "state": i["State"]["Name"],
        "stopped_at": f"{stopped[1]}T{stopped[2]}Z" if stopped else None,
        "launched_at": time(i.get("LaunchTime")),
        "architecture": i.get("Architecture", ""),
        "platform": i.get("PlatformDetails") or ("Windows" if windows else "Linux/UNIX"),
        "image_id": i.get("ImageId") or None,
        "lifecycle": i.get("InstanceLifecycle", "on-demand"),
        "tenancy": placement.get("Tenancy", "default"),
        "availability_zone": placement.get("AvailabilityZone", ""),
        "vpc_id": i.get("VpcId") or None,
        "subnet_id": i.get("SubnetId") or None,
        "security_group_ids": unique(groups),
        "volume_ids": unique(volumes),
        "root_device_name": i.get("RootDeviceName") or None,
        "private_ip": i.get("PrivateIpAddress") or None,
        "public_ip": i.get("PublicIpAddress") or None,
        "key_name": i.get("KeyName") or None,
        "instance_profile_arn": profile or None,
        "imds_http_tokens": metadata.get("HttpTokens"),
        "imds_http_endpoint": metadata.get("HttpEndpoint"),
        "ebs_optimized": i.get("EbsOptimized", False),
        "virtualization_type": i.get("VirtualizationType") or None,
        "auto_scaling_group": found.get("aws:autoscaling:groupName"),
    }
    id = i["InstanceId"]
    attached = [m["Ebs"]["AttachTime"] for m in i.get("BlockDeviceMappings", []) if "Ebs" in m]
    return place.resource(
        "AWS::EC2::Instance", place.arn("ec2", f"instance/{id}"), id, config, found,
        created_at=min([i["LaunchTime"], *attached]),
        depends_on=place.ec2("volume", volumes) + place.ec2("security-group", groups)
        + place.ec2("subnet", [i.get("SubnetId")]) + place.ec2("vpc", [i.get("VpcId")])
        + place.ec2("network-interface", interfaces) + place.ec2("image", [i.get("ImageId")])
        + place.ec2("capacity-reservation", [i.get("CapacityReservationId")]) + arns(profile),
    )


def volume(place, v):
    attachments = [
        {
            "instance_id": a["InstanceId"],
            "device": a.get("Device", ""),
            "delete_on_termination": a.get("DeleteOnTermination", False),
        }
        for a in v.get("Attachments", []) if a.get("InstanceId")
    ]
    config = {
        "volume_type": v["VolumeType"],
        "size_gib": v["Size"],
        "iops": v.get("Iops"),
        "throughput_mibps": v.get("Throughput"),
        "state": v["State"],
        "encrypted": v.get("Encrypted", False),
        "kms_key_id": v.get("KmsKeyId") or None,
        "snapshot_id": v.get("SnapshotId") or None,
        "availability_zone": v["AvailabilityZone"],
        "attached_to": sorted(attachments, key=lambda a: (a["instance_id"], a["device"])),
    }
    id = v["VolumeId"]
    return place.resource(
        "AWS::EC2::Volume", place.arn("ec2", f"volume/{id}"), id, config, tags(v.get("Tags")),
        created_at=v.get("CreateTime"), depends_on=place.keys(v.get("KmsKeyId")),
    )


def public_snapshots(account, ec2, snapshots):
    """Whether snapshots are public, by id, as far as that can be read."""
    if not snapshots:
        return {}
    work = lambda: account.pages(
        "ec2", "describe_snapshots", "Snapshots", 1000, OwnerIds=["self"], RestorableByUserIds=["all"]
    )
    shared = account.run(lambda: attempt(work))
    if isinstance(shared, Unknown):
        return {}

    def is_public(id):
        answer = ec2.describe_snapshot_attribute(SnapshotId=id, Attribute="createVolumePermission")
        return any(permission.get("Group") == "all" for permission in answer["CreateVolumePermissions"])

    shared = unique(snapshot["SnapshotId"] for snapshot in shared)
    public = {snapshot["SnapshotId"]: False for snapshot in snapshots if snapshot["SnapshotId"] not in shared}
    answers = account.each(lambda id: attempt(lambda: is_public(id)), shared)
    return public | {id: answer for id, answer in zip(shared, answers) if not isinstance(answer, Unknown)}


def snapshot(place, s, uses, public):
    id, volume = s["SnapshotId"], s.get("VolumeId")
    config = {
        "volume_id": volume if volume and volume != "vol-ffffffff" else None,
        "volume_size_gib": s["VolumeSize"],
        "state": s["State"],
        "encrypted": s.get("Encrypted", False),
        "storage_tier": s.get("StorageTier", "standard"),
        "description": s.get("Description") or None,
        "image_ids": unique(uses.get(id, ())),
        "public": public.get(id),
        "kms_key_id": s.get("KmsKeyId") or None,
    }
    return place.resource(
        "AWS::EC2::Snapshot", place.unowned_arn("ec2", f"snapshot/{id}"), id, config, tags(s.get("Tags")),
        created_at=s.get("StartTime"), depends_on=place.keys(s.get("KmsKeyId")),
    )


def snapshots_of(image):
    mappings = image.get("BlockDeviceMappings", [])
    return unique(id for m in mappings if (id := m.get("Ebs", {}).get("SnapshotId")))


def image(place, i):
    id, found = i["ImageId"], tags(i.get("Tags"))
    config = {
        "image_name": i.get("Name", ""),
        "description": i.get("Description") or None,
        "state": i.get("State", ""),
        "architecture": i.get("Architecture", ""),
        "platform": i.get("PlatformDetails", "Linux/UNIX"),
        "root_device_type": i.get("RootDeviceType", ""),
        "public": i.get("Public", False),
        "snapshot_ids": snapshots_of(i),
        "last_launched_at": time(i.get("LastLaunchedTime")),
        "deprecated_at": time(i.get("DeprecationTime")),
        "deregistration_protection": i.get("DeregistrationProtection", "").startswith("enabled"),
        "imds_support": i.get("ImdsSupport") or None,
    }
    return place.resource(
        "AWS::EC2::Image", place.unowned_arn("ec2", f"image/{id}"), id, config, found,
        name=found.get("Name") or i.get("Name"), created_at=i.get("CreationDate"),
        depends_on=place.ec2("snapshot", config["snapshot_ids"]),
    )


def defaults(account, ec2, place):
    encrypted, snapshots, metadata, block = account.all(
        lambda: attempt(lambda: ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]),
        lambda: attempt(lambda: ec2.get_snapshot_block_public_access_state().get("State", "")),
        lambda: attempt(lambda: ec2.get_instance_metadata_defaults().get("AccountLevel", {})),
        lambda: attempt(lambda: ec2.describe_vpc_block_public_access_options()["VpcBlockPublicAccessOptions"]),
    )
    if isinstance(encrypted, Unknown):
        return []

    def imds(told):
        chosen = lambda value: value if value and value != "no-preference" else None
        hops = told.get("HttpPutResponseHopLimit", 0)
        return {
            "http_tokens": chosen(told.get("HttpTokens")),
            "http_endpoint": chosen(told.get("HttpEndpoint")),
            "http_put_response_hop_limit": hops if hops > 0 else None,
            "instance_metadata_tags": chosen(told.get("InstanceMetadataTags")),
        }

    config = {
        "ebs_encryption_by_default": encrypted,
        "snapshot_public_access": known(snapshots),
        "imds": known(when_known(metadata, imds)),
        "internet_gateway_block": known(when_known(
            block, lambda options: options.get("InternetGatewayBlockMode", "off"))),
    }
    arn = place.arn("ec2", "region-defaults")
    return [place.resource("Miyabi::EC2::RegionDefaults", arn, place.region, config)]
