"""VPCs, who may talk to whom, load balancers."""

from .account import REGION, ZONES, bit, on, tags

VPCS, SUBNETS, ADDRESSES = 6, 4, 16


def vpcs(account):
    ec2, made = account.client("ec2"), account.made
    account.client("logs").create_log_group(logGroupName="/network/flows")
    made.update(vpcs=[], subnets=[], public=[])
    for n in range(VPCS):
        vpc = ec2.create_vpc(CidrBlock=f"10.{n + 1}.0.0/16", TagSpecifications=on("vpc", "net", n))["Vpc"]["VpcId"]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        routes = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=routes, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        for s in range(SUBNETS):
            subnet = ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.{n + 1}.{s}.0/24", AvailabilityZone=ZONES[s % 3],
                TagSpecifications=on("subnet", f"net-{n}", s))["Subnet"]["SubnetId"]
            made["subnets"].append((n, subnet))
            if s == 0:
                ec2.associate_route_table(RouteTableId=routes, SubnetId=subnet)
                made["public"].append(subnet)
            if s == 0 and bit(n, 1):
                ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
        made["vpcs"].append(vpc)
        if n % 3:
            ec2.create_flow_logs(
                ResourceIds=[vpc], ResourceType="VPC", TrafficType=["ALL", "ACCEPT", "REJECT"][n % 3],
                LogGroupName="/network/flows", DeliverLogsPermissionArn=made["role"])
        if n in (0, 2):
            endpoint(ec2, vpc, "ec2", made)
        if n in (1, 2):
            endpoint(ec2, vpc, "ssm", made)
        if n == 3:
            ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", RouteTableIds=[routes])


def endpoint(ec2, vpc, service, made):
    ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.{service}", VpcEndpointType="Interface",
        SubnetIds=[made["subnets"][-1][1]])


def rule(low, high, *cidrs, protocol="tcp"):
    return {
        "IpProtocol": protocol, **({} if protocol == "-1" else {"FromPort": low, "ToPort": high}),
        "IpRanges": [{"CidrIp": cidr} for cidr in cidrs if ":" not in cidr],
        "Ipv6Ranges": [{"CidrIpv6": cidr} for cidr in cidrs if ":" in cidr],
    }


WORLD, WORLD6, INSIDE = "0.0.0.0/0", "::/0", "10.0.0.0/8"
RULES = [
    [rule(443, 443, WORLD, WORLD6), rule(80, 80, WORLD)],
    [rule(22, 22, WORLD)],
    [rule(22, 22, WORLD6)],
    [rule(22, 22, INSIDE), rule(443, 443, WORLD)],
    [rule(3389, 3389, WORLD)],
    [rule(3389, 3389, WORLD6), rule(5432, 5432, INSIDE)],
    [rule(0, 65535, WORLD)],
    [rule(20, 25, WORLD)],
    [rule(0, 0, WORLD, protocol="-1")],
    [rule(0, 0, INSIDE, protocol="-1")],
    [rule(3306, 3306, WORLD)],
    [rule(8080, 8080, WORLD, WORLD6)],
    [rule(9200, 9300, WORLD)],
    [rule(22, 22, WORLD, protocol="udp")],
    [rule(1024, 2048, WORLD)],
    [rule(5000, 5000, "198.51.100.0/24")],
    [rule(22, 22, "198.51.100.7/32"), rule(3000, 3000, WORLD6)],
    [rule(-1, -1, WORLD, protocol="icmp")],
    [rule(8443, 8443, WORLD)],
    [],
]


