"""Elastic Load Balancing: classic, application, network and gateway load balancers."""

from . import metrics
from .account import Unknown
from .shape import Place, arns, known, present, tags, unique, when_known

TAGS_BATCH = 20
V2_METRICS = {
    "application": ("AWS/ApplicationELB", "RequestCount", "ActiveConnectionCount", "ProcessedBytes",
                    "ConsumedLCUs"),
    "network": ("AWS/NetworkELB", "ActiveFlowCount", "NewFlowCount", "ProcessedBytes", "ConsumedLCUs"),
    "gateway": ("AWS/GatewayELB", "ActiveFlowCount", "NewFlowCount", "ProcessedBytes", "ConsumedLCUs"),
}


def collect(account):
    place = Place(account)
    return classic(account, place) + v2(account, place)


def tags_of(account, service, argument, key, ids):
    """Tags by id, or why they are not known."""
    batches = [ids[i:i + TAGS_BATCH] for i in range(0, len(ids), TAGS_BATCH)]
    ask = lambda batch: account.client(service).describe_tags(**{argument: batch})["TagDescriptions"]
    found = {}
    for batch, told in zip(batches, account.details(batches, tags=ask)):
        if isinstance(told["tags"], Unknown):
            found.update({id: told["tags"] for id in batch})
        else:
            found.update({one[key]: tags(one["Tags"]) for one in told["tags"]})
    return found


def classic(account, place):
    balancers = account.list("elb", "describe_load_balancers", "LoadBalancerDescriptions", 400)
    elb, names = account.client("elb"), [b["LoadBalancerName"] for b in balancers]
    attributes = account.details(names, told=lambda name: (
        elb.describe_load_balancer_attributes(LoadBalancerName=name)["LoadBalancerAttributes"]))
    tagged = tags_of(account, "elb", "LoadBalancerNames", "LoadBalancerName", names)
    found = [
        classic_balancer(place, b, when_known(a["told"], classic_attributes), tagged.get(b["LoadBalancerName"]))
        for b, a in zip(balancers, attributes)
    ]
    return metrics.fill(
        account, found, metrics.of("AWS/ELB", "LoadBalancerName", "RequestCount", "HealthyHostCount")
    )


def classic_attributes(a):
    log = a.get("AccessLog", {})
    more = {one["Key"]: one.get("Value") for one in a.get("AdditionalAttributes", [])}
    return {
        "access_log": log.get("Enabled", False),
        "access_log_bucket": log.get("S3BucketName") or None,
        "cross_zone": a.get("CrossZoneLoadBalancing", {}).get("Enabled", False),
        "connection_draining": a.get("ConnectionDraining", {}).get("Enabled", False),
        "idle_timeout_seconds": a.get("ConnectionSettings", {}).get("IdleTimeout"),
        "desync_mitigation_mode": more.get("elb.http.desyncmitigationmode") or None,
    }


def classic_balancer(place, b, attributes, tagged):
    name = b["LoadBalancerName"]
    listeners = [
        {
            "port": d["Listener"]["LoadBalancerPort"],
            "protocol": d["Listener"]["Protocol"].upper(),
            "instance_port": d["Listener"]["InstancePort"],
            "instance_protocol": d["Listener"].get("InstanceProtocol", "").upper() or None,
            "certificate_arn": d["Listener"].get("SSLCertificateId") or None,
            "policy_names": unique(d.get("PolicyNames", [])),
        }
        for d in b.get("ListenerDescriptions", [])
    ]
    config = {
        "scheme": b.get("Scheme") or None,
        "vpc_id": b.get("VPCId") or None,
        "subnet_ids": unique(b.get("Subnets", [])),
        "availability_zones": unique(b.get("AvailabilityZones", [])),
        "security_group_ids": unique(b.get("SecurityGroups", [])),
        "instance_ids": unique(i["InstanceId"] for i in b.get("Instances", [])),
        "dns_name": b.get("DNSName") or None,
        "listeners": sorted(listeners, key=lambda listener: listener["port"]),
        "health_check_target": b.get("HealthCheck", {}).get("Target") or None,
        "attributes": known(attributes),
    }
    return place.resource(
        "AWS::ElasticLoadBalancing::LoadBalancer", place.arn("elasticloadbalancing", f"loadbalancer/{name}"),
        name, config, tagged, name=name, created_at=b.get("CreatedTime"),
        depends_on=place.ec2("instance", config["instance_ids"]) + place.ec2("subnet", config["subnet_ids"])
        + place.ec2("security-group", config["security_group_ids"]) + place.ec2("vpc", [config["vpc_id"]])
        + arns(*(listener["certificate_arn"] for listener in config["listeners"])),
    )


