"""Whether two Worlds are the same up to ids: `compare.py FIRST.json SECOND.json [IGNORED...]`.

Only kinds that are written as code are compared, of these only what code can make anew. Every id, ARN and
address is replaced by the name of what it belongs to. IGNORED is a list of `kind/name/field`, `*` for any name.
"""

import json
import re
import sys

# Facts that a new resource has of its own, or that say how it is at the moment.
OF_ITS_OWN = {
    "address",
    "arn",
    "associations",
    "association_id",
    "available_ip_count",
    "certificate_valid_till",
    "code_bytes",
    "credentials",
    "default_version",
    "dns_name",
    "flow_log_traffic",
    "has_user_data",
    "instances",
    "item_count",
    "last_used_at",
    "latest_version",
    "launched_at",
    "mount_target_ids",
    "network_interface_id",
    "network_interface_ids",
    "object_count",
    "private_ip",
    "public_ip",
    "public_ips",
    "size_bytes",
    "size_by_type",
    "snapshot_id",
    "standard_bytes",
    "volume_ids",
}
# What AWS makes by itself is there before any code.
BY_ITSELF = [
    ("AWS::EC2::VPC", "is_default", True),
    ("AWS::EC2::Subnet", "default_for_az", True),
    ("AWS::EC2::SecurityGroup", "group_name", "default"),
    ("AWS::EC2::RouteTable", "main", True),
    ("AWS::EC2::NetworkAcl", "is_default", True),
]


# The kinds that both languages write.
KINDS = {
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::DynamoDB::Table",
    "AWS::EC2::EIP",
    "AWS::EC2::Instance",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::LaunchTemplate",
    "AWS::EC2::NatGateway",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::Volume",
    "AWS::ECR::Repository",
    "AWS::EFS::FileSystem",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::IAM::Group",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
}


def is_code(resource, instances):
    config = resource["config"]
    if resource["kind"] not in KINDS or any(
        resource["kind"] == kind and config.get(field) == value for kind, field, value in BY_ITSELF
    ):
        return False
    # What Auto Scaling launches comes and goes, with its volumes.
    holders = [resource["id"]]
    if resource["kind"] == "AWS::EC2::Volume":
        holders = [attached["instance_id"] for attached in config["attached_to"]]
    if any(instances.get(holder, {}).get("auto_scaling_group") for holder in holders):
        return False
    # The functions' code has to be somewhere.
    return resource["id"] != "code-of-functions"


def name(resource):
    config = resource["config"]
    # A root volume is written with its instance, which says nothing of a name for it.
    if resource["kind"] == "AWS::EC2::Volume" and any(a["delete_on_termination"] for a in config["attached_to"]):
        return "with its instance"
    own = resource.get("name") or (resource["id"] if not re.search(r"-[0-9a-f]{8,}", resource["id"]) else "")
    more = [config.get(field) for field in ("cidr_block", "group_name", "service_name", "description")]
    if not own and resource["kind"] == "AWS::EC2::RouteTable":
        more.append(",".join(sorted(route["destination"][:3] for route in config["routes"])))
    return "|".join(str(part) for part in [own, *more] if part)


def names(world):
    """What each id and ARN stands for, the longest first."""
    told = {}
    for resource in world["resources"]:
        # What is no code has the same ARN again, if it is there at all.
        if resource["kind"] not in KINDS:
            continue
        label = f"<{resource['kind']} {name(resource)}>"
        told[resource["arn"]] = label
        if re.search(r"-[0-9a-f]{8,}", resource["id"]):
            told[resource["id"]] = label
        for field in ("public_ip", "private_ip", "allocation_id"):
            if isinstance(resource["config"].get(field), str):
                told[resource["config"][field]] = label
    return sorted(told.items(), key=lambda pair: -len(pair[0]))


def unnamed(value, told):
    if isinstance(value, dict):
        value = {key: unnamed(v, told) for key, v in value.items() if key not in OF_ITS_OWN}
        return value
    if isinstance(value, list):
        return sorted((unnamed(v, told) for v in value), key=lambda v: json.dumps(v, sort_keys=True))
    if isinstance(value, str):
        for text, label in told:
            if text in value:
                value = value.replace(text, label)
        # AWS's own lists of addresses have other ids in every region.
        value = re.sub(r"pl-[0-9a-f]+", "pl", value)
    return value


def inventory(path):
    with open(path) as file:
        world = json.load(file)
    told = names(world)
    instances = {r["id"]: r["config"] for r in world["resources"] if r["kind"] == "AWS::EC2::Instance"}
    found = {}
    for resource in world["resources"]:
        if not is_code(resource, instances):
            continue
        # Of tags neither AWS's own nor those that hide a secret, which are not in the code.
        tags = {
            key: value
            for key, value in resource.get("tags", {}).items()
            if not key.startswith("aws:") and not re.search("hunter2|AKIA", value) and value != "not-written"
        }
        key = f"{resource['kind']}/{unnamed(name(resource), told)}"
        if key == "AWS::EC2::Volume/with its instance":
            tags = {}
        found.setdefault(key, []).append({"tags": tags, **unnamed(resource["config"], told)})
    return found


def differences(first, second, ignored):
    for key in sorted({*first, *second}):
        ours, theirs = (sorted(found.get(key, []), key=lambda v: json.dumps(v, sort_keys=True)) for found in (first, second))
        if len(ours) != len(theirs):
            if key not in ignored:
                yield f"{key}: {len(ours)} and {len(theirs)}"
            continue
        kind, _, label = key.partition("/")
        for one, other in zip(ours, theirs):
            for field in sorted({*one, *other}):
                if {f"{kind}/{label}/{field}", f"{kind}/*/{field}"} & ignored:
                    continue
                if one.get(field) != other.get(field):
                    yield f"{key} {field}: {json.dumps(one.get(field))} and {json.dumps(other.get(field))}"


def main(first, second, *ignored):
    found = list(differences(inventory(first), inventory(second), set(ignored)))
    if found:
        sys.exit(f"{len(found)} differences:\n" + "\n".join(found))
    print(sum(len(same) for same in inventory(first).values()), "resources are the same")


if __name__ == "__main__":
    main(*sys.argv[1:])
