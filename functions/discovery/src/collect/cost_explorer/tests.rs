use std::sync::{Arc, Mutex};

use miyabi_platform::{Artifacts, FixedClock, store::MemoryStore};
use miyabi_types::{
    artifact::ArtifactRef,
    cycle::CycleState,
    evidence::Unavailable,
    phase::{DiscoveryRequest, DiscoveryResponse, ScannedScope},
    settings::{ReadingBudget, TenantSettings},
};
use serde_json::{Value, json};

use super::*;
use crate::{
    Discovery,
    testing::{
        aws::{Answer, Asked, empty, error, sdk},
        coverage, cycle, discovery, scope,
    },
};

const EC2: &str = "Amazon Elastic Compute Cloud - Compute";

/// An account, what was asked of Cost Explorer about it, and where its answers are kept.
struct Account {
    discovery: Discovery,
    settings: TenantSettings,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Account {
    fn new(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let sdk = sdk(move |request| {
            if request.service != "ce" {
                return empty(request);
            }
            seen.lock().unwrap().push(request.operation.clone());
            answer(request)
        });
        let artifacts = Artifacts::stored(Arc::new(MemoryStore::default()));
        let discovery = Discovery { artifacts, ..discovery(sdk) };
        Self { discovery, settings: TenantSettings::default(), asked }
    }

    fn with_budget(mut self, cost_explorer_requests: u32) -> Self {
        self.settings.reading_budget =
            ReadingBudget { cost_explorer_requests, ..ReadingBudget::default() };
        self
    }

    fn on(&mut self, day: &str) {
        let noon = format!("{day}T12:00:00Z").parse().unwrap();
        self.discovery.clock = Arc::new(FixedClock(noon));
    }

    async fn scan(&self) -> Seen {
        self.asked.lock().unwrap().clear();
        let settings = Some(ArtifactRef::inline(self.settings.clone()));
        let cycle = CycleState { settings, ..cycle() };
        let request = DiscoveryRequest::Scan {
            cycle: Box::new(cycle.clone()),
            sequence: 0,
            scope: scope("aws-global"),
        };
        let DiscoveryResponse::Scanned(scanned) = self.discovery.handle(request).await.unwrap()
        else {
            panic!("scan answers a scope")
        };
        let (chunk, hash) = (scanned.manifest.chunk.clone().unwrap(), &scanned.manifest.sha256);
        let artifacts = &self.discovery.artifacts;
        let lines = artifacts.load_chunk(&cycle, &chunk, hash.as_deref()).await.unwrap();
        let asked = self.asked.lock().unwrap().clone();
        Seen { scanned: *scanned, lines, asked }
    }
}

/// What a scan saw.
struct Seen {
    scanned: ScannedScope,
    lines: Vec<ChunkLine>,
    asked: Vec<String>,
}

impl Seen {
    fn costs(&self) -> &Evidence<CostHistory> {
        let costs = self.lines.iter().find_map(|line| match line {
            ChunkLine::Costs { costs } => Some(costs),
            _ => None,
        });
        costs.expect("a line of costs")
    }

    fn commitments(&self) -> &Commitments {
        let commitments = self.lines.iter().find_map(|line| match line {
            ChunkLine::Commitments { commitments } => Some(&**commitments),
            _ => None,
        });
        commitments.expect("a line of commitments")
    }

