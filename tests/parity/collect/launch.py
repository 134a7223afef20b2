"""What instances are launched by, and what was bought in advance: templates, Auto Scaling, reservations, Spot."""

from .account import Unknown, attempt
from .shape import Place, arns, known, present, tags, time, unique, when_known


def collect(account):
    place = Place(account)
    bought = account.listed("ec2", "describe_reserved_instances", "ReservedInstances")
    held = account.own(account.list("ec2", "describe_capacity_reservations", "CapacityReservations", 1000))
    asked = account.list("ec2", "describe_spot_instance_requests", "SpotInstanceRequests", 1000)
    return (
        templates(account, place)
        + auto_scaling(account, place)
        + [reserved(place, r) for r in bought]
        + [capacity_reservation(place, c) for c in held]
        + [spot_request(place, s) for s in asked]
    )


def templates(account, place):
    found = account.list("ec2", "describe_launch_templates", "LaunchTemplates", 200)
    if not found:
        return []
    work = lambda: account.pages(
        "ec2", "describe_launch_template_versions", "LaunchTemplateVersions", 200,
        Versions=["$Latest", "$Default"],
    )
    versions = account.run(lambda: attempt(work))
    settings = when_known(versions, lambda versions: {
        (v["LaunchTemplateId"], v["VersionNumber"]): of_template(v["LaunchTemplateData"]) for v in versions
    })
    return [template(place, t, settings) for t in found]


def template(place, t, settings):
    id, found = t["LaunchTemplateId"], tags(t.get("Tags"))
    missing = Unknown("the version is not among those listed")
    of = lambda version: when_known(settings, lambda settings: settings.get((id, version), missing))
    default, latest = of(t["DefaultVersionNumber"]), of(t["LatestVersionNumber"])
    config = {
        "template_name": t.get("LaunchTemplateName") or None,
        "default_version": t["DefaultVersionNumber"],
        "latest_version": t["LatestVersionNumber"],
        "default": known(default),
        "latest": known(latest),
    }
    told = [settings for settings in (default, latest) if not isinstance(settings, Unknown)]
    return place.resource(
        "AWS::EC2::LaunchTemplate", place.arn("ec2", f"launch-template/{id}"), id, config, found,
        name=found.get("Name") or t.get("LaunchTemplateName"), created_at=t.get("CreateTime"),
        depends_on=[arn for settings in told for arn in needs(place, settings)],
    )


def of_template(d):
    interfaces, metadata = d.get("NetworkInterfaces", []), d.get("MetadataOptions", {})
    groups = d.get("SecurityGroupIds", []) + d.get("SecurityGroups", [])
    public = [i["AssociatePublicIpAddress"] for i in interfaces if "AssociatePublicIpAddress" in i]
    profile = d.get("IamInstanceProfile", {})
    return {
        "image_id": d.get("ImageId") or None,
        "instance_type": d.get("InstanceType") or None,
        "by_attributes": "InstanceRequirements" in d,
        "key_name": d.get("KeyName") or None,
        "instance_profile": profile.get("Arn") or profile.get("Name") or None,
        "security_groups": unique(groups + [g for i in interfaces for g in i.get("Groups", [])]),
        "subnet_ids": present(i.get("SubnetId") for i in interfaces),
        "associate_public_ip": any(public) if public else None,
        "imds_http_tokens": metadata.get("HttpTokens"),
        "imds_http_endpoint": metadata.get("HttpEndpoint"),
        "imds_hop_limit": metadata.get("HttpPutResponseHopLimit"),
        "volumes": volumes(d.get("BlockDeviceMappings", [])),
        "ebs_optimized": d.get("EbsOptimized"),
        "detailed_monitoring": d.get("Monitoring", {}).get("Enabled"),
        "spot": d.get("InstanceMarketOptions", {}).get("MarketType") == "spot",
        "tenancy": d.get("Placement", {}).get("Tenancy"),
        "has_user_data": bool(d.get("UserData")),
    }


def volumes(mappings):
    found = [
        {
            "device": m.get("DeviceName", ""),
            "volume_type": m["Ebs"].get("VolumeType") or None,
            "size_gib": m["Ebs"].get("VolumeSize"),
            "iops": m["Ebs"].get("Iops"),
            "throughput_mibps": m["Ebs"].get("Throughput"),
            "encrypted": m["Ebs"].get("Encrypted"),
            "snapshot_id": m["Ebs"].get("SnapshotId") or None,
            "delete_on_termination": m["Ebs"].get("DeleteOnTermination"),
        }
        for m in mappings if "Ebs" in m
    ]
    return sorted(found, key=lambda v: v["device"])


