use serde_json::{Value, json};

use super::*;
use crate::testing::{
    aws::{Answer, Asked, empty, error, sdk},
    coverage, scan,
};

fn ok(body: &Value) -> Answer {
    (200, body.to_string().into_bytes())
}

fn hub(asked: &Asked) -> Answer {
    match asked.operation.as_str() {
        "ListEnrollmentStatuses" => {
            ok(&json!({ "items": [{ "accountId": "123456789012", "status": "Active" }] }))
        }
        "ListRecommendations" => {
            assert!(asked.body.contains("123456789012"), "only of itself: {}", asked.body);
            let page = |items: Value, next: Option<&str>| {
                ok(&json!({ "items": items, "nextToken": next }))
            };
            if asked.body.contains("more") {
                return page(
                    json!([{ "recommendationId": "r-2", "accountId": "123456789012",
                        "actionType": "PurchaseSavingsPlans", "currencyCode": "USD",
                        "currentResourceType": "ComputeSavingsPlans",
                        "recommendedResourceSummary": "$0.250/hour",
                        "estimatedMonthlySavings": 62.5, "implementationEffort": "VeryLow" }]),
                    None,
                );
            }
            let volume = "arn:aws:ec2:us-east-1:123456789012:volume/vol-1";
            page(
                json!([{ "recommendationId": "r-1", "resourceId": "vol-1", "resourceArn": volume,
                    "actionType": "Upgrade", "currencyCode": "USD",
                    "currentResourceType": "EbsVolume", "currentResourceSummary": "gp2/100 GB",
                    "recommendedResourceSummary": "gp3/100 GB", "estimatedMonthlySavings": 2.0,
                    "implementationEffort": "Low", "recommendationLookbackPeriodInDays": 14 }]),
                Some("more"),
            )
        }
        _ => empty(asked),
    }
}

async fn advice(
    answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> Evidence<Vec<Recommendation>> {
    let scanned = scan(sdk(answer), "aws-global").await;
    let mut lines = scanned.lines.into_iter().flatten();
    let advice = lines.find_map(|line| match line {
        ChunkLine::Advice { recommendations, .. } => Some(recommendations),
        _ => None,
    });
    advice.expect("a line")
}

#[tokio::test]
async fn every_page_of_the_accounts_own_recommendations_is_read() {
    let told = advice(hub).await;
    let told = told.known().unwrap();
    let ids: Vec<_> = told.iter().map(|one| (&*one.id, &*one.finding)).collect();
    assert_eq!(ids, [("r-2", "PurchaseSavingsPlans"), ("vol-1", "Upgrade")]);
    assert_eq!(told[1].options[0].saving, Some(MonthlyUsd::from_micros(2_000_000)));
    assert_eq!(told[1].look_back_days, Some(14));
    assert_eq!(told[0].resource, None);
}

#[tokio::test]
async fn an_account_that_is_not_enrolled_says_so() {
    let inactive = |asked: &Asked| match asked.operation.as_str() {
        "ListEnrollmentStatuses" => ok(&json!({ "items": [{ "status": "Inactive" }] })),
        "ListRecommendations" => panic!("not asked in vain"),
        _ => empty(asked),
    };
    let why = advice(inactive).await;
    assert!(why.get().unwrap_err().reason.contains("not enrolled"), "{why:?}");
    let scanned = scan(sdk(inactive), "aws-global").await;
    let told = coverage(&scanned, "cost-optimization-hub:ListRecommendations");
    assert!(told.get().unwrap_err().reason.contains("not enrolled"), "{told:?}");
}

#[tokio::test]
async fn a_denied_hub_names_the_permission() {
    let why = advice(|asked| match asked.operation.as_str() {
        "ListEnrollmentStatuses" | "ListRecommendations" => {
            error(asked, 400, "AccessDeniedException")
        }
        _ => empty(asked),
    })
    .await;
    let missing = why.get().unwrap_err().missing_permission.as_ref().unwrap();
    assert_eq!(missing.as_str(), "cost-optimization-hub:ListRecommendations");
}
