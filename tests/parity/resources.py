"""boto3's answers in the shape of the World: what `shared/types` writes, but for the monthly cost."""

import json
import re
from datetime import timezone
from urllib.parse import unquote

NOT_READ = {"unavailable": {"reason": "no metrics are read for this kind"}}


def known(fact):
    return {"known": fact}


def time(moment):
    """As jiff writes it: UTC, the fraction of a second only where there is one."""
    if moment is None:
        return None
    text = moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text.rstrip("0").rstrip(".") + "Z"


def tags(pairs):
    return {pair["Key"]: pair.get("Value", "") for pair in pairs or []}


def unique(items):
    return sorted(set(items))


def document(text):
    """A policy document; boto3 decodes IAM's itself."""
    return json.loads(unquote(text)) if isinstance(text, str) else text


def owner(resource, owned):
    ids = [resource["id"], resource["arn"]]
    if resource["kind"] == "AWS::EC2::EIP":
        ids.append(resource["config"]["public_ip"])
    for physical_id in ids:
        if pair := owned.get((resource["kind"], physical_id)):
            return {"by": "cloud_formation", "stack": pair[0], "logical_id": pair[1]}
    found = resource.get("tags", {})
    if stack := found.get("aws:cloudformation:stack-name"):
        logical_id = found.get("aws:cloudformation:logical-id")
        told = logical_id and resource["region"] == "aws-global"
        return {"by": "cloud_formation", "stack": stack} | ({"logical_id": logical_id} if told else {})
    plain = lambda text: re.sub("[^a-z0-9]", "", text.lower())
    for key, value in found.items():
        key, value = plain(key), plain(value)
        marks = key in ("managedby", "provisionedby", "provisioner", "createdby", "iac", "iactool")
        if marks and ("terraform" in value or "opentofu" in value):
            return {"by": "terraform"}
        if key == "terraform" and value in ("true", "yes", "1"):
            return {"by": "terraform"}
    return {"by": "none"}


def finding(found):
    compliance = found.get("Compliance", {})
    control = compliance.get("SecurityControlId") or found.get("GeneratorId", "").rsplit("/", 1)[-1]
    return {
        "id": found["Id"],
        "title": found["Title"],
        "control": control,
        "compliance": compliance.get("Status"),
        "severity": found.get("Severity", {}).get("Label"),
        "workflow": found.get("Workflow", {}).get("Status"),
        "resources": unique(r["Id"] for r in found["Resources"]),
    }


def rules(permissions):
    """One rule per peer: AWS groups peers by protocol and ports."""
    peers = [
        ("IpRanges", "CidrIp", "cidr"),
        ("Ipv6Ranges", "CidrIpv6", "cidr_v6"),
        ("UserIdGroupPairs", "GroupId", "group"),
        ("PrefixListIds", "PrefixListId", "prefix_list"),
    ]
    found = {}
    for permission in permissions:
        everything = permission["IpProtocol"] == "-1"
        port = lambda name: None if everything else permission.get(name)
        for number, (listed, key, peer) in enumerate(peers):
            for entry in permission.get(listed, []):
                if not entry.get(key):
                    continue
                rule = {
                    "protocol": permission["IpProtocol"],
                    "from_port": port("FromPort"),
                    "to_port": port("ToPort"),
                    "peer": {peer: entry[key]},
                }
                if entry.get("Description"):
                    rule["description"] = entry["Description"]
                order = lambda number: (number is not None, number or 0)
                found[
                    rule["protocol"], order(rule["from_port"]), order(rule["to_port"]), number, entry[key],
                    rule.get("description", ""),
                ] = rule
    return [rule for _, rule in sorted(found.items())]


def lifecycle_rule(rule):
    where = rule.get("Filter", {})
    both = where.get("And", {})
    sizes = ("ObjectSizeGreaterThan", "ObjectSizeLessThan")
    prefixes = [where.get("Prefix"), both.get("Prefix"), rule.get("Prefix")]
    return {
        "id": rule.get("ID") or None,
        "enabled": rule["Status"] == "Enabled",
        "prefix": next((prefix for prefix in prefixes if prefix is not None), None) or None,
        "filtered": "Tag" in where or bool(both.get("Tags")) or any(s in where or s in both for s in sizes),
        "abort_multipart_days": rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation"),
        "expiration_days": rule.get("Expiration", {}).get("Days"),
        "noncurrent_expiration_days": rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays"),
        "transitions": [
            [t["Days"], t["StorageClass"]] for t in rule.get("Transitions", []) if "Days" in t
        ],
    }


