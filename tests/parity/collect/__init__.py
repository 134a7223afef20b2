"""An account's resources, read with plain boto3: one module per service."""

from concurrent.futures import ThreadPoolExecutor

from . import (
    accessanalyzer, acm, advice, apigateway, cloudfront, cloudtrail, cloudwatch, commitments, config, costs,
    dynamodb, ec2, ecr, ecs, efs, eks, elasticache, elb, functions, generic, guardduty, iam, kms, launch, logs,
    opensearch, organizations, owner, rds, redshift, s3, secretsmanager, securityhub, sns, sqs, vpc, vpn,
)
from .shape import known, when_known

IN_A_REGION = [
    accessanalyzer.collect, acm.collect, apigateway.collect, cloudtrail.collect, cloudwatch.collect,
    config.collect, dynamodb.collect, ec2.collect, ecr.collect, ecs.collect, efs.collect, eks.collect,
    elasticache.collect, elb.collect, functions.collect, guardduty.collect, kms.collect, launch.collect,
    logs.collect, opensearch.collect, rds.collect, redshift.collect, s3.access_points,
    secretsmanager.collect, securityhub.collect, sns.collect, sqs.collect, vpc.collect, vpn.collect,
]
WORLDWIDE = [
    cloudfront.collect, cloudwatch.dashboards, iam.collect, organizations.collect, organizations.itself,
    s3.multi_region_access_points, s3.public_access_block,
]


def regional(account, options):
    """Resources of one region, and what AWS's own services make of them."""
    advise = chosen([advice.compute_optimizer], options.without)
    other_types = lambda account: generic.collect(account, options.type)
    every_setting = bool(chosen([s3.more], options.without))
    buckets = lambda account: s3.collect(account, every_setting)
    owned, findings, advised, *found = together(account, [
        owner.of_stacks, securityhub.findings, lambda account: [line for work in advise for line in work(account)],
        other_types, buckets, *chosen(IN_A_REGION, options.without),
    ])
    yield from owned_lines(found, owned)
    yield {"line": "security_hub", "findings": findings}
    yield from advised


def worldwide(account, options):
    """Resources and costs of what is not of a region."""
    advise = chosen([advice.cost_optimization_hub], options.without)
    other_types = lambda account: generic.collect(account, options.type)
    spent, advised, *found = together(account, [
        lambda account: spending(account, options),
        lambda account: [line for work in advise for line in work(account)],
        other_types, *chosen(WORLDWIDE, options.without),
    ])
    yield from owned_lines(found, {})
    yield from spent
    yield from advised


def spending(account, options):
    """Costs, and what the account is or could be committed to: that depends on what it spends on."""
    history = costs.history(account)
    works = chosen([costs.outlook, commitments.of], options.without)
    more = costs.outlook(account, options.tag) if costs.outlook in works else {}
    found = [{"line": "costs", "costs": known(when_known(history, lambda daily: {"daily": daily} | more))}]
    if commitments.of in works:
        found.append({"line": "commitments", "commitments": commitments.of(account, history)})
    return found


def chosen(works, without):
    name = lambda work: f"{work.__module__.rsplit('.', 1)[1]}.{work.__name__}"
    return [work for work in works if name(work) not in without]


def together(account, works):
    """What the works answer: one after the other, or each in a thread that waits for the account's workers."""
    if account.workers is None:
        return [work(account) for work in works]
    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(lambda work: work(account), works))


def owned_lines(found, owned):
    for resources in found:
        for resource in resources:
            resource["managed_by"] = owner.of(resource, owned)
            yield {"line": "resource", **resource}
