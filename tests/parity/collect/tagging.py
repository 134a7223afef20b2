"""Tags of a whole kind of resource, from the Resource Groups Tagging API."""

from .account import attempt
from .shape import tags, when_known


def of_kind(account, kind):
    """A function that tells the tags of an ARN."""
    work = lambda: account.pages(
        "resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", 100, ResourceTypeFilters=[kind]
    )
    found = account.run(lambda: attempt(work))
    by_arn = when_known(found, lambda found: {one["ResourceARN"]: tags(one["Tags"]) for one in found})
    return lambda arn: when_known(by_arn, lambda by_arn: by_arn.get(arn, {}))
