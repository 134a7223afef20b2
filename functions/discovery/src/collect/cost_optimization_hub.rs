//! A second opinion on what could be saved: Cost Optimization Hub's recommendations, where the account is
//! enrolled. The hub removes what excludes each other.

use aws_config::Region;
use aws_sdk_costoptimizationhub::{
    Client,
    types::{EnrollmentStatus, Filter, Recommendation as Told},
};
use futures::{FutureExt, TryFutureExt};
use miyabi_types::{
    advice::{Advised, Recommendation},
    evidence::{Evidence, Unavailable},
    id::Arn,
    money::MonthlyUsd,
    world::ChunkLine,
};

use super::{Collected, Collector, Reach, owned, text, timestamp};
use crate::{call::Call, scope::Scan};

const ENROLLMENT: Call = Call::details("cost-optimization-hub:ListEnrollmentStatuses");
const RECOMMENDATIONS: Call = Call::details("cost-optimization-hub:ListRecommendations");

/// Reads Cost Optimization Hub's recommendations.
pub const COLLECTOR: Collector = Collector {
    service: "cost-optimization-hub",
    reach: Reach::Global,
    calls: &[ENROLLMENT, RECOMMENDATIONS],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let recommendations = read(scan).await;
    Collected { lines: vec![line(recommendations.into())], ..Collected::default() }
}

/// What the World says of the hub's recommendations.
pub fn line(recommendations: Evidence<Vec<Recommendation>>) -> ChunkLine {
    ChunkLine::Advice { source: RECOMMENDATIONS.api(), recommendations }
}

async fn read(scan: &Scan) -> Result<Vec<Recommendation>, Unavailable> {
    // The hub is in one region of a partition.
    let home = Region::new(scan.place.home());
    let client = Client::new(&scan.sdk().to_builder().region(home).build());
    let status = client.list_enrollment_statuses().send().map_ok(|answer| answer.items);
    let status = scan.list(ENROLLMENT, status.map_ok(Option::unwrap_or_default)).await;
    // Who may not see the status may be allowed the rest all the same.
    let enrolled = match &status {
        Ok(statuses) => statuses.iter().all(|s| s.status() != Some(&EnrollmentStatus::Inactive)),
        Err(why) if why.missing_permission.is_some() => true,
        Err(why) => {
            scan.record(RECOMMENDATIONS, Err(why.clone()));
            return Err(why.clone());
        }
    };
    if !enrolled {
        let why =
            Unavailable::because("the account is not enrolled in Cost Optimization Hub (Inactive)");
        scan.record(RECOMMENDATIONS, Err(why.clone()));
        return Err(why);
    }
    // Accounts that this one pays for are asked themselves.
    let own = Filter::builder().account_ids(scan.place.account.as_str()).build();
    let pages = client.list_recommendations().filter(own).into_paginator().items().send();
    let told = scan.list(RECOMMENDATIONS, pages.collect::<Result<Vec<_>, _>>()).await?;
    let mut found: Vec<_> = told.iter().map(recommendation).collect();
    found.sort_by(|a: &Recommendation, b| (&a.resource, &a.id).cmp(&(&b.resource, &b.id)));
    Ok(found)
}

fn recommendation(told: &Told) -> Recommendation {
    let in_usd = told.currency_code().is_none_or(|currency| currency == "USD");
    let saving = told.estimated_monthly_savings().filter(|_| in_usd);
    let id = owned(told.resource_id()).or_else(|| owned(told.recommendation_id()));
    Recommendation {
        resource: told.resource_arn().and_then(|arn| Arn::parse(arn).ok()),
        id: id.unwrap_or_default(),
        kind: text(told.current_resource_type()),
        finding: text(told.action_type()),
        current: owned(told.current_resource_summary()),
        options: vec![Advised {
            target: text(told.recommended_resource_summary()),
            saving: saving.map(|usd| MonthlyUsd::from_micros((usd * 1e6).round() as i64)),
            performance_risk: None,
            effort: owned(told.implementation_effort()),
        }],
        look_back_days: told
            .recommendation_lookback_period_in_days()
            .and_then(|d| d.try_into().ok()),
        refreshed_at: timestamp(told.last_refresh_timestamp()),
    }
}

#[cfg(test)]
mod tests;