    fn requests(&self) -> u64 {
        self.scanned.manifest.cost_explorer_requests
    }
}

fn ok(body: &Value) -> Answer {
    (200, body.to_string().into_bytes())
}

fn usd(amount: &str) -> Value {
    json!({ "UnblendedCost": { "Amount": amount, "Unit": "USD" } })
}

fn day(date: &str, groups: &[(&str, &str)]) -> Value {
    let group = |(key, amount): &(&str, &str)| json!({ "Keys": [key], "Metrics": usd(amount) });
    let groups: Vec<_> = groups.iter().map(group).collect();
    json!({ "TimePeriod": { "Start": date, "End": date }, "Groups": groups })
}

/// An account that runs instances and databases, with a plan and a reservation, in the shapes of the API
/// reference.
fn company(asked: &Asked) -> Answer {
    let body = match asked.operation.as_str() {
        "GetCostAndUsage" if !asked.body.contains("Filter") => json!({
            "ResultsByTime": [day("2026-02-28", &[("123456789012", "12.5")])]
        }),
        "GetCostAndUsage" if asked.body.contains("TAG") => json!({
            "ResultsByTime": [day("2026-02-01", &[("team$shop", "10"), ("team$", "2.5")])]
        }),
        "GetCostAndUsage" => json!({ "ResultsByTime": [
            day("2026-02-28", &[(EC2, "10"), ("Amazon Relational Database Service", "2.5")]),
            { "TimePeriod": { "Start": "2025-02-28", "End": "2025-03-01" }, "Groups": [{
                "Keys": ["Amazon Redshift"],
                "Metrics": {
                    "UnblendedCost": { "Amount": "99", "Unit": "USD" },
                    "AmortizedCost": { "Amount": "33", "Unit": "USD" },
                },
            }] },
        ]}),
        "GetAnomalies" => json!({ "Anomalies": [{
            "AnomalyId": "a-1", "MonitorArn": "arn:aws:ce::123456789012:anomalymonitor/m",
            "AnomalyStartDate": "2026-02-10T00:00:00Z", "AnomalyEndDate": "2026-02-12T00:00:00Z",
            "AnomalyScore": { "MaxScore": 0.9, "CurrentScore": 0.5 },
            "Impact": { "MaxImpact": 40.0, "TotalImpact": 88.5, "TotalActualSpend": 100.0,
                        "TotalExpectedSpend": 11.5 },
            "RootCauses": [{ "Service": EC2, "Region": "us-east-1", "LinkedAccount": "123456789012",
                             "UsageType": "BoxUsage:m5.large" }],
        }]}),
        "GetSavingsPlansUtilizationDetails" => json!({
            "TimePeriod": { "Start": "2026-01-29", "End": "2026-02-28" },
            "SavingsPlansUtilizationDetails": [
                plan("123456789012", "own"), plan("210987654321", "of-a-member"),
            ],
        }),
        "GetReservationUtilization" => json!({ "UtilizationsByTime": [{ "Groups": [{
            "Key": "SUBSCRIPTION_ID", "Value": "359809062",
            "Attributes": { "accountId": "123456789012", "service": EC2, "region": "us-east-1",
                "instanceType": "m5.xlarge", "numberOfInstances": "4",
                "offeringType": "Partial Upfront", "leaseId": "ri-1",
                "startDateTime": "2025-03-20T08:00:00.000Z",
                "endDateTime": "2026-03-20T08:00:00.000Z" },
            "Utilization": { "UtilizationPercentage": "75", "PurchasedHours": "2880",
                "UnusedHours": "720", "TotalAmortizedFee": "230.4",
                "RICostForUnusedHours": "57.6", "NetRISavings": "184.32" },
        }]}]}),
        "GetSavingsPlansCoverage" => {
            let part = |start: &str, covered: &str, rest: &str| {
                json!({
                    "Attributes": { "SERVICE": EC2 },
                    "Coverage": { "SpendCoveredBySavingsPlans": covered, "OnDemandCost": rest,
                                  "TotalCost": "0", "CoveragePercentage": "0" },
                    "TimePeriod": { "Start": start, "End": start },
                })
            };
            json!({ "SavingsPlansCoverages": [
                part("2026-02-26", "30", "10"), part("2026-02-27", "30", "30"),
            ]})
        }
        "GetReservationCoverage" => json!({ "CoveragesByTime": [], "Total": {
            "CoverageHours": { "OnDemandHours": "720", "ReservedHours": "2160",
                               "TotalRunningHours": "2880", "CoverageHoursPercentage": "75" },
            "CoverageCost": { "OnDemandCost": "69.12" },
        }}),
        "GetSavingsPlansPurchaseRecommendation" if asked.body.contains("COMPUTE_SP") => json!({
            "SavingsPlansPurchaseRecommendation": {
                "SavingsPlansPurchaseRecommendationDetails": [{
                    "AccountId": "123456789012", "CurrencyCode": "USD",
                    "HourlyCommitmentToPurchase": "0.25", "EstimatedMonthlySavingsAmount": "62.5",
                    "EstimatedSavingsPercentage": "24.1", "EstimatedAverageUtilization": "98.5",
                    "CurrentMinimumHourlyOnDemandSpend": "0.3",
                    "CurrentAverageHourlyOnDemandSpend": "0.4", "UpfrontCost": "0.0",
                    "SavingsPlansDetails": { "OfferingId": "o-1" },
                }],
            },
        }),
        "GetReservationPurchaseRecommendation" if asked.body.contains(EC2) => json!({
            "Recommendations": [{ "RecommendationDetails": [{
                "AccountId": "123456789012", "CurrencyCode": "USD",
                "InstanceDetails": { "EC2InstanceDetails": { "Family": "m5",
                    "InstanceType": "m5.large", "Region": "us-east-1", "Platform": "Linux/UNIX",
                    "Tenancy": "shared", "CurrentGeneration": true, "SizeFlexEligible": true } },
                "RecommendedNumberOfInstancesToPurchase": "3",
                "MinimumNumberOfInstancesUsedPerHour": "3", "AverageUtilization": "100",
                "AverageNumberOfInstancesUsedPerHour": "4.2",
                "EstimatedBreakEvenInMonths": "0", "EstimatedMonthlySavingsAmount": "75.5",
                "EstimatedMonthlySavingsPercentage": "36", "UpfrontCost": "0",
                "RecurringStandardMonthlyCost": "135.78",
            }]}],
        }),
        "GetCostForecast" => json!({
            "Total": { "Amount": "380", "Unit": "USD" },
            "ForecastResultsByTime": [
                { "TimePeriod": { "Start": "2026-03-01", "End": "2026-04-01" },
                  "MeanValue": "380", "PredictionIntervalLowerBound": "350",
                  "PredictionIntervalUpperBound": "410" },
            ],
        }),
        _ => json!({}),
    };
    ok(&body)
}

fn plan(account: &str, id: &str) -> Value {
    json!({
        "SavingsPlanArn": format!("arn:aws:savingsplans::{account}:savingsplan/{id}"),
        "Attributes": { "AccountId": account, "SavingsPlansType": "ComputeSavingsPlans",
            "PurchaseTerm": "1yr", "PaymentOption": "No Upfront",
            "StartDateTime": "2025-04-01T00:00:00.000Z",
            "EndDateTime": "2026-04-01T00:00:00.000Z" },
        "Utilization": { "TotalCommitment": "720", "UsedCommitment": "612",
            "UnusedCommitment": "108", "UtilizationPercentage": "85" },
        "Savings": { "NetSavings": "150", "OnDemandCostEquivalent": "870" },
    })
}

#[tokio::test]
async fn what_is_spent_is_split_foretold_and_searched_for_what_is_odd() {
    let mut account = Account::new(company);
    account.settings.cost_allocation_tags = vec!["team".into()];
    let seen = account.scan().await;
    let costs = seen.costs().known().unwrap();
    let first = &costs.daily[0];
    assert_eq!((&*first.service, first.micros), ("Amazon Redshift", 99_000_000));
    assert_eq!(first.amortized_micros, Some(33_000_000), "paid at once, used over months");
    assert_eq!(costs.daily.len(), 3);
    let by_account = costs.by_account.known().unwrap();
    assert_eq!(
        (by_account[0].account.as_str(), by_account[0].micros),
        ("123456789012", 12_500_000)
    );
    let by_tag = costs.by_tag["team"].known().unwrap();
    let split: Vec<_> = by_tag.iter().map(|cost| (cost.value.as_deref(), cost.micros)).collect();
    assert_eq!(split, [(None, 2_500_000), (Some("shop"), 10_000_000)]);
    let forecast = &costs.forecast.known().unwrap()[0];
    assert_eq!(forecast.between, Some((350_000_000, 410_000_000)));
    let anomaly = &costs.anomalies.known().unwrap()[0];
    assert_eq!(
        (anomaly.impact_micros, anomaly.from.to_string()),
        (88_500_000, "2026-02-10".into())
    );
    assert_eq!(anomaly.causes[0].usage_type.as_deref(), Some("BoxUsage:m5.large"));
}

#[tokio::test]
async fn commitments_tell_their_use_their_end_what_they_cover_and_what_to_buy() {
    let seen = Account::new(company).scan().await;
    let known = seen.commitments();
    let plans = known.savings_plans.known().unwrap();
    assert_eq!(plans.len(), 1, "a member's plan is told by the member");
    assert_eq!((plans[0].utilization_percent, plans[0].unused_micros), (85.0, 108_000_000));
    assert_eq!(plans[0].ends_at, Some("2026-04-01T00:00:00Z".parse().unwrap()));
    let reservation = &known.reservations.known().unwrap()[0];
    assert_eq!((reservation.count, reservation.unused_hours), (Some(4), 720.0));
    assert_eq!(reservation.unused_micros, Some(57_600_000));
    let covered = &known.savings_plans_coverage.known().unwrap()[0];
    assert_eq!((covered.covered_micros, covered.coverage_percent), (60_000_000, 60.0));
    let ec2 = known.reservation_coverage[&ReservableService::Ec2].known().unwrap();
    assert_eq!((ec2.coverage_percent, ec2.on_demand_micros), (75.0, Some(69_120_000)));
    let plan = &known.savings_plans_to_buy[&SavingsPlanType::Compute].known().unwrap()[0];
    assert_eq!(
        (plan.hourly_commitment_micros, plan.monthly_saving.micros()),
        (250_000, 62_500_000)
    );
    let reserve = &known.reservations_to_buy[&ReservableService::Ec2].known().unwrap()[0];
    assert_eq!((&*reserve.instance_type, reserve.count), ("m5.large", 3));
    assert_eq!(reserve.platform.as_deref(), Some("Linux/UNIX"));
    assert!(known.reservations_to_buy[&ReservableService::Rds].known().unwrap().is_empty());
}

#[tokio::test]
async fn only_commitments_to_what_is_spent_on_lately_are_asked_for() {
    let known = Account::new(company).scan().await;
    let asked: Vec<_> = known.commitments().reservations_to_buy.keys().copied().collect();
    assert_eq!(asked, [ReservableService::Ec2, ReservableService::Rds], "Redshift was a year ago");
    let plans: Vec<_> = known.commitments().savings_plans_to_buy.keys().copied().collect();
    assert_eq!(
        plans,
        [SavingsPlanType::Compute, SavingsPlanType::Ec2Instance, SavingsPlanType::Database]
    );
    let frugal = Account::new(|asked| match asked.operation.as_str() {
        "GetCostAndUsage" => {
            let today = day("2026-02-28", &[("Amazon Simple Storage Service", "1")]);
            ok(&json!({ "ResultsByTime": [today] }))
        }
        _ => ok(&json!({})),
    });
    let seen = frugal.scan().await;
    assert!(seen.commitments().reservations_to_buy.is_empty());
    assert!(!seen.asked.iter().any(|call| call.contains("Recommendation")), "{:?}", seen.asked);
}

#[tokio::test]
async fn what_was_answered_today_is_not_paid_for_again() {
    let mut account = Account::new(company);
    let first = account.scan().await;
    assert_eq!(first.requests(), first.asked.len() as u64);
    assert_eq!(first.requests(), 14, "{:?}", first.asked);
    let second = account.scan().await;
    assert_eq!((second.requests(), second.asked), (0, vec![]));
    assert_eq!(second.lines, first.lines);
    assert_eq!(second.scanned.manifest.coverage, first.scanned.manifest.coverage);
    account.on("2026-03-02");
    assert_eq!(account.scan().await.requests(), 14, "a new day");
}

#[tokio::test]
async fn who_pays_for_others_asks_for_its_own_spend_alone() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let mut account = Account::new(move |request| {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        seen.lock().unwrap().push((request.operation.clone(), body["Filter"].clone()));
        company(request)
    });
    account.settings.cost_allocation_tags = vec!["team".into()];
    account.scan().await;
    let own = json!({ "Dimensions": { "Key": "LINKED_ACCOUNT", "Values": ["123456789012"] } });
    let mut limited = Vec::new();
    for (operation, filter) in asked.lock().unwrap().iter() {
        if *filter == own || filter["And"][0] == own {
            limited.push(operation.clone());
        }
    }
    limited.sort();
    let expected = [
        "GetCostAndUsage",
        "GetCostAndUsage",
        "GetCostForecast",
        "GetReservationCoverage",
        "GetReservationCoverage",
        "GetSavingsPlansCoverage",
    ];
    assert_eq!(limited, expected);
}

