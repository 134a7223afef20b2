//! A second opinion on what runs: Compute Optimizer's recommendations, where the account is enrolled.

use aws_sdk_computeoptimizer::{Client, types::Status};
use futures::FutureExt;
use miyabi_types::{
    advice::Recommendation,
    evidence::{Evidence, Unavailable},
    world::ChunkLine,
};

use super::{Collected, Collector, Reach, pages::pages};
use crate::{
    call::{Call, Failure},
    scope::Scan,
};

mod shape;

const ENROLLMENT: Call = Call::details("compute-optimizer:GetEnrollmentStatus");
const GROUPS: Call = Call::details("compute-optimizer:GetAutoScalingGroupRecommendations");
const VOLUMES: Call = Call::details("compute-optimizer:GetEBSVolumeRecommendations");
const INSTANCES: Call = Call::details("compute-optimizer:GetEC2InstanceRecommendations");
const ECS_SERVICES: Call = Call::details("compute-optimizer:GetECSServiceRecommendations");
const IDLE: Call = Call::details("compute-optimizer:GetIdleRecommendations");
const FUNCTIONS: Call = Call::details("compute-optimizer:GetLambdaFunctionRecommendations");
const DATABASES: Call = Call::details("compute-optimizer:GetRDSDatabaseRecommendations");

/// The calls that recommend something.
pub const OPINIONS: [Call; 7] =
    [GROUPS, VOLUMES, INSTANCES, ECS_SERVICES, IDLE, FUNCTIONS, DATABASES];

/// What Compute Optimizer asks in its caller's name, of what no collector asks itself: who is told of a group
/// must be allowed to see it. Source: Compute Optimizer User Guide, "Identity and Access Management".
const ASKED_BESIDES: Call = Call::details("autoscaling:DescribeAutoScalingInstances");

/// Reads Compute Optimizer's recommendations.
pub const COLLECTOR: Collector = Collector {
    service: "compute-optimizer",
    reach: Reach::Regional,
    calls: &[
        ENROLLMENT,
        GROUPS,
        VOLUMES,
        INSTANCES,
        ECS_SERVICES,
        IDLE,
        FUNCTIONS,
        DATABASES,
        ASKED_BESIDES,
    ],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    if let Err(why) = enrolled(scan, client).await {
        for call in OPINIONS {
            scan.record(call, Err(why.clone()));
        }
        return Collected { lines: unknown(&why), ..Collected::default() };
    }
    let (groups, volumes, instances, ecs_services, idle, functions, databases) = tokio::join!(
        groups(scan, client),
        volumes(scan, client),
        instances(scan, client),
        ecs_services(scan, client),
        idle(scan, client),
        functions(scan, client),
        databases(scan, client),
    );
    let lines = vec![
        line(GROUPS, groups),
        line(VOLUMES, volumes),
        line(INSTANCES, instances),
        line(ECS_SERVICES, ecs_services),
        line(IDLE, idle),
        line(FUNCTIONS, functions),
        line(DATABASES, databases),
    ];
    Collected { lines, ..Collected::default() }
}

/// What the World says of recommendations of which none is known.
pub fn unknown(why: &Unavailable) -> Vec<ChunkLine> {
    OPINIONS.map(|call| line(call, Err(why.clone()))).into()
}

fn line(call: Call, recommendations: Result<Vec<Recommendation>, Unavailable>) -> ChunkLine {
    let sorted = recommendations.map(|mut list| {
        list.sort_by(|a, b| (&a.resource, &a.id, &a.kind).cmp(&(&b.resource, &b.id, &b.kind)));
        list
    });
    ChunkLine::Advice { source: call.api(), recommendations: Evidence::from(sorted) }
}

/// Fails with the reason why asking for recommendations would tell nothing.
async fn enrolled(scan: &Scan, client: &Client) -> Result<(), Unavailable> {
    let answer = client.get_enrollment_status().send().await;
    let answer = answer.map_err(|error| error.unavailable(&ENROLLMENT.api()));
    scan.record(ENROLLMENT, answer.as_ref().map_or_else(|why| Err(why.clone()), |_| Ok(1)));
    match answer {
        // Who may not see the status may be allowed the rest all the same.
        Err(why) if why.missing_permission.is_some() => Ok(()),
        Err(why) => Err(why),
        Ok(answer) => match answer.status() {
            None | Some(Status::Active) => Ok(()),
            Some(status) => Err(Unavailable::because(format!(
                "the account is not enrolled in Compute Optimizer ({})",
                status.as_str()
            ))),
        },
    }
}

async fn groups(scan: &Scan, client: &Client) -> Result<Vec<Recommendation>, Unavailable> {
    let pages = pages(
        |token| client.get_auto_scaling_group_recommendations().set_next_token(token).send(),
        |page| (page.auto_scaling_group_recommendations.unwrap_or_default(), page.next_token),
    );
    Ok(scan.list(GROUPS, pages).await?.iter().map(shape::group).collect())
}

async fn volumes(scan: &Scan, client: &Client) -> Result<Vec<Recommendation>, Unavailable> {
    let pages = pages(
        |token| client.get_ebs_volume_recommendations().set_next_token(token).send(),
        |page| (page.volume_recommendations.unwrap_or_default(), page.next_token),
    );
    Ok(scan.list(VOLUMES, pages).await?.iter().map(shape::volume).collect())
}

async fn instances(scan: &Scan, client: &Client) -> Result<Vec<Recommendation>, Unavailable> {
    let pages = pages(
        |token| client.get_ec2_instance_recommendations().set_next_token(token).send(),
        |page| (page.instance_recommendations.unwrap_or_default(), page.next_token),
    );
    Ok(scan.list(INSTANCES, pages).await?.iter().map(shape::instance).collect())
}

async fn ecs_services(scan: &Scan, client: &Client) -> Result<Vec<Recommendation>, Unavailable> {
    let pages = pages(
        |token| client.get_ecs_service_recommendations().set_next_token(token).send(),
        |page| (page.ecs_service_recommendations.unwrap_or_default(), page.next_token),
    );
    Ok(scan.list(ECS_SERVICES, pages).await?.iter().map(shape::ecs_service).collect())
}

async fn idle(scan: &Scan, client: &Client) -> Result<Vec<Recommendation>, Unavailable> {
    let pages = pages(
        |token| client.get_idle_recommendations().set_next_token(token).send(),
        |page| (page.idle_recommendations.unwrap_or_default(), page.next_token),
    );
    Ok(scan.list(IDLE, pages).await?.iter().map(shape::idle).collect())
}

async fn functions(scan: &Scan, client: &Client) -> Result<Vec<Recommendation>, Unavailable> {
    let pages = pages(
        |token| client.get_lambda_function_recommendations().set_next_token(token).send(),
        |page| (page.lambda_function_recommendations.unwrap_or_default(), page.next_token),
    );
    Ok(scan.list(FUNCTIONS, pages).await?.iter().map(shape::function).collect())
}

async fn databases(scan: &Scan, client: &Client) -> Result<Vec<Recommendation>, Unavailable> {
    let pages = pages(
        |token| client.get_rds_database_recommendations().set_next_token(token).send(),
        |page| (page.rds_db_recommendations.unwrap_or_default(), page.next_token),
    );
    Ok(scan.list(DATABASES, pages).await?.iter().flat_map(shape::database).collect())
}

#[cfg(test)]
mod tests;
