"""VPC: networks, what connects, routes and filters."""

import json

from . import metrics
from .account import Unknown, attempt
from .shape import Place, arns, present, tags, unique

DNS = ["EnableDnsSupport", "EnableDnsHostnames"]
TARGETS = ["GatewayId", "NatGatewayId", "NetworkInterfaceId", "InstanceId", "TransitGatewayId",
           "VpcPeeringConnectionId", "EgressOnlyInternetGatewayId", "LocalGatewayId", "CarrierGatewayId",
           "CoreNetworkArn", "OdbNetworkArn"]
TARGET_KINDS = {"igw": "internet-gateway", "nat": "natgateway", "vpce": "vpc-endpoint",
                "eni": "network-interface", "i": "instance", "tgw": "transit-gateway"}
WATCHED_KINDS = {"vpc": "vpc", "subnet": "subnet", "eni": "network-interface", "tgw": "transit-gateway"}


def collect(account):
    place = Place(account)
    one_page = account.listed("ec2", "describe_addresses", "Addresses")
    listed = lambda operation, key, size=1000: account.list("ec2", operation, key, size)
    own = lambda operation, key, size=1000: account.own(listed(operation, key, size))
    tables = [route_table(place, t) for t in own("describe_route_tables", "RouteTables", 100)]
    acls = [network_acl(place, a) for a in own("describe_network_acls", "NetworkAcls")]
    nats = [nat_gateway(place, g) for g in listed("describe_nat_gateways", "NatGateways")
            if g["State"] != "deleted"]
    endpoints = [endpoint(place, e) for e in listed("describe_vpc_endpoints", "VpcEndpoints")
                 if e["State"].lower() != "deleted"]
    return (
        [address(place, a) for a in one_page if a.get("AllocationId")]
        + vpcs(account, place, own("describe_vpcs", "Vpcs"))
        + [subnet(place, s, tables, acls) for s in own("describe_subnets", "Subnets")]
        + [security_group(place, g) for g in own("describe_security_groups", "SecurityGroups")]
        + [interface(place, i) for i in own("describe_network_interfaces", "NetworkInterfaces")]
        + [internet_gateway(place, g) for g in own("describe_internet_gateways", "InternetGateways")]
        + metrics.fill(account, nats, metrics.of(
            "AWS/NATGateway", "NatGatewayId", "ActiveConnectionCount", "BytesInFromSource",
            "BytesOutToDestination"))
        + metrics.fill(account, endpoints, endpoint_metrics)
        + tables + acls
    )


def address(place, a):
    id = a["AllocationId"]
    config = {
        "public_ip": a["PublicIp"],
        "allocation_id": id,
        "association_id": a.get("AssociationId") or None,
        "instance_id": a.get("InstanceId") or None,
        "network_interface_id": a.get("NetworkInterfaceId") or None,
    }
    return place.resource("AWS::EC2::EIP", place.arn("ec2", f"elastic-ip/{id}"), id, config, tags(a.get("Tags")))


def vpcs(account, place, found):
    logs = account.run(
        lambda: attempt(lambda: account.pages("ec2", "describe_flow_logs", "FlowLogs", 1000))
    )
    watched = {}
    for log in [] if isinstance(logs, Unknown) else logs:
        if log.get("FlowLogStatus") == "ACTIVE" and log.get("TrafficType"):
            watched.setdefault(log["ResourceId"], set()).add(log["TrafficType"])

    def dns(pair):
        vpc, attribute = pair
        name = attribute[0].lower() + attribute[1:]
        answer = account.client("ec2").describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=name)
        return answer[attribute]["Value"]

    pairs = [(vpc, attribute) for vpc in found for attribute in DNS]
    told = account.each(lambda pair: attempt(lambda: dns(pair)), pairs)
    told = [None if isinstance(answer, Unknown) else answer for answer in told]
    return [
        vpc(place, v, told[n * 2:n * 2 + 2],
            None if isinstance(logs, Unknown) else unique(watched.get(v["VpcId"], ())))
        for n, v in enumerate(found)
    ] + [flow_log(place, log) for log in ([] if isinstance(logs, Unknown) else logs)]