#[tokio::test]
async fn the_budget_is_the_tenants_and_each_account_has_its_share() {
    let mut account = Account::new(company).with_budget(9);
    let named = |id: &str| serde_json::from_value(json!({ "account": id })).unwrap();
    account.settings.accounts = vec![named("123456789012"), named("210987654321")];
    assert_eq!(account.scan().await.requests(), 4);
    let mut many = Account::new(company).with_budget(1);
    many.settings.accounts = account.settings.accounts;
    let seen = many.scan().await;
    assert_eq!(seen.asked, ["GetCostAndUsage"], "what it spends, each account tells");
    assert!(seen.costs().known().is_some());
}

fn is_used_up(why: &Unavailable) -> bool {
    why.missing_permission.is_none() && why.reason.contains("reading_budget.cost_explorer_requests")
}

#[tokio::test]
async fn a_budget_is_spent_on_the_most_valuable_and_the_rest_says_so() {
    let account = Account::new(company).with_budget(3);
    for _ in 0..2 {
        let seen = account.scan().await;
        let costs = seen.costs().known().expect("the history comes first");
        assert!(costs.anomalies.known().is_some());
        assert!(seen.commitments().savings_plans.known().is_some());
        assert!(is_used_up(seen.commitments().reservations.get().unwrap_err()));
        assert!(is_used_up(costs.forecast.get().unwrap_err()));
        let offers = &seen.commitments().savings_plans_to_buy[&SavingsPlanType::Compute];
        assert!(is_used_up(offers.get().unwrap_err()));
        assert!(is_used_up(coverage(&seen.scanned, "ce:GetCostForecast").get().unwrap_err()));
        assert!(seen.requests() <= 3, "{:?}", seen.asked);
    }
    assert_eq!(account.scan().await.requests(), 0, "three were sent, on this day no more are");
}

