"""moto's server, its CloudFormation completed.

moto drops some properties of EC2 resources when CloudFormation creates them: the type and encryption
of a volume, metadata options and groups of an instance, IPv6 rules of a security group, public addresses of
a subnet, tags of an address. It keeps policies and encryption settings as they came, which its own readers cannot
read, and attaches no managed ones. A stack deployed into it would not be the stack that its template describes.
It knows no public image, puts the root volume of any instance beside the one that is mapped to its root device, and
says of each volume that it outlives its instance. Addresses of a deleted NAT gateway are never free again, and
scanning of images cannot be switched off without a word.
It also lists every snapshot as restorable by everyone, puts NAT gateways into security groups, counts no metric filters of log groups, tells no names
of managed policies in the authorization details, and writes times of queues as fractions;
of Cost Explorer it has the costs alone.
"""

import json

from moto.acm.models import acm_backends
from moto.ce.responses import CostExplorerResponse
from moto.ec2.models import ec2_backends
from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.models.elastic_block_store import Volume, VolumeAttachment
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.instances import Instance, InstanceBackend
from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroup
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPCEndPoint
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.ecr.models import Repository
from moto.elbv2.models import ELBv2Backend
from moto.elbv2.responses import ELBV2Response
from moto.iam.models import ManagedPolicy, Role, User, iam_backends
from moto.kms.models import Key
from moto.logs.models import LogGroup, logs_backends
from moto.server import main
from moto.sqs.models import Queue


def tags(properties):
    return {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}


def true(value):
    return str(value).lower() == "true"


ROOT_DEVICE = "/dev/xvda"

describe_images = AmiBackend.describe_images


def public_images(self, ami_ids=None, *arguments, **named):
    """Whatever image is asked for by its id is there: one of Amazon Linux."""
    for ami_id in ami_ids or []:
        if ami_id.startswith("ami-") and ami_id not in self.amis and ami_id not in self.deleted_amis:
            image = Ami(
                self,
                ami_id,
                name="al2023-ami-kernel-default-x86_64",
                owner_id="137112412989",
                owner_alias="amazon",
                public=True,
                virtualization_type="hvm",
                architecture="x86_64",
                root_device_type="ebs",
                root_device_name=ROOT_DEVICE,
                region_name=f"{self.region_name}a",
            )
            self.amis[ami_id] = image
            # Its snapshot is not the account's.
            del self.snapshots[image.ebs_snapshot.id]
    return describe_images(self, ami_ids, *arguments, **named)


AmiBackend.describe_images = public_images

run_instances = InstanceBackend.run_instances


def run_known_images(self, image_id, *arguments, **named):
    if image_id and image_id.startswith("ami-"):
        self.describe_images([image_id])
    return run_instances(self, image_id, *arguments, **named)


InstanceBackend.run_instances = run_known_images


def default_root_volume(self):
    volume = self.ec2_backend.create_volume(size=8, zone_name=self._placement.zone)
    self.ec2_backend.attach_volume(volume.id, self.id, self.root_device_name, True)


Instance.setup_defaults = default_root_volume

add_block_device = Instance.add_block_device


def mapped_block_device(self, size, device_path, *arguments, **named):
    """What is mapped to a device takes the place of the volume that was there by default."""
    if default := self.block_device_mapping.get(device_path):
        self.ec2_backend.detach_volume(default.volume_id, self.id, device_path)
        self.ec2_backend.delete_volume(default.volume_id)
    return add_block_device(self, size, device_path, *arguments, **named)


Instance.add_block_device = mapped_block_device


def goes_with_its_instance(self):
    """The instance knows it, its volume does not."""
    mapped = self.instance.block_device_mapping.get(self.device)
    return bool(mapped and mapped.delete_on_termination)


VolumeAttachment.delete_on_termination = property(goes_with_its_instance)

modify = Volume.modify


def modified(self, *arguments, **named):
    modify(self, *arguments, **named)
    # Figures of the former type do not stay.
    if self.volume_type not in ("gp3", "io1", "io2"):
        self.iops = None
    if self.volume_type != "gp3":
        self.throughput = None


Volume.modify = modified