def v2(account, place):
    elb = account.client("elbv2")
    balancers = account.list("elbv2", "describe_load_balancers", "LoadBalancers", 400)
    groups = account.list("elbv2", "describe_target_groups", "TargetGroups", 400)
    told = account.details(
        balancers,
        attributes=lambda b: elb.describe_load_balancer_attributes(
            LoadBalancerArn=b["LoadBalancerArn"])["Attributes"],
        listeners=lambda b: account.pages(
            "elbv2", "describe_listeners", "Listeners", LoadBalancerArn=b["LoadBalancerArn"]),
    )
    lists = certificate_lists(account, told)
    health = account.details(groups, targets=lambda g: elb.describe_target_health(
        TargetGroupArn=g["TargetGroupArn"])["TargetHealthDescriptions"])
    ids = [b["LoadBalancerArn"] for b in balancers] + [g["TargetGroupArn"] for g in groups]
    tagged = tags_of(account, "elbv2", "ResourceArns", "ResourceArn", ids)
    behind = {}
    for g in groups:
        for arn in g.get("LoadBalancerArns", []):
            behind.setdefault(arn, []).append(g["TargetGroupArn"])
    found = [
        balancer(place, b, t, lists, behind.get(b["LoadBalancerArn"], []), tagged.get(b["LoadBalancerArn"]))
        for b, t in zip(balancers, told)
    ]
    metrics.fill(account, found, v2_metrics)
    return found + [
        target_group(place, g, h["targets"], tagged.get(g["TargetGroupArn"])) for g, h in zip(groups, health)
    ]


def certificate_lists(account, told):
    """What listeners that speak TLS have besides their default certificates, by the listeners' ARNs."""
    heard = [one for t in told if not isinstance(t["listeners"], Unknown) for one in t["listeners"]]
    arns = [one["ListenerArn"] for one in heard if one.get("Protocol") in ("HTTPS", "TLS")]
    lists = account.details(arns, certificates=lambda arn: account.pages(
        "elbv2", "describe_listener_certificates", "Certificates", ListenerArn=arn))
    return {arn: l["certificates"] for arn, l in zip(arns, lists)}


def v2_metrics(resource):
    namespace, *names = V2_METRICS.get(resource["config"]["load_balancer_type"], [""])
    id = resource["arn"].split(":", 5)[5].removeprefix("loadbalancer/")
    return [(namespace, name, [("LoadBalancer", id)]) for name in names]