#[tokio::test]
async fn a_budget_of_nothing_asks_nothing() {
    let seen = Account::new(company).with_budget(0).scan().await;
    assert_eq!(seen.asked, [""; 0]);
    assert!(is_used_up(seen.costs().get().unwrap_err()));
    assert!(is_used_up(
        seen.commitments().reservations_to_buy[&ReservableService::Rds].get().unwrap_err()
    ));
}

#[tokio::test]
async fn a_list_that_the_budget_cuts_short_is_unknown_and_its_pages_are_spent() {
    let endless = |asked: &Asked| match asked.operation.as_str() {
        "GetCostAndUsage" => {
            let next = if asked.body.contains("even more") { "more" } else { "even more" };
            ok(&json!({ "ResultsByTime": [], "NextPageToken": next }))
        }
        _ => ok(&json!({})),
    };
    let account = Account::new(endless).with_budget(4);
    let seen = account.scan().await;
    assert_eq!(seen.asked, ["GetCostAndUsage"; 4]);
    assert!(is_used_up(seen.costs().get().unwrap_err()));
    assert_eq!(account.scan().await.requests(), 0);
}

#[tokio::test]
async fn an_account_without_plans_has_none_and_one_without_a_past_has_no_forecast() {
    let seen = Account::new(|asked| match asked.operation.as_str() {
        "GetCostAndUsage" | "GetAnomalies" => company(asked),
        _ => error(asked, 400, "DataUnavailableException"),
    })
    .scan()
    .await;
    assert_eq!(seen.commitments().savings_plans, Evidence::Known(vec![]));
    assert_eq!(seen.commitments().reservations, Evidence::Known(vec![]));
    let forecast = &seen.costs().known().unwrap().forecast;
    assert!(forecast.get().unwrap_err().reason.contains("not seen enough"));
    let covered = &seen.commitments().reservation_coverage[&ReservableService::Ec2];
    assert!(covered.known().is_none(), "no data is not a coverage of nothing");
}