def volume(cls, name, template, account_id, region_name, **kwargs):
    properties = template["Properties"]
    iops, throughput = properties.get("Iops"), properties.get("Throughput")
    created = ec2_backends[account_id][region_name].create_volume(
        size=int(properties["Size"]),
        zone_name=properties["AvailabilityZone"],
        snapshot_id=properties.get("SnapshotId"),
        encrypted=true(properties.get("Encrypted", False)),
        kms_key_id=properties.get("KmsKeyId"),
        volume_type=properties.get("VolumeType", "gp2"),
        iops=iops and int(iops),
        throughput=throughput and int(throughput),
    )
    created.add_tags(tags(properties))
    return created


def address(cls, name, template, account_id, region_name, **kwargs):
    properties = template.get("Properties") or {}
    backend = ec2_backends[account_id][region_name]
    created = backend.allocate_address(domain="vpc")
    created.add_tags(tags(properties))
    if instance := properties.get("InstanceId"):
        backend.associate_address(backend.get_instance_by_id(instance), address=created.public_ip)
    return created


def instance(cls, name, template, account_id, region_name, **kwargs):
    properties = template["Properties"]
    backend = ec2_backends[account_id][region_name]
    mappings = properties.get("BlockDeviceMappings")
    for mapping in mappings or []:
        ebs = mapping.get("Ebs", {})
        ebs["VolumeSize"] = int(ebs.get("VolumeSize", 8))
        ebs["Encrypted"] = true(ebs.get("Encrypted", False))
        ebs["DeleteOnTermination"] = true(ebs.get("DeleteOnTermination", True))
    launched = backend.run_instances(
        image_id=properties["ImageId"],
        count=1,
        user_data=properties.get("UserData"),
        security_group_names=properties.get("SecurityGroups", []),
        security_group_ids=properties.get("SecurityGroupIds", []),
        instance_type=properties.get("InstanceType", "m1.small"),
        is_instance_type_default=not properties.get("InstanceType"),
        region_name=region_name,
        subnet_id=properties.get("SubnetId"),
        key_name=properties.get("KeyName"),
        private_ip=properties.get("PrivateIpAddress"),
        ebs_optimized=true(properties.get("EbsOptimized", False)),
        metadata_options=properties.get("MetadataOptions", {}),
        tags={"instance": tags(properties), "volume": tags(properties)},
        **({"block_device_mappings": mappings} if mappings else {}),
    ).instances[0]
    if profile := properties.get("IamInstanceProfile"):
        backend.associate_iam_instance_profile(launched.id, iam_instance_profile_name=profile)
    return launched


def security_group(cls, name, template, account_id, region_name, **kwargs):
    properties = template["Properties"]
    backend = ec2_backends[account_id][region_name]
    created = backend.create_security_group(
        name=properties.get("GroupName", name),
        description=properties["GroupDescription"],
        vpc_id=properties.get("VpcId"),
    )
    created.add_tags(tags(properties))
    # AWS::NoValue stays in a list.
    ingress, egress = (
        [rule for rule in properties.get(f"SecurityGroup{side}", []) if rule] for side in ("Ingress", "Egress")
    )
    if egress:
        backend.revoke_security_group_egress(
            created.id, "-1", None, None, [{"CidrIp": "0.0.0.0/0"}], vpc_id=created.vpc_id
        )
    for authorize, rules in (
        (backend.authorize_security_group_ingress, ingress),
        (backend.authorize_security_group_egress, egress),
    ):
        for rule in rules:
            description = {"Description": rule["Description"]} if "Description" in rule else {}
            ranges = [
                {key: rule[key], **description} for key in ("CidrIp", "CidrIpv6") if key in rule
            ]
            peer = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
            authorize(
                created.id,
                str(rule["IpProtocol"]),
                rule.get("FromPort"),
                rule.get("ToPort"),
                ranges,
                source_groups=[{"GroupId": peer, **description}] if peer else [],
                vpc_id=created.vpc_id,
            )
    return created


create_subnet = Subnet.create_from_cloudformation_json.__func__


def subnet(cls, name, template, account_id, region_name, **kwargs):
    created = create_subnet(cls, name, template, account_id, region_name, **kwargs)
    public = true(template["Properties"].get("MapPublicIpOnLaunch", False))
    created.map_public_ip_on_launch = public
    return created


create_nat_gateway = NatGateway.create_from_cloudformation_json.__func__


def nat_gateway(cls, name, template, account_id, region_name, **kwargs):
    created = create_nat_gateway(cls, name, template, account_id, region_name, **kwargs)
    created.add_tags(tags(template["Properties"]))
    # It is AWS's own, and in no security group.
    created._eni._group_set = []
    return created