def groups(account):
    ec2, made = account.client("ec2"), account.made
    made["groups"] = {}
    for v, vpc in enumerate(made["vpcs"]):
        made["groups"][v] = []
        for g in range(v % 2, len(RULES), 2):
            group = ec2.create_security_group(
                VpcId=vpc, GroupName=f"group-{v}-{g:02}", Description="of a service",
                TagSpecifications=on("security-group", f"group-{v}", g))["GroupId"]
            if RULES[g]:
                ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=RULES[g])
            made["groups"][v].append(group)
        # The default group of every other VPC is emptied.
        if bit(v, 0):
            found = ec2.describe_security_groups(Filters=[
                {"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}])
            empty(ec2, found["SecurityGroups"][0])


def empty(ec2, group):
    for side, revoke in [
        ("IpPermissions", ec2.revoke_security_group_ingress),
        ("IpPermissionsEgress", ec2.revoke_security_group_egress),
    ]:
        if group[side]:
            revoke(GroupId=group["GroupId"], IpPermissions=group[side])


def acls(account):
    ec2, made = account.client("ec2"), account.made
    for n, vpc in enumerate(made["vpcs"]):
        acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
        entry = lambda number, action, **more: ec2.create_network_acl_entry(
            NetworkAclId=acl, RuleNumber=number, RuleAction=action, Egress=False, **more)
        entry(100, "allow", Protocol="6", CidrBlock=[WORLD, INSIDE][n % 2], PortRange={"From": 22, "To": 22})
        entry(110, "allow", Protocol="6", CidrBlock=WORLD, PortRange={"From": 443, "To": 443})
        if n in (0, 1, 2):
            subnet = [subnet for v, subnet in made["subnets"] if v == n][1]
            there = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])
            for association in there["NetworkAcls"][0]["Associations"]:
                if association["SubnetId"] == subnet:
                    ec2.replace_network_acl_association(
                        AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl)


def addresses(account):
    ec2, made = account.client("ec2"), account.made
    made["addresses"] = [
        ec2.allocate_address(Domain="vpc", TagSpecifications=on("elastic-ip", "entry", n))["AllocationId"]
        for n in range(ADDRESSES)
    ]
    for n in range(2):
        ec2.create_nat_gateway(SubnetId=made["public"][n], AllocationId=made["addresses"][n])


def balancers(account):
    elb, classic, made = account.client("elbv2"), account.client("elb"), account.made
    subnets = [subnet for v, subnet in made["subnets"] if v == 0]
    vpc = made["vpcs"][0]
    for n in range(8):
        kind = ["application", "network"][n % 2]
        balancer = elb.create_load_balancer(
            Name=f"entry-{n}", Type=kind, Subnets=subnets[:1 + (n != 6)], Tags=tags("entry", n),
            Scheme=["internet-facing", "internal"][n // 4], **(
                {"SecurityGroups": [made["groups"][0][0]]} if kind == "application" else {}),
        )["LoadBalancers"][0]["LoadBalancerArn"]
        made.setdefault("balancers", []).append(balancer)
        attributes = {
            "deletion_protection.enabled": bit(n, 1), "access_logs.s3.enabled": bit(n, 2),
            **({"access_logs.s3.bucket": "company-00"} if bit(n, 2) else {}),
            **({"routing.http.drop_invalid_header_fields.enabled": bit(n, 1),
                "routing.http.desync_mitigation_mode": ["monitor", "defensive", "monitor", "strictest"][n // 2]}
               if kind == "application" else {}),
        }
        elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=[
            {"Key": key, "Value": value if isinstance(value, str) else str(value).lower()}
            for key, value in attributes.items()])
        protocol, port = [("HTTP", 80), ("TCP", 9000)][n % 2]
        target = elb.create_target_group(Name=f"group-{n}", Protocol=protocol, Port=port, VpcId=vpc)
        target = target["TargetGroups"][0]["TargetGroupArn"]
        action = {"Type": "forward", "TargetGroupArn": target}
        if kind == "application" and bit(n, 1):
            action = {"Type": "redirect", "RedirectConfig": {
                "Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
        elb.create_listener(LoadBalancerArn=balancer, Protocol=protocol, Port=port, DefaultActions=[action])
        if kind == "network" and n > 4:
            elb.register_targets(TargetGroupArn=target, Targets=[{"Id": made["servers"][0], "Port": port}])