#[tokio::test]
async fn without_the_history_it_is_not_known_what_to_commit_to() {
    let seen = Account::new(|asked| match asked.operation.as_str() {
        "GetCostAndUsage" => error(asked, 400, "AccessDeniedException"),
        _ => company(asked),
    })
    .scan()
    .await;
    assert!(seen.commitments().savings_plans.known().is_some(), "that is told all the same");
    let missing = |why: &Unavailable| why.missing_permission.clone().unwrap().to_string();
    let to_buy = &seen.commitments().reservations_to_buy;
    assert_eq!(to_buy.len(), ReservableService::ALL.len());
    for offers in to_buy.values() {
        assert_eq!(missing(offers.get().unwrap_err()), "ce:GetCostAndUsage");
    }
}

#[tokio::test]
async fn another_currency_or_a_garbled_amount_is_unknown_and_not_zero() {
    for (amount, unit) in [("12", "CNY"), ("", "USD"), ("twelve", "USD")] {
        let seen = Account::new(move |asked| match asked.operation.as_str() {
            "GetCostAndUsage" => ok(&json!({ "ResultsByTime": [{
                "TimePeriod": { "Start": "2026-02-28", "End": "2026-03-01" },
                "Groups": [{ "Keys": [EC2], "Metrics": { "UnblendedCost": { "Amount": amount, "Unit": unit } } }],
            }]})),
            _ => ok(&json!({})),
        })
        .scan()
        .await;
        let why = &seen.costs().get().unwrap_err().reason;
        assert!(why.contains("Cost Explorer answered"), "{amount} {unit}: {why}");
    }
}

#[tokio::test]
async fn the_history_is_of_thirteen_months_and_ends_before_today() {
    let asked = Arc::new(Mutex::new(String::new()));
    let body = Arc::clone(&asked);
    let account = Account::new(move |request| {
        if request.operation == "GetCostAndUsage" && request.body.contains("SERVICE") {
            body.lock().unwrap().clone_from(&request.body);
        }
        ok(&json!({}))
    });
    account.scan().await;
    let asked: Value = serde_json::from_str(&asked.lock().unwrap()).unwrap();
    assert_eq!(asked["TimePeriod"], json!({ "Start": "2025-02-01", "End": "2026-03-01" }));
}