def flow_log(place, l):
    watched, destination, group = l["ResourceId"], l.get("LogDestination"), l.get("LogGroupName")
    config = {
        "watched_id": watched,
        "traffic_type": l.get("TrafficType") or None,
        "status": l["FlowLogStatus"],
        "delivery_status": l.get("DeliverLogsStatus") or None,
        "delivery_error": l.get("DeliverLogsErrorMessage") or None,
        "destination_type": l.get("LogDestinationType", "cloud-watch-logs"),
        "destination": destination or None,
        "log_group": group or None,
        "format": l.get("LogFormat") or None,
        "role_arn": l.get("DeliverLogsPermissionArn") or None,
        "max_aggregation_interval_seconds": l.get("MaxAggregationInterval"),
    }
    kind = WATCHED_KINDS.get(watched.split("-")[0]) if not watched.startswith("tgw-attach-") else None
    needs = place.ec2(kind, [watched]) if kind else []
    if destination and destination.split(":")[2] == "s3":
        needs.append(place.bucket_arn(destination.split(":", 5)[5].split("/")[0]))
    elif destination:
        needs += arns(destination.removesuffix(":*"))
    elif group:
        needs.append(place.arn("logs", f"log-group:{group}"))
    id = l["FlowLogId"]
    return place.resource(
        "AWS::EC2::FlowLog", place.arn("ec2", f"vpc-flow-log/{id}"), id, config, tags(l.get("Tags")),
        created_at=l.get("CreationTime"), depends_on=needs + arns(config["role_arn"]),
    )


def vpc(place, v, dns, traffic):
    id = v["VpcId"]
    config = {
        "cidr_block": v["CidrBlock"],
        "is_default": v.get("IsDefault", False),
        "state": v["State"],
        "instance_tenancy": v["InstanceTenancy"],
        "dns_support": dns[0],
        "dns_hostnames": dns[1],
        "flow_log_traffic": traffic,
    }
    return place.resource("AWS::EC2::VPC", place.arn("ec2", f"vpc/{id}"), id, config, tags(v.get("Tags")))


def subnet(place, s, tables, acls):
    id, vpc = s["SubnetId"], s["VpcId"]
    config = {
        "vpc_id": vpc,
        "cidr_block": s["CidrBlock"],
        "availability_zone": s["AvailabilityZone"],
        "map_public_ip_on_launch": s.get("MapPublicIpOnLaunch", False),
        "assign_ipv6_on_creation": s.get("AssignIpv6AddressOnCreation", False),
        "default_for_az": s.get("DefaultForAz", False),
        "available_ip_count": s["AvailableIpAddressCount"],
    }
    routed = [t["arn"] for t in tables if id in t["config"]["subnet_ids"]]
    routed = routed or [t["arn"] for t in tables if t["config"]["main"] and t["config"]["vpc_id"] == vpc]
    filtered = [a["arn"] for a in acls if id in a["config"]["subnet_ids"]]
    return place.resource(
        "AWS::EC2::Subnet", place.arn("ec2", f"subnet/{id}"), id, config, tags(s.get("Tags")),
        depends_on=place.ec2("vpc", [vpc]) + routed + filtered,
    )


def security_group(place, g):
    id, vpc, found = g["GroupId"], g.get("VpcId"), tags(g.get("Tags"))
    config = {
        "group_name": g["GroupName"],
        "description": g["Description"],
        "vpc_id": vpc or None,
        "ingress": rules(g.get("IpPermissions", [])),
        "egress": rules(g.get("IpPermissionsEgress", [])),
    }
    return place.resource(
        "AWS::EC2::SecurityGroup", place.arn("ec2", f"security-group/{id}"), id, config, found,
        name=found.get("Name") or g["GroupName"], depends_on=place.ec2("vpc", [vpc]),
    )


PEERS = [
    ("IpRanges", "CidrIp", "cidr"),
    ("Ipv6Ranges", "CidrIpv6", "cidr_v6"),
    ("UserIdGroupPairs", "GroupId", "group"),
    ("PrefixListIds", "PrefixListId", "prefix_list"),
]


