"""What joins networks: transit gateways, VPN connections, Client VPN endpoints."""

from .shape import Place, arns, tags, unique


def collect(account):
    place = Place(account)
    listed = lambda operation, key: account.list("ec2", operation, key, 1000)
    gateways = account.own(listed("describe_transit_gateways", "TransitGateways"))
    connections = account.listed("ec2", "describe_vpn_connections", "VpnConnections")
    endpoints = listed("describe_client_vpn_endpoints", "ClientVpnEndpoints")
    return (
        [transit_gateway(place, g) for g in gateways if g["State"] != "deleted"]
        + [connection(place, c) for c in connections if c["State"] != "deleted"]
        + [endpoint(place, e) for e in endpoints if e["Status"]["Code"] != "deleted"]
    )


def transit_gateway(place, g):
    id, options = g["TransitGatewayId"], g.get("Options", {})
    on = lambda name: options.get(name) == "enable"
    config = {
        "state": g["State"],
        "description": g.get("Description") or None,
        "auto_accept_shared_attachments": on("AutoAcceptSharedAttachments"),
        "default_route_table_association": on("DefaultRouteTableAssociation"),
        "default_route_table_propagation": on("DefaultRouteTablePropagation"),
    }
    return place.resource(
        "AWS::EC2::TransitGateway", g["TransitGatewayArn"], id, config, tags(g.get("Tags")),
        created_at=g.get("CreationTime"),
    )


def connection(place, c):
    id = c["VpnConnectionId"]
    options = {o["OutsideIpAddress"]: o for o in c.get("Options", {}).get("TunnelOptions", [])}
    states = {t["OutsideIpAddress"]: t.get("Status") for t in c.get("VgwTelemetry", [])}
    logs = lambda ip: options.get(ip, {}).get("LogOptions", {}).get("CloudWatchLogOptions", {})
    config = {
        "state": c["State"],
        "connection_type": c["Type"],
        "customer_gateway_id": c.get("CustomerGatewayId") or None,
        "vpn_gateway_id": c.get("VpnGatewayId") or None,
        "transit_gateway_id": c.get("TransitGatewayId") or None,
        "tunnels": [
            {"outside_ip": ip, "status": states.get(ip), "logged": logs(ip).get("LogEnabled", False)}
            for ip in unique([*options, *states])
        ],
    }
    return place.resource(
        "AWS::EC2::VPNConnection", place.arn("ec2", f"vpn-connection/{id}"), id, config, tags(c.get("Tags")),
        depends_on=place.ec2("customer-gateway", [config["customer_gateway_id"]])
        + place.ec2("vpn-gateway", [config["vpn_gateway_id"]])
        + place.ec2("transit-gateway", [config["transit_gateway_id"]]),
    )


def endpoint(place, e):
    id = e["ClientVpnEndpointId"]
    config = {
        "state": e["Status"]["Code"],
        "description": e.get("Description") or None,
        "vpc_id": e.get("VpcId") or None,
        "security_group_ids": unique(e.get("SecurityGroupIds", [])),
        "client_cidr": e.get("ClientCidrBlock") or None,
        "split_tunnel": e.get("SplitTunnel", False),
        "port": e.get("VpnPort"),
        "transport_protocol": e.get("TransportProtocol") or None,
        "server_certificate_arn": e.get("ServerCertificateArn") or None,
        "connections_logged": e.get("ConnectionLogOptions", {}).get("Enabled", False),
    }
    return place.resource(
        "AWS::EC2::ClientVpnEndpoint", place.arn("ec2", f"client-vpn-endpoint/{id}"), id, config,
        tags(e.get("Tags")), created_at=e.get("CreationTime"),
        depends_on=place.ec2("vpc", [config["vpc_id"]])
        + place.ec2("security-group", config["security_group_ids"]) + arns(config["server_certificate_arn"]),
    )