delete_nat_gateway = NatGatewayBackend.delete_nat_gateway


def free_its_addresses(self, nat_gateway_id):
    gateway = delete_nat_gateway(self, nat_gateway_id)
    for used in gateway.address_set:
        if "publicIp" in used:
            self.disassociate_address(address=used["publicIp"])
    return gateway


NatGatewayBackend.delete_nat_gateway = free_its_addresses


def scan_or_not(self, image_scanning_configuration):
    # What is not said is off, and an SDK may leave out what is off.
    if image_scanning_configuration is not None:
        self.image_scanning_configuration = image_scanning_configuration or {"scanOnPush": False}


Repository._update_image_scanning_configuration = scan_or_not

create_endpoint = VPCEndPoint.create_from_cloudformation_json.__func__


def endpoint(cls, name, template, account_id, region_name, **kwargs):
    created = create_endpoint(cls, name, template, account_id, region_name, **kwargs)
    if isinstance(created.policy_document, dict):
        created.policy_document = json.dumps(created.policy_document)
    return created


create_repository = Repository.create_from_cloudformation_json.__func__


def repository(cls, name, template, account_id, region_name, **kwargs):
    properties = template["Properties"]
    if encryption := properties.get("EncryptionConfiguration"):
        names = {"EncryptionType": "encryptionType", "KmsKey": "kmsKey"}
        properties["EncryptionConfiguration"] = {names[key]: value for key, value in encryption.items()}
    return create_repository(cls, name, template, account_id, region_name, **kwargs)


create_key = Key.create_from_cloudformation_json.__func__


def key(cls, name, template, account_id, region_name, **kwargs):
    created = create_key(cls, name, template, account_id, region_name, **kwargs)
    if isinstance(created.policy, dict):
        created.policy = json.dumps(created.policy)
    return created


def attach(properties, account_id, attach_policy):
    for arn in properties.get("ManagedPolicyArns") or []:
        # AWS's own policies are there only where they were loaded.
        if arn in iam_backends[account_id]["aws"].managed_policies:
            attach_policy(arn)


create_role = Role.create_from_cloudformation_json.__func__


def role(cls, name, template, account_id, region_name, **kwargs):
    created = create_role(cls, name, template, account_id, region_name, **kwargs)
    for policy in template["Properties"].get("Policies") or []:
        created.put_policy(policy["PolicyName"], json.dumps(policy["PolicyDocument"]))
    backend = iam_backends[account_id]["aws"]
    attach(template["Properties"], account_id, lambda arn: backend.attach_role_policy(arn, created.name))
    return created


create_user = User.create_from_cloudformation_json.__func__


def user(cls, name, template, account_id, region_name, **kwargs):
    created = create_user(cls, name, template, account_id, region_name, **kwargs)
    properties = template["Properties"]
    backend = iam_backends[account_id]["aws"]
    for policy in properties.get("Policies") or []:
        document = json.dumps(policy["PolicyDocument"])
        backend.put_user_policy(created.name, policy["PolicyName"], document)
    attach(properties, account_id, lambda arn: backend.attach_user_policy(arn, created.name))
    return created


describe_snapshots = ElasticBlockStore.describe_snapshots


def restorable_snapshots(self):
    answer = describe_snapshots(self)
    if "all" in (self._get_param("RestorableByUserIds") or []):
        found = answer.result["Snapshots"]
        public = [snapshot for snapshot in found if "all" in snapshot.create_volume_permission_groups]
        answer.result["Snapshots"] = public
    return answer


ElasticBlockStore.describe_snapshots = restorable_snapshots

# GetAccountAuthorizationDetails answers policies without their names.
ManagedPolicy.policy_name = property(lambda self: self.name)

attributes = Queue.attributes.fget


def whole_seconds(self):
    found = attributes(self)
    for name in ("CreatedTimestamp", "LastModifiedTimestamp"):
        found[name] = int(found[name])
    return found


Queue.attributes = property(whole_seconds)

describe_log_group = LogGroup.to_describe_dict


def counted_log_group(self):
    filters = logs_backends[self.account_id][self.region].filters.metric_filters
    count = sum(one["logGroupName"] == self.name for one in filters)
    return describe_log_group(self) | {"metricFilterCount": count}


LogGroup.to_describe_dict = counted_log_group

cost_and_usage = CostExplorerResponse.get_cost_and_usage

# What instances cost an hour on demand, by account, as the costs that were set last tell.
running = {}