def rules(permissions):
    """One rule per peer: AWS groups peers by protocol and ports."""
    found = {}
    first = lambda number: (number is not None, number or 0)
    for permission in permissions:
        everything = permission["IpProtocol"] == "-1"
        port = lambda name: None if everything else permission.get(name)
        for number, (listed, key, peer) in enumerate(PEERS):
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
                found[
                    rule["protocol"], first(rule["from_port"]), first(rule["to_port"]), number, entry[key],
                    rule.get("description", ""),
                ] = rule
    return [rule for _, rule in sorted(found.items())]


def interface(place, i):
    id, attachment = i["NetworkInterfaceId"], i.get("Attachment", {})
    associations = [a["Association"] for a in i.get("PrivateIpAddresses", []) if a.get("Association")]
    associations += [i["Association"]] if i.get("Association") else []
    public = {a["PublicIp"]: a.get("AllocationId") or None for a in associations if a.get("PublicIp")}
    groups = [group["GroupId"] for group in i.get("Groups", [])]
    config = {
        "interface_type": i.get("InterfaceType", ""),
        "status": i["Status"],
        "description": i.get("Description") or None,
        "requester_managed": i.get("RequesterManaged", False),
        "requester_id": i.get("RequesterId") or None,
        "vpc_id": i.get("VpcId") or None,
        "subnet_id": i.get("SubnetId") or None,
        "availability_zone": i.get("AvailabilityZone", ""),
        "security_group_ids": unique(groups),
        "instance_id": attachment.get("InstanceId") or None,
        "delete_on_termination": attachment.get("DeleteOnTermination"),
        "private_ip": i.get("PrivateIpAddress") or None,
        "public_ips": [{"address": ip, "allocation_id": id} for ip, id in sorted(public.items())],
        "source_dest_check": i.get("SourceDestCheck"),
    }
    return place.resource(
        "AWS::EC2::NetworkInterface", place.arn("ec2", f"network-interface/{id}"), id, config,
        tags(i.get("TagSet")),
        depends_on=place.ec2("subnet", [i.get("SubnetId")]) + place.ec2("vpc", [i.get("VpcId")])
        + place.ec2("security-group", groups) + place.ec2("elastic-ip", public.values()),
    )


def internet_gateway(place, g):
    id = g["InternetGatewayId"]
    vpcs = present(a.get("VpcId") for a in g.get("Attachments", []))
    return place.resource(
        "AWS::EC2::InternetGateway", place.arn("ec2", f"internet-gateway/{id}"), id, {"vpc_ids": vpcs},
        tags(g.get("Tags")), depends_on=place.ec2("vpc", vpcs),
    )


def nat_gateway(place, g):
    id, addresses = g["NatGatewayId"], g.get("NatGatewayAddresses", [])
    config = {
        "state": g["State"],
        "connectivity": g.get("ConnectivityType", "public"),
        "vpc_id": g.get("VpcId") or None,
        "subnet_id": g.get("SubnetId") or None,
        "allocation_ids": present(a.get("AllocationId") for a in addresses),
        "public_ips": present(a.get("PublicIp") for a in addresses),
        "network_interface_ids": present(a.get("NetworkInterfaceId") for a in addresses),
    }
    return place.resource(
        "AWS::EC2::NatGateway", place.arn("ec2", f"natgateway/{id}"), id, config, tags(g.get("Tags")),
        created_at=g.get("CreateTime"),
        depends_on=place.ec2("vpc", [config["vpc_id"]]) + place.ec2("subnet", [config["subnet_id"]])
        + place.ec2("elastic-ip", config["allocation_ids"])
        + place.ec2("network-interface", config["network_interface_ids"]),
    )