def needs(place, settings):
    """ARNs of what a launch needs."""
    starting = lambda prefix, ids: [id for id in ids if id and id.startswith(prefix)]
    return (
        place.ec2("image", starting("ami-", [settings["image_id"]]))
        + place.ec2("security-group", starting("sg-", settings["security_groups"]))
        + place.ec2("subnet", settings["subnet_ids"])
        + place.ec2("snapshot", [volume["snapshot_id"] for volume in settings["volumes"]])
        + arns(settings["instance_profile"])
    )


def auto_scaling(account, place):
    configurations = account.list("autoscaling", "describe_launch_configurations", "LaunchConfigurations", 100)
    configurations = [configuration(place, c) for c in configurations]
    by_name = {c["id"]: c["arn"] for c in configurations}
    groups = account.list("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", 100)
    return [group(place, g, by_name) for g in groups] + configurations


def configuration(place, c):
    name, metadata = c["LaunchConfigurationName"], c.get("MetadataOptions", {})
    settings = {
        "image_id": c.get("ImageId") or None,
        "instance_type": c.get("InstanceType") or None,
        "by_attributes": False,
        "key_name": c.get("KeyName") or None,
        "instance_profile": c.get("IamInstanceProfile") or None,
        "security_groups": unique(c.get("SecurityGroups", [])),
        "subnet_ids": [],
        "associate_public_ip": c.get("AssociatePublicIpAddress"),
        "imds_http_tokens": metadata.get("HttpTokens"),
        "imds_http_endpoint": metadata.get("HttpEndpoint"),
        "imds_hop_limit": metadata.get("HttpPutResponseHopLimit"),
        "volumes": volumes(c.get("BlockDeviceMappings", [])),
        "ebs_optimized": c.get("EbsOptimized"),
        "detailed_monitoring": c.get("InstanceMonitoring", {}).get("Enabled"),
        "spot": bool(c.get("SpotPrice")),
        "tenancy": c.get("PlacementTenancy") or None,
        "has_user_data": bool(c.get("UserData")),
    }
    return place.resource(
        "AWS::AutoScaling::LaunchConfiguration", c["LaunchConfigurationARN"], name,
        {"settings": settings, "spot_price": c.get("SpotPrice") or None}, name=name,
        created_at=c.get("CreatedTime"), depends_on=needs(place, settings),
    )


def group(place, g, configurations):
    name, mixed = g["AutoScalingGroupName"], g.get("MixedInstancesPolicy", {})
    distribution = mixed.get("InstancesDistribution")
    mixed = mixed.get("LaunchTemplate", {})
    overrides = mixed.get("Overrides", [])
    template = g.get("LaunchTemplate") or mixed.get("LaunchTemplateSpecification") or {}
    if template.get("LaunchTemplateId"):
        id = template["LaunchTemplateId"]
        launch = {"by": "template", "id": id, "version": template.get("Version") or "$Default"}
        launched = place.ec2("launch-template", [id])
    elif named := g.get("LaunchConfigurationName"):
        launch = {"by": "configuration", "name": named}
        launched = arns(configurations.get(named))
    else:
        launch, launched = {"by": "unknown"}, []
    overriding = [o.get("LaunchTemplateSpecification", {}).get("LaunchTemplateId") for o in overrides]
    balancers = unique(g.get("LoadBalancerNames", []))
    instances = [
        {
            "instance_id": i["InstanceId"],
            "lifecycle_state": i.get("LifecycleState", ""),
            "healthy": i.get("HealthStatus", "").lower() == "healthy",
            "protected_from_scale_in": i.get("ProtectedFromScaleIn", False),
        }
        for i in g.get("Instances", [])
    ]
    config = {
        "min_size": g["MinSize"],
        "max_size": g["MaxSize"],
        "desired_capacity": g["DesiredCapacity"],
        "launch": launch,
        "instance_types": [o["InstanceType"] for o in overrides if o.get("InstanceType")],
        "mix": distribution and {
            "on_demand_base": distribution.get("OnDemandBaseCapacity", 0),
            "on_demand_percentage": distribution.get("OnDemandPercentageAboveBaseCapacity", 100),
            "spot_allocation_strategy": distribution.get("SpotAllocationStrategy") or None,
        },
        "availability_zones": unique(g.get("AvailabilityZones", [])),
        "subnet_ids": present(id.strip() for id in g.get("VPCZoneIdentifier", "").split(",")),
        "instances": sorted(instances, key=lambda i: i["instance_id"]),
        "load_balancer_names": balancers,
        "target_group_arns": unique(g.get("TargetGroupARNs", [])),
        "health_check_type": g.get("HealthCheckType", ""),
        "suspended_processes": present(p.get("ProcessName") for p in g.get("SuspendedProcesses", [])),
        "capacity_rebalance": g.get("CapacityRebalance", False),
        "protected_from_scale_in": g.get("NewInstancesProtectedFromScaleIn", False),
        "status": g.get("Status") or None,
    }
    return place.resource(
        "AWS::AutoScaling::AutoScalingGroup", g["AutoScalingGroupARN"], name, config, tags(g.get("Tags")),
        name=name, created_at=g.get("CreatedTime"),
        depends_on=place.ec2("subnet", config["subnet_ids"]) + launched
        + place.ec2("launch-template", overriding) + arns(*config["target_group_arns"])
        + [place.arn("elasticloadbalancing", f"loadbalancer/{name}") for name in balancers],
    )


