"""EFS."""

from . import metrics
from .account import Unknown
from .shape import Place, known, tags, unique, when_known


def collect(account):
    place, efs = Place(account), account.client("efs")
    systems = account.list("efs", "describe_file_systems", "FileSystems", 100)
    id = lambda system: system["FileSystemId"]
    told = account.details(
        systems,
        lifecycle=lambda s: efs.describe_lifecycle_configuration(FileSystemId=id(s))["LifecyclePolicies"],
        backups=(lambda s: efs.describe_backup_policy(FileSystemId=id(s)), "PolicyNotFound"),
        mounts=lambda s: account.pages("efs", "describe_mount_targets", "MountTargets", FileSystemId=id(s)),
    )
    found = [file_system(place, s, t) for s, t in zip(systems, told)]
    points = account.list("efs", "describe_access_points", "AccessPoints", 100)
    return [access_point(place, point) for point in points] + metrics.fill(account, found, lambda system: [
        ("AWS/EFS", "ClientConnections", [("FileSystemId", system["id"])]),
        ("AWS/EFS", "MeteredIOBytes", [("FileSystemId", system["id"])]),
        ("AWS/EFS", "StorageBytes", [("FileSystemId", system["id"]), ("StorageClass", "Total")]),
    ])


def access_point(place, p):
    id, user = p["AccessPointId"], p.get("PosixUser")
    config = {
        "file_system_id": p["FileSystemId"],
        "state": p.get("LifeCycleState", ""),
        "root_directory": p.get("RootDirectory", {}).get("Path", "/"),
        "posix_user": user and {"uid": user["Uid"], "gid": user["Gid"]},
    }
    arn = p.get("AccessPointArn") or place.arn("elasticfilesystem", f"access-point/{id}")
    return place.resource(
        "AWS::EFS::AccessPoint", arn, id, config, tags(p.get("Tags")),
        depends_on=[place.arn("elasticfilesystem", f"file-system/{p['FileSystemId']}")],
    )


def file_system(place, s, told):
    id, size = s["FileSystemId"], s.get("SizeInBytes", {})

    def lifecycle(policies):
        first = lambda key: next((p[key] for p in policies if p.get(key)), None)
        return {
            "to_infrequent_access": first("TransitionToIA"),
            "to_archive": first("TransitionToArchive"),
            "to_standard": first("TransitionToPrimaryStorageClass"),
        }

    subnets = when_known(told["mounts"], lambda mounts: unique(mount["SubnetId"] for mount in mounts))
    ids = when_known(told["mounts"], lambda mounts: {m["SubnetId"]: m["MountTargetId"] for m in mounts})
    on = lambda answer: (answer or {}).get("BackupPolicy", {}).get("Status") in ("ENABLED", "ENABLING")
    config = {
        "state": s["LifeCycleState"],
        "performance_mode": s["PerformanceMode"],
        "throughput_mode": s.get("ThroughputMode", "bursting"),
        "provisioned_mibps": s.get("ProvisionedThroughputInMibps"),
        "encrypted": s.get("Encrypted", False),
        "kms_key_id": s.get("KmsKeyId") or None,
        "availability_zone": s.get("AvailabilityZoneName") or None,
        "size_bytes": size.get("Value", 0),
        "standard_bytes": size.get("ValueInStandard"),
        "infrequent_access_bytes": size.get("ValueInIA"),
        "archive_bytes": size.get("ValueInArchive"),
        "mount_target_ids": {} if isinstance(ids, Unknown) else ids,
        "subnet_ids": known(subnets),
        "lifecycle": known(when_known(told["lifecycle"], lifecycle)),
        "automatic_backups": known(when_known(told["backups"], on)),
    }
    mounts = [] if isinstance(told["mounts"], Unknown) else told["mounts"]
    interfaces = [mount.get("NetworkInterfaceId") for mount in mounts]
    arn = s.get("FileSystemArn") or place.arn("elasticfilesystem", f"file-system/{id}")
    return place.resource(
        "AWS::EFS::FileSystem", arn, id, config, tags(s.get("Tags")), created_at=s.get("CreationTime"),
        depends_on=place.ec2("subnet", [mount["SubnetId"] for mount in mounts])
        + place.ec2("network-interface", interfaces) + place.keys(s.get("KmsKeyId")),
    )