def running_costs(days):
    costs = [
        float(group["Metrics"]["UnblendedCost"]["Amount"])
        for day in days
        for group in day["Groups"]
        if group["Keys"] == ["Amazon Elastic Compute Cloud - Compute"]
    ]
    return sum(costs) / (24 * len(days)) if days else 0


def grouped_costs(self):
    """The costs that were set are by service. All of them are the account's own, and untagged."""
    answer = json.loads(cost_and_usage(self))
    by = json.loads(self.body)["GroupBy"][0]
    if by["Key"] == "SERVICE":
        running[self.current_account] = running_costs(answer["ResultsByTime"][-30:])
        return json.dumps(answer)
    group = f"{by['Key']}$" if by["Type"] == "TAG" else self.current_account
    for day in answer["ResultsByTime"]:
        total = sum(float(g["Metrics"]["UnblendedCost"]["Amount"]) for g in day["Groups"])
        cost = {"UnblendedCost": {"Amount": f"{total:.6f}", "Unit": "USD"}}
        day["Groups"] = [{"Keys": [group], "Metrics": cost}]
    return json.dumps(answer)


CostExplorerResponse.get_cost_and_usage = grouped_costs

# An account without commitments, anomalies, or enough of a past to foretell costs from.
for name, nothing in {
    "get_anomalies": {"Anomalies": []},
    "get_cost_forecast": {"ForecastResultsByTime": []},
    "get_reservation_coverage": {"CoveragesByTime": []},
    "get_reservation_purchase_recommendation": {"Recommendations": []},
    "get_reservation_utilization": {"UtilizationsByTime": []},
    "get_savings_plans_coverage": {"SavingsPlansCoverages": []},
    "get_savings_plans_utilization_details": {
        "SavingsPlansUtilizationDetails": [],
        "TimePeriod": {"Start": "", "End": ""},
    },
}.items():
    setattr(CostExplorerResponse, name, lambda self, nothing=nothing: json.dumps(nothing))


def savings_plans_to_buy(self):
    """A Compute Savings Plan for nine tenths of what instances cost, at a discount of 27 %."""
    hourly = running.get(self.current_account, 0)
    if json.loads(self.body)["SavingsPlansType"] != "COMPUTE_SP" or not hourly:
        return json.dumps({})
    covered = hourly * 0.9
    return json.dumps({"SavingsPlansPurchaseRecommendation": {
        "SavingsPlansPurchaseRecommendationDetails": [{
            "AccountId": self.current_account,
            "CurrencyCode": "USD",
            "HourlyCommitmentToPurchase": f"{covered * 0.73:.3f}",
            "EstimatedMonthlySavingsAmount": f"{covered * 0.27 * 730:.2f}",
            "EstimatedSavingsPercentage": "24.3",
            "EstimatedAverageUtilization": "100.0",
            "CurrentAverageHourlyOnDemandSpend": f"{hourly:.3f}",
            "UpfrontCost": "0.0",
        }],
    }})


CostExplorerResponse.get_savings_plans_purchase_recommendation = savings_plans_to_buy


def known_certificates(self, certificates):
    """CloudFormation makes no certificates here; one that a listener names is made for it, under that name."""
    made = acm_backends[self.account_id][self.region_name]
    for one in certificates or []:
        arn = one.get("CertificateArn")
        if arn in made._certificates:
            continue
        new = made.request_certificate("www.example.com", arn or "listener", [], [])
        one["CertificateArn"] = arn or new
        certificate = made._certificates.pop(new)
        certificate.arn = one["CertificateArn"]
        made._certificates[certificate.arn] = certificate
    return certificates or []


ELBv2Backend.convert_and_validate_certificates = known_certificates

# A listener itself tells its default certificate alone; moto tells those of its list too.
ELBV2Response.RESPONSE_KEY_PATH_TO_TRANSFORMER[
    "DescribeListenersOutput.Listeners.Listener.Certificates"
] = lambda arns: [{"CertificateArn": arn} for arn in arns[:1]] or None

for model, create in (
    (Volume, volume),
    (ElasticAddress, address),
    (Instance, instance),
    (SecurityGroup, security_group),
    (Subnet, subnet),
    (NatGateway, nat_gateway),
    (VPCEndPoint, endpoint),
    (Repository, repository),
    (Key, key),
    (Role, role),
    (User, user),
):
    model.create_from_cloudformation_json = classmethod(create)

if __name__ == "__main__":
    main()
