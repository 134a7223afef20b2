"""Who owns a resource's definition: a CloudFormation stack, another tool, or nothing known."""

import re

from .account import GLOBAL

CLUSTERS_OWN = ("ebs.csi.aws.com/cluster", "elbv2.k8s.aws/cluster", "karpenter.sh/nodepool")
MARKS = ("managedby", "provisionedby", "provisioner", "createdby", "iac", "iactool")


def of_stacks(account):
    """What stacks own, by type and physical id."""
    stacks = account.list("cloudformation", "list_stacks", "StackSummaries")
    stacks = [stack for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"]

    def resources(stack):
        listed = account.list(
            "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack["StackId"]
        )
        return [(stack["StackName"], resource) for resource in listed]

    return {
        (resource["ResourceType"], resource["PhysicalResourceId"]): (stack, resource["LogicalResourceId"])
        for listed in account.each(resources, stacks)
        for stack, resource in listed
        if resource.get("PhysicalResourceId") and resource["ResourceStatus"] != "DELETE_COMPLETE"
    }


def of(resource, owned):
    ids = [resource["id"], resource["arn"]]
    if resource["kind"] == "AWS::EC2::EIP":
        ids.append(resource["config"]["public_ip"])
    for physical_id in ids:
        if pair := owned.get((resource["kind"], physical_id)):
            return {"by": "cloud_formation", "stack": pair[0], "logical_id": pair[1]}
    found = resource.get("tags", {})
    if stack := found.get("aws:cloudformation:stack-name"):
        # Tags are passed on, for example from an instance to its volumes, but not to anything of IAM.
        logical_id = found.get("aws:cloudformation:logical-id")
        told = logical_id and resource["region"] == GLOBAL
        return {"by": "cloud_formation", "stack": stack} | ({"logical_id": logical_id} if told else {})
    return {"by": by_tags(found)}


def by_tags(found):
    if "crossplane-kind" in found and "crossplane-name" in found:
        return "crossplane"
    if "services.k8s.aws/controller-version" in found:
        return "aws_controllers_for_kubernetes"
    for key, value in sorted(found.items()):
        if tool := marked(key, value):
            return tool
    if "alpha.eksctl.io/cluster-name" in found:
        return "eksctl"
    owned = [key for key, value in found.items() if key.startswith("kubernetes.io/cluster/") and value == "owned"]
    return "kubernetes" if owned or any(key in found for key in CLUSTERS_OWN) else "none"


def marked(key, value):
    key, value = (re.sub("[^a-z0-9]", "", text.lower()) for text in (key, value))
    if key in MARKS:
        if "terraform" in value or "opentofu" in value:
            return "terraform"
        return "pulumi" if "pulumi" in value else None
    if key in ("terraform", "pulumi"):
        return key if value in ("true", "yes", "1") else None
    return "pulumi" if key in ("pulumiproject", "pulumistack") else None