def micros(amount):
    return round(amount * 1e6)


def reserved(place, r):
    id, dollars = r["ReservedInstancesId"], r.get("CurrencyCode", "USD") == "USD"
    hourly = sum(c["Amount"] for c in r.get("RecurringCharges", []) if c.get("Frequency") == "Hourly")
    config = {
        "instance_type": r.get("InstanceType", ""),
        "instance_count": r.get("InstanceCount", 0),
        "platform": r.get("ProductDescription", "Linux/UNIX").removesuffix(" (Amazon VPC)"),
        "scope": r.get("Scope", ""),
        "availability_zone": r.get("AvailabilityZone") or None,
        "tenancy": r.get("InstanceTenancy", "default"),
        "offering_class": r.get("OfferingClass", ""),
        "offering_type": r.get("OfferingType", ""),
        "state": r.get("State", ""),
        "starts_at": time(r.get("Start")),
        "ends_at": time(r.get("End")),
        "term_seconds": r.get("Duration", 0),
        "upfront_micros": micros(r["FixedPrice"]) if dollars and "FixedPrice" in r else None,
        "hourly_micros": micros(hourly + r.get("UsagePrice", 0.0)) if dollars else None,
    }
    return place.resource(
        "AWS::EC2::ReservedInstances", place.arn("ec2", f"reserved-instances/{id}"), id, config,
        tags(r.get("Tags")), created_at=r.get("Start"),
    )


def capacity_reservation(place, c):
    id = c["CapacityReservationId"]
    config = {
        "instance_type": c.get("InstanceType", ""),
        "platform": c.get("InstancePlatform", ""),
        "tenancy": c.get("Tenancy", "default"),
        "availability_zone": c.get("AvailabilityZone", ""),
        "state": c.get("State", ""),
        "total_count": c.get("TotalInstanceCount", 0),
        "available_count": c.get("AvailableInstanceCount", 0),
        "ends_at": time(c.get("EndDate")),
        "match_criteria": c.get("InstanceMatchCriteria", ""),
        "reservation_type": c.get("ReservationType", "default"),
    }
    arn = c.get("CapacityReservationArn") or place.arn("ec2", f"capacity-reservation/{id}")
    return place.resource(
        "AWS::EC2::CapacityReservation", arn, id, config, tags(c.get("Tags")), created_at=c.get("CreateDate")
    )


def spot_request(place, s):
    id, instance = s["SpotInstanceRequestId"], s.get("InstanceId")
    config = {
        "state": s.get("State", ""),
        "status": s.get("Status", {}).get("Code") or None,
        "request_type": s.get("Type", ""),
        "instance_type": s.get("LaunchSpecification", {}).get("InstanceType") or None,
        "instance_id": instance or None,
        "availability_zone": s.get("LaunchedAvailabilityZone") or None,
        "maximum_price": s.get("SpotPrice") or None,
        "interruption_behavior": s.get("InstanceInterruptionBehavior") or None,
        "valid_until": time(s.get("ValidUntil")),
    }
    return place.resource(
        "AWS::EC2::SpotInstanceRequest", place.arn("ec2", f"spot-instances-request/{id}"), id, config,
        tags(s.get("Tags")), created_at=s.get("CreateTime"), depends_on=place.ec2("instance", [instance]),
    )
