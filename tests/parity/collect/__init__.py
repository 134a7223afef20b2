"""An account's resources, read with plain boto3: one module per service."""

from concurrent.futures import ThreadPoolExecutor

from . import (
    accessanalyzer, acm, apigateway, cloudfront, cloudtrail, cloudwatch, config, costs, dynamodb, ec2, ecr, ecs,
    efs, eks, elasticache, elb, functions, guardduty, iam, kms, launch, logs, opensearch, organizations, owner,
    rds, redshift, s3, secretsmanager, securityhub, sns, sqs, vpc, vpn,
)

IN_A_REGION = [
    accessanalyzer.collect, acm.collect, apigateway.collect, cloudtrail.collect, cloudwatch.collect,
    config.collect, dynamodb.collect, ec2.collect, ecr.collect, ecs.collect, efs.collect, eks.collect,
    elasticache.collect, elb.collect, functions.collect, guardduty.collect, kms.collect, launch.collect,
    logs.collect, opensearch.collect, rds.collect, redshift.collect, s3.access_points, s3.collect,
    secretsmanager.collect, securityhub.collect, sns.collect, sqs.collect, vpc.collect, vpn.collect,
]
WORLDWIDE = [
    cloudfront.collect, cloudwatch.dashboards, iam.collect, organizations.collect, organizations.itself,
    s3.multi_region_access_points, s3.public_access_block,
]


def regional(account, without):
    """Resources and Security Hub's findings of one region."""
    owned, findings, *found = together(
        account, [owner.of_stacks, securityhub.findings, *chosen(IN_A_REGION, without)]
    )
    yield from owned_lines(found, owned)
    yield {"line": "security_hub", "findings": findings}


def worldwide(account, without):
    """Resources and costs of what is not of a region."""
    history, *found = together(account, [costs.history, *chosen(WORLDWIDE, without)])
    yield from owned_lines(found, {})
    yield {"line": "costs", "costs": history}


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