def inline(policies):
    return sorted(
        ({"name": p["PolicyName"], "document": document(p["PolicyDocument"])} for p in policies),
        key=lambda policy: policy["name"],
    )


def attached(policies):
    return unique(policy["PolicyArn"] for policy in policies)


class Shapes:
    """Resources of one account in one region."""

    def __init__(self, account, region):
        self.account, self.region = account, region

    def arn(self, service, resource):
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def resource(self, kind, arn, id, config, tags=None, *, name=None, created_at=None, depends_on=(),
                 utilization=NOT_READ):
        tags = tags or {}
        found = {
            "arn": arn,
            "account": self.account,
            "region": self.region,
            "id": id,
            "name": name or tags.get("Name") or None,
            "tags": tags,
            "created_at": time(created_at),
            "depends_on": unique(depends_on),
            "utilization": utilization,
            "kind": kind,
            "config": config,
        }
        # What is empty is not written.
        return {key: value for key, value in found.items() if value not in (None, {}, [])}

    def instance(self, i, utilization):
        placement, metadata = i.get("Placement", {}), i.get("MetadataOptions", {})
        volumes = [m["Ebs"]["VolumeId"] for m in i.get("BlockDeviceMappings", []) if "Ebs" in m]
        groups = [group["GroupId"] for group in i.get("SecurityGroups", [])]
        found = tags(i.get("Tags"))
        windows = i.get("Platform", "").lower() == "windows"
        stopped = re.search(
            r"\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:GMT|UTC)\)$", i.get("StateTransitionReason", "")
        )
        stopped = stopped if i["State"]["Name"] == "stopped" else None
        config = {
            "instance_type": i["InstanceType"],
            "state": i["State"]["Name"],
            "stopped_at": stopped and f"{stopped[1]}T{stopped[2]}Z",
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
            "instance_profile_arn": i.get("IamInstanceProfile", {}).get("Arn"),
            "imds_http_tokens": metadata.get("HttpTokens"),
            "imds_http_endpoint": metadata.get("HttpEndpoint"),
            "ebs_optimized": i.get("EbsOptimized", False),
            "auto_scaling_group": found.get("aws:autoscaling:groupName"),
        }
        needs = [("volume", v) for v in volumes] + [("security-group", g) for g in groups]
        needs += [("subnet", i["SubnetId"])] if i.get("SubnetId") else []
        needs += [("vpc", i["VpcId"])] if i.get("VpcId") else []
        id = i["InstanceId"]
        return self.resource(
            "AWS::EC2::Instance", self.arn("ec2", f"instance/{id}"), id, config, found,
            created_at=i.get("LaunchTime"), utilization=utilization,
            depends_on=[self.arn("ec2", f"{kind}/{needed}") for kind, needed in needs],
        )

    def volume(self, v):
        attachments = [
            {
                "instance_id": a["InstanceId"],
                "device": a.get("Device", ""),
                "delete_on_termination": a.get("DeleteOnTermination", False),
            }
            for a in v.get("Attachments", [])
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
        return self.resource(
            "AWS::EC2::Volume", self.arn("ec2", f"volume/{id}"), id, config, tags(v.get("Tags")),
            created_at=v.get("CreateTime"),
        )

    def snapshot(self, s, uses, public):
        id, volume = s["SnapshotId"], s.get("VolumeId")
        config = {
            "volume_id": volume if volume and volume != "vol-ffffffff" else None,
            "volume_size_gib": s["VolumeSize"],
            "state": s["State"],
            "encrypted": s.get("Encrypted", False),
            "storage_tier": s.get("StorageTier", "standard"),
            "description": s.get("Description") or None,
            "image_ids": sorted(uses.get(id, ())),
            "public": public.get(id, False),
        }
        return self.resource(
            "AWS::EC2::Snapshot", f"arn:aws:ec2:{self.region}::snapshot/{id}", id, config,
            tags(s.get("Tags")), created_at=s.get("StartTime"),
        )

    def address(self, a):
        id = a["AllocationId"]
        config = {
            "public_ip": a["PublicIp"],
            "allocation_id": id,
            "association_id": a.get("AssociationId") or None,
            "instance_id": a.get("InstanceId") or None,
            "network_interface_id": a.get("NetworkInterfaceId") or None,
        }
        arn = self.arn("ec2", f"elastic-ip/{id}")
        return self.resource("AWS::EC2::EIP", arn, id, config, tags(a.get("Tags")))

    def vpc(self, v, dns, watched):
        id = v["VpcId"]
        config = {
            "cidr_block": v["CidrBlock"],
            "is_default": v.get("IsDefault", False),
            "state": v["State"],
            "instance_tenancy": v["InstanceTenancy"],
            "dns_support": dns[0],
            "dns_hostnames": dns[1],
            "flow_log_traffic": sorted(watched.get(id, ())),
        }
        return self.resource("AWS::EC2::VPC", self.arn("ec2", f"vpc/{id}"), id, config, tags(v.get("Tags")))

    def subnet(self, s):
        id = s["SubnetId"]
        config = {
            "vpc_id": s["VpcId"],
            "cidr_block": s["CidrBlock"],
            "availability_zone": s["AvailabilityZone"],
            "map_public_ip_on_launch": s.get("MapPublicIpOnLaunch", False),
            "default_for_az": s.get("DefaultForAz", False),
            "available_ip_count": s["AvailableIpAddressCount"],
        }
        return self.resource(
            "AWS::EC2::Subnet", self.arn("ec2", f"subnet/{id}"), id, config, tags(s.get("Tags")),
            depends_on=[self.arn("ec2", f"vpc/{s['VpcId']}")],
        )

    def security_group(self, g):
        id, vpc, found = g["GroupId"], g.get("VpcId"), tags(g.get("Tags"))
        config = {
            "group_name": g["GroupName"],
            "description": g["Description"],
            "vpc_id": vpc or None,
            "ingress": rules(g.get("IpPermissions", [])),
            "egress": rules(g.get("IpPermissionsEgress", [])),
        }
        return self.resource(
            "AWS::EC2::SecurityGroup", self.arn("ec2", f"security-group/{id}"), id, config, found,
            name=found.get("Name") or g["GroupName"],
            depends_on=[self.arn("ec2", f"vpc/{vpc}")] if vpc else [],
        )

    def region_defaults(self, encrypted):
        config = {"ebs_encryption_by_default": encrypted}
        arn = self.arn("ec2", "region-defaults")
        return self.resource("Miyabi::EC2::RegionDefaults", arn, self.region, config)

    def database(self, d, utilization):
        id, group = d["DBInstanceIdentifier"], d.get("DBSubnetGroup", {})
        groups = [g["VpcSecurityGroupId"] for g in d.get("VpcSecurityGroups", [])]
        config = {
            "class": d["DBInstanceClass"],
            "engine": d["Engine"],
            "engine_version": d.get("EngineVersion", ""),
            "status": d["DBInstanceStatus"],
            "storage_type": d.get("StorageType") or None,
            "allocated_storage_gib": d.get("AllocatedStorage", 0),
            "iops": d.get("Iops"),
            "multi_az": d.get("MultiAZ", False),
            "publicly_accessible": d.get("PubliclyAccessible", False),
            "storage_encrypted": d.get("StorageEncrypted", False),
            "kms_key_id": d.get("KmsKeyId") or None,
            "backup_retention_days": d.get("BackupRetentionPeriod", 0),
            "auto_minor_version_upgrade": d.get("AutoMinorVersionUpgrade", False),
            "deletion_protection": d.get("DeletionProtection", False),
            "copy_tags_to_snapshot": d.get("CopyTagsToSnapshot", False),
            "iam_authentication": d.get("IAMDatabaseAuthenticationEnabled", False),
            "monitoring_interval_seconds": d.get("MonitoringInterval", 0),
            "master_username": d.get("MasterUsername") or None,
            "port": d.get("Endpoint", {}).get("Port") or d.get("DbInstancePort") or None,
            "cluster_id": d.get("DBClusterIdentifier") or None,
            "replica_of": d.get("ReadReplicaSourceDBInstanceIdentifier") or None,
            "subnet_group": group.get("DBSubnetGroupName") or None,
            "vpc_id": group.get("VpcId") or None,
            "security_group_ids": unique(groups),
        }
        found = tags(d.get("TagList"))
        return self.resource(
            "AWS::RDS::DBInstance", d["DBInstanceArn"], id, config, found, name=found.get("Name") or id,
            created_at=d.get("InstanceCreateTime"), utilization=utilization,
            depends_on=[self.arn("ec2", f"security-group/{group}") for group in groups]
            + [self.arn("ec2", f"subnet/{subnet['SubnetIdentifier']}")
               for subnet in group.get("Subnets", [])],
        )

    def function(self, f, policy, found):
        config = {
            "runtime": f.get("Runtime") or None,
            "architecture": (f.get("Architectures") or ["x86_64"])[0],
            "memory_mib": f.get("MemorySize", 128),
            "timeout_seconds": f.get("Timeout", 3),
            "package_type": f.get("PackageType", "Zip"),
            "role_arn": f.get("Role", ""),
            "subnet_ids": unique(f.get("VpcConfig", {}).get("SubnetIds", [])),
            "environment_keys": sorted(f.get("Environment", {}).get("Variables", {})),
            "policy": known(policy and json.loads(policy)),
        }
        return self.resource(
            "AWS::Lambda::Function", f["FunctionArn"], f["FunctionName"], config, found,
            name=f["FunctionName"], depends_on=[f["Role"]] if f.get("Role") else [],
        )

    def bucket(self, b, settings, sizes):
        encryption, versioning, block, lifecycle, policy, tag_set = settings
        rule = (encryption or {}).get("Rules", [{}])[0]
        default = rule.get("ApplyServerSideEncryptionByDefault")
        flags = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
        names = [
            "block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets"
        ]
        size = max(sizes["BucketSizeBytes", "Average"], default=None)
        config = {
            "encryption": known(default and {
                "algorithm": default["SSEAlgorithm"],
                "kms_key_id": default.get("KMSMasterKeyID") or None,
                "bucket_key": rule.get("BucketKeyEnabled", False),
            }),
            "versioning": known(versioning or None),
            "public_access_block": known({n: (block or {}).get(f, False) for n, f in zip(names, flags)}),
            "lifecycle": known([lifecycle_rule(rule) for rule in lifecycle or []]),
            "policy": known(policy and json.loads(policy)),
            "size_bytes": known(int(size[1])) if size else {"unavailable": {"reason": "no size"}},
        }
        name = b["Name"]
        return self.resource(
            "AWS::S3::Bucket", f"arn:aws:s3:::{name}", name, config, tags(tag_set), name=name,
            created_at=b.get("CreationDate"),
        )

    def user(self, u):
        config = {
            "path": u["Path"],
            "inline_policies": inline(u.get("UserPolicyList", [])),
            "attached_policies": attached(u.get("AttachedManagedPolicies", [])),
            "groups": unique(u.get("GroupList", [])),
        }
        return self.resource(
            "AWS::IAM::User", u["Arn"], u["UserName"], config, tags(u.get("Tags")), name=u["UserName"],
            created_at=u.get("CreateDate"),
        )

    def group(self, g):
        config = {
            "path": g["Path"],
            "inline_policies": inline(g.get("GroupPolicyList", [])),
            "attached_policies": attached(g.get("AttachedManagedPolicies", [])),
        }
        return self.resource(
            "AWS::IAM::Group", g["Arn"], g["GroupName"], config, name=g["GroupName"],
            created_at=g.get("CreateDate"),
        )

    def role(self, r):
        config = {
            "path": r["Path"],
            "trust_policy": document(r.get("AssumeRolePolicyDocument")),
            "inline_policies": inline(r.get("RolePolicyList", [])),
            "attached_policies": attached(r.get("AttachedManagedPolicies", [])),
            "last_used_at": time(r.get("RoleLastUsed", {}).get("LastUsedDate")),
            "permissions_boundary": r.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        }
        return self.resource(
            "AWS::IAM::Role", r["Arn"], r["RoleName"], config, tags(r.get("Tags")), name=r["RoleName"],
            created_at=r.get("CreateDate"),
        )

    def policy(self, p):
        default = next((v for v in p["PolicyVersionList"] if v["IsDefaultVersion"]), {})
        config = {
            "path": p["Path"],
            "attachment_count": p.get("AttachmentCount", 0),
            "document": document(default.get("Document")),
        }
        return self.resource(
            "AWS::IAM::ManagedPolicy", p["Arn"], p["Arn"], config, name=p["PolicyName"],
            created_at=p.get("CreateDate"),
        )

    def password_policy(self, p):
        rules = p and {
            "minimum_length": p.get("MinimumPasswordLength", 6),
            "require_uppercase": p.get("RequireUppercaseCharacters", False),
            "require_lowercase": p.get("RequireLowercaseCharacters", False),
            "require_numbers": p.get("RequireNumbers", False),
            "require_symbols": p.get("RequireSymbols", False),
            "allow_users_to_change": p.get("AllowUsersToChangePassword", False),
            "max_age_days": p.get("MaxPasswordAge") or None,
            "reuse_prevention": p.get("PasswordReusePrevention") or None,
            "hard_expiry": p.get("HardExpiry", False),
        }
        arn = f"arn:aws:iam::{self.account}:password-policy"
        return self.resource("Miyabi::IAM::PasswordPolicy", arn, self.account, {"policy": rules})