def balancer(place, b, told, lists, behind, tagged):
    zones = b.get("AvailabilityZones", [])
    listeners = when_known(told["listeners"], lambda found: sorted(
        (listener(one, lists.get(one["ListenerArn"], [])) for one in found),
        key=lambda one: (one["port"] or 0, one["arn"])))
    config = {
        "load_balancer_type": b.get("Type", ""),
        "scheme": b.get("Scheme") or None,
        "state": b.get("State", {}).get("Code", ""),
        "vpc_id": b.get("VpcId") or None,
        "subnet_ids": present(zone.get("SubnetId") for zone in zones),
        "availability_zones": present(zone.get("ZoneName") for zone in zones),
        "security_group_ids": unique(b.get("SecurityGroups", [])),
        "dns_name": b.get("DNSName") or None,
        "ip_address_type": b.get("IpAddressType") or None,
        "attributes": known(when_known(told["attributes"], lambda found: {
            one["Key"]: one.get("Value", "") for one in found})),
        "listeners": known(listeners),
    }
    heard = [] if isinstance(listeners, Unknown) else listeners
    actions = [action for one in heard for action in one["default_actions"]]
    name = b["LoadBalancerName"]
    return place.resource(
        "AWS::ElasticLoadBalancingV2::LoadBalancer", b["LoadBalancerArn"], name, config, tagged, name=name,
        created_at=b.get("CreatedTime"),
        depends_on=place.ec2("subnet", config["subnet_ids"])
        + place.ec2("security-group", config["security_group_ids"]) + place.ec2("vpc", [config["vpc_id"]])
        + [arn for action in actions for arn in arns(*action.get("target_group_arns", []))]
        + [arn for one in heard for arn in arns(*one["certificate_arns"])]
        + [arn for one in heard for arn in arns(*one["sni_certificate_arns"].get("known", []))] + behind,
    )


def listener(found, certificates):
    return {
        "arn": found["ListenerArn"],
        "port": found.get("Port"),
        "protocol": found.get("Protocol") or None,
        "ssl_policy": found.get("SslPolicy") or None,
        "certificate_arns": present(c.get("CertificateArn") for c in found.get("Certificates", [])),
        "sni_certificate_arns": known(when_known(certificates, lambda all: present(
            c.get("CertificateArn") for c in all if not c.get("IsDefault")))),
        "default_actions": [action(one) for one in found.get("DefaultActions", [])],
    }


def action(found):
    kind = found["Type"]
    if kind == "forward":
        groups = [g.get("TargetGroupArn") for g in found.get("ForwardConfig", {}).get("TargetGroups", [])]
        return {"do": "forward", "target_group_arns": present([*groups, found.get("TargetGroupArn")])}
    if kind == "redirect":
        to = found.get("RedirectConfig", {})
        return {
            "do": "redirect",
            "protocol": to.get("Protocol", "#{protocol}"),
            "port": to.get("Port", "#{port}"),
            "host": to.get("Host", "#{host}"),
            "path": to.get("Path", "/#{path}"),
            "query": to.get("Query", "#{query}"),
            "status_code": to.get("StatusCode"),
        }
    return {"do": "fixed_response"} if kind == "fixed-response" else {"do": "other", "action": kind}


def target_group(place, g, health, tagged):
    targets = when_known(health, lambda found: sorted(
        (
            {
                "id": d["Target"]["Id"],
                "port": d["Target"].get("Port"),
                "health": d.get("TargetHealth", {}).get("State", ""),
                "reason": d.get("TargetHealth", {}).get("Reason") or None,
            }
            for d in found
        ),
        key=lambda target: (target["id"], target["port"] or 0),
    ))
    kind = g.get("TargetType", "")
    config = {
        "target_type": kind,
        "protocol": g.get("Protocol") or None,
        "port": g.get("Port"),
        "vpc_id": g.get("VpcId") or None,
        "load_balancer_arns": unique(g.get("LoadBalancerArns", [])),
        "health_check_protocol": g.get("HealthCheckProtocol") or None,
        "health_check_path": g.get("HealthCheckPath") or None,
        "targets": known(targets),
    }
    ids = [] if isinstance(targets, Unknown) else [target["id"] for target in targets]
    needed = {"instance": place.ec2("instance", ids), "lambda": arns(*ids), "alb": arns(*ids)}.get(kind, [])
    name = g["TargetGroupName"]
    return place.resource(
        "AWS::ElasticLoadBalancingV2::TargetGroup", g["TargetGroupArn"], name, config, tagged, name=name,
        depends_on=needed + place.ec2("vpc", [config["vpc_id"]]),
    )
