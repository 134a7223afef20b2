"""VPC, load balancers, machines and what they are launched by."""

from .account import ACCOUNT, REGION, on, pairs


def seed(account):
    ec2, made = account.client("ec2"), account.made
    vpc = ec2.create_vpc(CidrBlock="10.40.0.0/16", TagSpecifications=on("vpc", "shop"))["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnet = lambda n: ec2.create_subnet(
        VpcId=vpc, CidrBlock=f"10.40.{n}.0/24", AvailabilityZone=REGION + "abc"[n],
        TagSpecifications=on("subnet", f"shop-{n}"),
    )["Subnet"]["SubnetId"]
    subnets = [subnet(0), subnet(1), subnet(2)]
    ec2.modify_subnet_attribute(SubnetId=subnets[0], MapPublicIpOnLaunch={"Value": True})
    ec2.modify_subnet_attribute(SubnetId=subnets[1], AssignIpv6AddressOnCreation={"Value": True})
    made.update(vpc=vpc, subnets=subnets)
    groups(ec2, made)
    gateways(ec2, made)
    acls(ec2, made)
    account.client("logs").create_log_group(logGroupName="/shop/flows")
    ec2.create_flow_logs(
        ResourceIds=[vpc], ResourceType="VPC", TrafficType="REJECT", LogGroupName="/shop/flows",
        DeliverLogsPermissionArn=made["role"], TagSpecifications=on("vpc-flow-log", "shop"),
    )
    # Nobody made that group, so that nothing arrives.
    ec2.create_flow_logs(
        ResourceIds=subnets[:1], ResourceType="Subnet", TrafficType="ALL", LogGroupName="/shop/gone",
        DeliverLogsPermissionArn=made["role"], MaxAggregationInterval=60,
    )
    ec2.create_flow_logs(
        ResourceIds=subnets[1:2], ResourceType="Subnet", TrafficType="ACCEPT",
        LogDestinationType="kinesis-data-firehose",
        LogDestination=f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/flows",
    )


def groups(ec2, made):
    group = lambda name: ec2.create_security_group(
        VpcId=made["vpc"], GroupName=name, Description=f"of {name}",
        TagSpecifications=on("security-group", name) if name == "web" else [],
    )["GroupId"]
    web, data = group("web"), group("data")
    ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=[
        {
            "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
            "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "the world"}, {"CidrIp": "10.0.0.0/8"}],
            "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
        },
        {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "10.40.0.0/16"}]},
    ])
    ec2.authorize_security_group_ingress(GroupId=data, IpPermissions=[{
        "IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": web, "Description": "from the web"}],
    }])
    made.update(web=web, data=data)


