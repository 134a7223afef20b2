"""Any other type: what Cloud Control lists, and what has tags."""

import json

from .account import GLOBAL, Unknown, attempt
from .shape import Place, is_arn, tags

# Types of services that are not of a region, among those that are asked for.
WORLDWIDE = ("AWS::Route53::",)

# Types that are listed for each resource of another type, and how their schemas call that one's identifier.
BELONGING = {"AWS::AppConfig::Environment": ("AWS::AppConfig::Application", "ApplicationId")}


def collect(account, types):
    if not types:
        return []
    place = Place(account)
    found = account.run(lambda: attempt(
        lambda: account.pages("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", 100)))
    tagged = {} if isinstance(found, Unknown) else {
        one["ResourceARN"]: tags(one["Tags"]) for one in found if is_here(account, one["ResourceARN"])
    }
    here = [name for name in types if name.startswith(WORLDWIDE) == (account.region == GLOBAL)]
    resources = []
    told = lambda name, **more: account.list(
        "cloudcontrol", "list_resources", "ResourceDescriptions", TypeName=name, **more)
    for name in sorted(here):
        if name not in BELONGING:
            resources += [listed(place, name, one, tagged) for one in told(name)]
            continue
        parent_type, property = BELONGING[name]
        for parent in told(parent_type):
            owner = listed(place, parent_type, parent, tagged)["arn"]
            for one in told(name, ResourceModel=json.dumps({property: parent["Identifier"]})):
                resources.append(listed(place, name, one, tagged, owner))
    return resources + [only_tagged(place, types, arn, told) for arn, told in sorted(tagged.items())]


def is_here(account, arn):
    """Buckets have no region in their ARN, and are of one all the same."""
    _, _, service, region, _, _ = arn.split(":", 5)
    return region == account.region if region else account.region == GLOBAL and service != "s3"


def last(arn):
    return arn.replace(":", "/").rsplit("/", 1)[-1]


def named(value):
    """The ARNs among properties, of objects those of their buckets, but for those in policies."""
    if isinstance(value, dict):
        return [arn for key, one in value.items() if key != "Statement" for arn in named(one)]
    if isinstance(value, list):
        return [arn for one in value for arn in named(one)]
    if not isinstance(value, str) or not is_arn(value) or "*" in value:
        return []
    return [value.split("/")[0] if ":s3:::" in value else value]


def listed(place, name, told, tagged, *owners):
    """A resource that Cloud Control lists, with the tags that the tagging API knows of it."""
    _, service, kind = name.split("::")
    service, id = service.lower(), told["Identifier"]
    properties = json.loads(told["Properties"])
    by_name = [arn for arn in tagged if arn.split(":")[2] == service and last(arn) == id]
    arns = [arn for arn in (id, properties.get("Arn"), properties.get(f"{kind}Arn")) if is_arn(arn)] + by_name
    made_up = place.global_arn if place.is_global() else place.arn
    arn = arns[0] if arns else made_up(service, f"{kind.lower()}/{id}")
    own = properties.pop("Tags", None) or {}
    own = own if isinstance(own, dict) else tags(own)
    own |= tagged.pop(arn, {})
    called = own.get("Name") or properties.get("Name") or properties.get(f"{kind}Name")
    config = {"type_name": name, "properties": properties}
    itself = lambda other: other == arn or other.split(":")[2] == service and last(other) == id
    needs = [need for need in named(properties) if not itself(need)]
    return place.resource("Miyabi::Generic::Resource", arn, id, config, own, name=called, depends_on=needs + list(owners))


def only_tagged(place, types, arn, told):
    _, _, service, _, _, resource = arn.split(":", 5)
    kind = resource.replace("/", ":").split(":")[0]
    fits = lambda name: name.lower().split("::")[1:] == [service, kind.replace("-", "")]
    name = next((name for name in types if fits(name)), f"{service}:{kind}")
    return place.resource("Miyabi::Generic::Resource", arn, last(arn), {"type_name": name}, told)