def endpoint(place, e):
    id = e["VpcEndpointId"]
    try:
        policy = json.loads(e.get("PolicyDocument") or "null")
    except ValueError:
        policy = None
    config = {
        "endpoint_type": e.get("VpcEndpointType", ""),
        "service_name": e["ServiceName"],
        "state": e["State"].lower(),
        "vpc_id": e["VpcId"],
        "subnet_ids": unique(e.get("SubnetIds", [])),
        "route_table_ids": unique(e.get("RouteTableIds", [])),
        "security_group_ids": present(group.get("GroupId") for group in e.get("Groups", [])),
        "network_interface_ids": unique(e.get("NetworkInterfaceIds", [])),
        "private_dns": e.get("PrivateDnsEnabled", False),
        "requester_managed": e.get("RequesterManaged", False),
        "policy": policy,
    }
    return place.resource(
        "AWS::EC2::VPCEndpoint", place.arn("ec2", f"vpc-endpoint/{id}"), id, config, tags(e.get("Tags")),
        created_at=e.get("CreationTimestamp"),
        depends_on=place.ec2("vpc", [e["VpcId"]]) + place.ec2("subnet", config["subnet_ids"])
        + place.ec2("route-table", config["route_table_ids"])
        + place.ec2("security-group", config["security_group_ids"])
        + place.ec2("network-interface", config["network_interface_ids"]),
    )


def endpoint_metrics(resource):
    config = resource["config"]
    if config["endpoint_type"] == "Gateway":
        return []
    dimensions = [
        ("Endpoint Type", config["endpoint_type"]),
        ("Service Name", config["service_name"]),
        ("VPC Endpoint Id", resource["id"]),
        ("VPC Id", config["vpc_id"]),
    ]
    names = ["ActiveConnections", "BytesProcessed"]
    return [("AWS/PrivateLinkEndpoints", name, dimensions) for name in names]


def route_table(place, t):
    id, associations = t["RouteTableId"], t.get("Associations", [])
    routes = [found for r in t.get("Routes", []) if (found := route(r))]
    config = {
        "vpc_id": t["VpcId"],
        "main": any(a.get("Main") for a in associations),
        "subnet_ids": present(a.get("SubnetId") for a in associations),
        "associations": by_subnet(associations, "RouteTableAssociationId"),
        "routes": sorted(routes, key=lambda r: (r["destination"], r["target"] or "", r["state"])),
    }
    needs = [
        arn
        for r in routes if r["target"]
        for arn in place.ec2(TARGET_KINDS.get(r["target"].split("-")[0], ""), [r["target"]])
        if r["target"].split("-")[0] in TARGET_KINDS
    ]
    return place.resource(
        "AWS::EC2::RouteTable", place.arn("ec2", f"route-table/{id}"), id, config, tags(t.get("Tags")),
        depends_on=place.ec2("vpc", [t["VpcId"]]) + needs,
    )


def by_subnet(associations, id):
    return {a["SubnetId"]: a[id] for a in associations if a.get("SubnetId") and a.get(id)}


def route(r):
    destinations = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
    destination = next((r[key] for key in destinations if r.get(key)), None)
    return destination and {
        "destination": destination,
        "target": next((r[key] for key in TARGETS if r.get(key)), None),
        "state": r.get("State", "active"),
        "propagated": r.get("Origin") == "EnableVgwRoutePropagation",
    }


def network_acl(place, a):
    id = a["NetworkAclId"]
    config = {
        "vpc_id": a["VpcId"],
        "is_default": a.get("IsDefault", False),
        "subnet_ids": present(association.get("SubnetId") for association in a.get("Associations", [])),
        "associations": by_subnet(a.get("Associations", []), "NetworkAclAssociationId"),
        "ingress": entries(a, egress=False),
        "egress": entries(a, egress=True),
    }
    return place.resource(
        "AWS::EC2::NetworkAcl", place.arn("ec2", f"network-acl/{id}"), id, config, tags(a.get("Tags")),
        depends_on=place.ec2("vpc", [a["VpcId"]]),
    )


def entries(acl, egress):
    found = [
        {
            "number": e["RuleNumber"],
            "allow": e["RuleAction"] == "allow",
            "protocol": e["Protocol"],
            "cidr": e.get("CidrBlock") or e.get("Ipv6CidrBlock"),
            "from_port": e.get("PortRange", {}).get("From"),
            "to_port": e.get("PortRange", {}).get("To"),
        }
        for e in acl.get("Entries", [])
        if e.get("Egress", False) == egress and (e.get("CidrBlock") or e.get("Ipv6CidrBlock"))
    ]
    return sorted(found, key=lambda e: (e["number"], e["allow"], e["protocol"], e["cidr"]))