def gateways(ec2, made):
    vpc, subnets = made["vpc"], made["subnets"]
    gateway = ec2.create_internet_gateway(TagSpecifications=on("internet-gateway", "shop"))
    gateway = gateway["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.create_internet_gateway()
    address = lambda name: ec2.allocate_address(Domain="vpc", TagSpecifications=on("elastic-ip", name))
    made["entry"], made["nat_address"] = address("entry")["AllocationId"], address("nat")["AllocationId"]
    address("idle")
    nat = ec2.create_nat_gateway(
        SubnetId=subnets[0], AllocationId=made["nat_address"], TagSpecifications=on("natgateway", "shop")
    )["NatGateway"]["NatGatewayId"]
    ec2.create_nat_gateway(SubnetId=subnets[1], ConnectivityType="private")
    table = lambda name: ec2.create_route_table(
        VpcId=vpc, TagSpecifications=on("route-table", name))["RouteTable"]["RouteTableId"]
    public, private = table("public"), table("private")
    ec2.create_route(RouteTableId=public, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.create_route(RouteTableId=private, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    ec2.associate_route_table(RouteTableId=public, SubnetId=subnets[0])
    ec2.associate_route_table(RouteTableId=private, SubnetId=subnets[1])
    made["nat"] = nat


def acls(ec2, made):
    acl = ec2.create_network_acl(VpcId=made["vpc"], TagSpecifications=on("network-acl", "shop"))
    acl = acl["NetworkAcl"]["NetworkAclId"]
    entry = lambda number, action, egress, **more: ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=number, RuleAction=action, Egress=egress, **more)
    entry(100, "allow", False, Protocol="6", CidrBlock="0.0.0.0/0", PortRange={"From": 22, "To": 22})
    entry(110, "deny", False, Protocol="-1", Ipv6CidrBlock="::/0")
    entry(100, "allow", True, Protocol="-1", CidrBlock="0.0.0.0/0")


def balancers(account):
    elb, made = account.client("elbv2"), account.made
    balancer = lambda name, kind, **more: elb.create_load_balancer(
        Name=name, Type=kind, Subnets=made["subnets"][:2], Tags=pairs(), **more
    )["LoadBalancers"][0]["LoadBalancerArn"]
    shop = balancer("shop", "application", SecurityGroups=[made["web"]])
    tcp = balancer("tcp", "network", Scheme="internal")
    group = lambda name, **more: elb.create_target_group(Name=name, **more)["TargetGroups"][0]["TargetGroupArn"]
    web = group("web", Protocol="HTTP", Port=8080, VpcId=made["vpc"], HealthCheckPath="/health")
    canary = group("canary", Protocol="HTTP", Port=8080, VpcId=made["vpc"], Tags=pairs())
    ports = group("ports", Protocol="TCP", Port=9000, VpcId=made["vpc"], TargetType="ip")
    idle = group("idle", TargetType="lambda")
    elb.register_targets(TargetGroupArn=web, Targets=[{"Id": id, "Port": 8080} for id in made["servers"]])
    elb.register_targets(TargetGroupArn=ports, Targets=[{"Id": "10.40.0.7", "Port": 9000}])
    listen = lambda balancer, protocol, port, *actions, **more: elb.create_listener(
        LoadBalancerArn=balancer, Protocol=protocol, Port=port, DefaultActions=list(actions), **more)
    ruled = group("ruled", Protocol="HTTP", Port=8081, VpcId=made["vpc"])
    secure = listen(shop, "HTTPS", 443, {"Type": "forward", "ForwardConfig": {"TargetGroups": [
        {"TargetGroupArn": web, "Weight": 9}, {"TargetGroupArn": canary, "Weight": 1},
    ]}}, Certificates=[{"CertificateArn": made["certificate"]}], SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06")
    secure = secure["Listeners"][0]["ListenerArn"]
    elb.add_listener_certificates(
        ListenerArn=secure, Certificates=[{"CertificateArn": arn} for arn in made["other_certificates"]])
    elb.create_rule(
        ListenerArn=secure, Priority=10,
        Conditions=[{"Field": "path-pattern", "Values": ["/ruled/*"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": ruled}])
    listen(shop, "HTTP", 80, {"Type": "redirect", "RedirectConfig": {
        "Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}})
    listen(shop, "HTTP", 8081, {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}})
    listen(tcp, "TCP", 9000, {"Type": "forward", "TargetGroupArn": ports})
    elb.modify_load_balancer_attributes(LoadBalancerArn=shop, Attributes=[
        {"Key": "deletion_protection.enabled", "Value": "true"},
        {"Key": "access_logs.s3.enabled", "Value": "true"},
        {"Key": "access_logs.s3.bucket", "Value": "kumo-logs"},
    ])
    made.update(target_group=web, idle_group=idle, balancer=shop)

    classic = account.client("elb")
    classic.create_load_balancer(
        LoadBalancerName="old", Subnets=made["subnets"][:2], SecurityGroups=[made["web"]], Tags=pairs(),
        Listeners=[
            {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 8080},
            {"Protocol": "TCP", "LoadBalancerPort": 25, "InstancePort": 25},
        ],
    )
    classic.register_instances_with_load_balancer(
        LoadBalancerName="old", Instances=[{"InstanceId": made["servers"][0]}])
    classic.configure_health_check(LoadBalancerName="old", HealthCheck={
        "Target": "HTTP:8080/health", "Interval": 30, "Timeout": 5, "UnhealthyThreshold": 2,
        "HealthyThreshold": 3})
    classic.modify_load_balancer_attributes(LoadBalancerName="old", LoadBalancerAttributes={
        "CrossZoneLoadBalancing": {"Enabled": True},
        "AccessLog": {"Enabled": True, "S3BucketName": "kumo-logs", "EmitInterval": 60},
        "ConnectionDraining": {"Enabled": True, "Timeout": 60},
        "ConnectionSettings": {"IdleTimeout": 90},
    })
    classic.create_load_balancer(
        LoadBalancerName="older", AvailabilityZones=[REGION + "a"],
        Listeners=[{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}],
    )
