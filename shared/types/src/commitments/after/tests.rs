//! What is left of recommendations, computed by hand beside what the code says.

use serde_json::{Value, json};

use super::*;
use crate::{
    action::{Action, Operation, TargetState},
    commitments::{Commitments, ReservationCoverage},
    resource::Resource,
};

const ACCOUNT: &str = "123456789012";

/// An instance that costs `dollars` a month; stopped after `ran` of the 30 days where that is given.
fn instance(id: &str, kind: &str, dollars: i64, ran: Option<u32>) -> Value {
    let stopped_at = ran.map(|days| format!("2026-11-{:02}T00:00:00Z", 1 + days));
    json!({
        "arn": format!("arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{id}"),
        "account": ACCOUNT, "region": "us-east-1", "id": id,
        "utilization": {"unavailable": {"reason": "not read"}},
        "monthly_cost": {"known": dollars * 1_000_000},
        "kind": "AWS::EC2::Instance",
        "config": {
            "instance_type": kind, "state": if ran.is_some() { "stopped" } else { "running" },
            "stopped_at": stopped_at, "launched_at": "2026-01-01T00:00:00Z",
            "architecture": "x86_64", "platform": "Linux/UNIX", "image_id": null,
            "lifecycle": "on-demand", "tenancy": "default", "availability_zone": "us-east-1a",
            "vpc_id": null, "subnet_id": null, "security_group_ids": [], "volume_ids": [],
            "root_device_name": null, "private_ip": null, "public_ip": null, "key_name": null,
            "instance_profile_arn": null, "imds_http_tokens": null, "imds_http_endpoint": null,
            "ebs_optimized": true, "auto_scaling_group": null,
        },
    })
}

/// A World that was seen at the end of a look-back that began on the first of November.
fn world(resources: &[Value], all: Commitments) -> World {
    let price = json!({"instance/m5.large/linux": "0.1"});
    let mut world: World = serde_json::from_value(json!({
        "manifest": {
            "tenant": "acme", "cycle": "0198a6b0-0000-7000-8000-000000000000", "sequence": 0,
            "taken_at": "2026-12-01T00:00:00Z", "scopes": [],
            "prices": {
                "as_of": null, "sources": [], "instance_types": {},
                "regions": {"us-east-1": {"AmazonEC2": {"listed": price}}},
            },
        },
        "resources": resources, "costs": {}, "security_hub": [],
    }))
    .unwrap();
    world.commitments.insert(ACCOUNT.parse().unwrap(), all);
    world
}

/// A plan of $0.70 an hour that saves $219 a month: it pays for $1 an hour at on-demand prices.
fn plan(utilization_percent: Option<f64>) -> SavingsPlanOffer {
    SavingsPlanOffer {
        region: None,
        instance_family: None,
        hourly_commitment_micros: 700_000,
        monthly_saving: usd(219),
        saving_percent: None,
        utilization_percent,
        least_hourly_spend_micros: None,
        mean_hourly_spend_micros: None,
        upfront_micros: 0,
    }
}

fn plans(kind: SavingsPlanType, offer: SavingsPlanOffer) -> Commitments {
    Commitments {
        savings_plans_to_buy: [(kind, Evidence::Known(vec![offer]))].into(),
        ..Commitments::default()
    }
}

/// Four reserved m5.large for $40 a month each instead of $70.
fn reservations(platform: &str) -> Commitments {
    let offer = ReservationOffer {
        region: Some("us-east-1".into()),
        instance_type: "m5.large".into(),
        platform: Some(platform.into()),
        count: 4,
        monthly_saving: usd(120),
        saving_percent: None,
        break_even_months: None,
        utilization_percent: Some(100.0),
        least_hourly: None,
        mean_hourly: None,
        upfront_micros: 0,
        recurring: Some(usd(160)),
    };
    Commitments {
        reservations_to_buy: [(ReservableService::Ec2, Evidence::Known(vec![offer]))].into(),
        ..Commitments::default()
    }
}

fn usd(dollars: i64) -> MonthlyUsd {
    MonthlyUsd::from_micros(dollars * 1_000_000)
}

/// What is left after the first resource is resized to `to`, or stopped, for `saving`.
fn left(world: &World, to: Option<&str>, saving: Saving) -> CommitmentAfter {
    let resource: &Resource = &world.resources[0];
    let state = |name: &str, value: &str| TargetState::present([(name, value.into())]);
    let action = match to {
        Some(kind) => Action::new(
            Operation::ResizeInstance,
            resource,
            state("instance_type", "m5.2xlarge"),
            state("instance_type", kind),
        ),
        None => Action::new(
            Operation::StopInstance,
            resource,
            state("state", "running"),
            state("state", "stopped"),
        ),
    };
    let mut all = after(world, [Change { resource, action: &action, saving }]);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn shown(one: &CommitmentAfter) -> String {
    match one.left.get() {
        Ok(left) => format!("{} saves {}", left.amount, left.saving),
        Err(why) => why.reason.clone(),
    }
}

#[test]
fn what_stops_comes_off_at_the_plan_s_own_discount() {
    let all = || plans(SavingsPlanType::Compute, plan(Some(100.0)));
    let world = world(&[instance("i-1", "m5.xlarge", 146, None)], all());
    // $146 a month are $0.20 an hour of the $1.00 that it pays for, at 30 % off.
    let one = left(&world, None, Saving::Exact(usd(146)));
    assert_eq!(one.taken.known(), Some(&usd(146)));
    assert_eq!(shown(&one), "$0.560 an hour saves $175.20");
    // More than the plan was to pay for: nothing is left, and never less than nothing.
    let one = left(&world, None, Saving::Exact(usd(5_000)));
    assert!(one.is_gone(), "{one:?}");
    assert_eq!(shown(&one), "$0.000 an hour saves $0.00");
    // A change without money in it leaves all of it, whatever else is known.
    let world = self::world(&[], plans(SavingsPlanType::Compute, plan(None)));
    assert_eq!(shown(&after(&world, [])[0]), "$0.700 an hour saves $219.00");
}

#[test]
fn unused_hours_of_a_plan_are_no_discount() {
    // Used to 90 %, it pays for $1.00 with $0.63: 37 % off.
    let all = plans(SavingsPlanType::Compute, plan(Some(90.0)));
    let world = world(&[instance("i-1", "m5.xlarge", 146, None)], all);
    let one = left(&world, None, Saving::Exact(usd(146)));
    assert_eq!(shown(&one), "$0.574 an hour saves $164.98");
}

#[test]
fn what_commitments_pay_for_already_goes_as_well() {
    let mut all = plans(SavingsPlanType::Compute, plan(Some(100.0)));
    all.savings_plans_coverage = Evidence::Known(vec![]);
    let half = ReservationCoverage { coverage_percent: 50.0, ..ReservationCoverage::default() };
    all.reservation_coverage.insert(ReservableService::Ec2, Evidence::Known(half));
    let world = world(&[instance("i-1", "m5.xlarge", 146, None)], all);
    // Stopping saves half of $146, and reservations take on what else runs: all of it comes off.
    let one = left(&world, None, Saving::Estimated(usd(73)));
    assert_eq!(one.taken.known(), Some(&usd(146)));
}

#[test]
fn of_changes_that_save_the_same_money_the_best_counts() {
    let all = plans(SavingsPlanType::Compute, plan(Some(100.0)));
    let world = world(&[instance("i-1", "m5.xlarge", 146, None)], all);
    let resource = &world.resources[0];
    let gone = || TargetState::present([("state", "stopped".into())]);
    let action = Action::new(Operation::StopInstance, resource, TargetState::Absent, gone());
    let change =
        |dollars| Change { resource, action: &action, saving: Saving::Exact(usd(dollars)) };
    let all = after(&world, [change(73), change(146), change(36)]);
    assert_eq!(all[0].taken.known(), Some(&usd(146)));
}

#[test]
fn a_plan_for_a_family_loses_what_leaves_it() {
    let of = |family: &str, region: &str| SavingsPlanOffer {
        instance_family: Some(family.into()),
        region: Some(region.into()),
        ..plan(Some(100.0))
    };
    let taken = |offer, to| {
        let all = plans(SavingsPlanType::Ec2Instance, offer);
        let world = world(&[instance("i-1", "m5.2xlarge", 280, None)], all);
        left(&world, to, Saving::Exact(usd(140))).taken.known().copied()
    };
    assert_eq!(taken(of("m5", "us-east-1"), Some("m5.xlarge")), Some(usd(140)));
    assert_eq!(taken(of("m5", "us-east-1"), Some("r5.large")), Some(usd(280)), "all of it");
    assert_eq!(taken(of("r5", "us-east-1"), Some("r5.large")), Some(usd(0)), "never more");
    assert_eq!(taken(of("m5", "eu-west-1"), Some("m5.xlarge")), Some(usd(0)));
}

#[test]
fn reservations_are_bought_whole_and_by_size() {
    let of = |platform: &str, to| {
        let world = world(&[instance("i-1", "m5.2xlarge", 280, None)], reservations(platform));
        shown(&left(&world, to, Saving::Exact(usd(100))))
    };
    // An m5.2xlarge is four m5.large.
    assert_eq!(of("Linux/UNIX", None), "0 instances saves $0.00");
    assert_eq!(of("Linux/UNIX", Some("m5.xlarge")), "2 instances saves $60.00");
    assert_eq!(of("Linux/UNIX", Some("r5.large")), "0 instances saves $0.00");
    assert_eq!(of("Windows", None), "4 instances saves $120.00", "another system");
}

#[test]
fn what_was_stopped_of_late_was_counted_in_where_it_ran_long_enough() {
    let after_running = |days| {
        let all = plans(SavingsPlanType::Compute, plan(Some(100.0)));
        let stopped = instance("i-1", "m5.large", 0, Some(days));
        after(&world(&[stopped], all), [])[0].taken.known().copied()
    };
    // At 30 % off it pays from 70 % of the hours on; m5.large is $73 a month.
    assert_eq!(after_running(29), Some(usd(73)));
    assert_eq!(after_running(20), Some(usd(0)));
}

#[test]
fn without_the_figures_nothing_is_guessed() {
    let unknown = plans(SavingsPlanType::Compute, plan(None));
    let world = world(&[instance("i-1", "m5.xlarge", 146, None)], unknown);
    let one = left(&world, None, Saving::Exact(usd(146)));
    assert!(shown(&one).contains("does not say"), "{one:?}");
    assert_eq!(together([&one]), Saving::Unknown);
    let mut unpriced = instance("i-1", "m5.xlarge", 0, None);
    unpriced["monthly_cost"] = json!({"unavailable": {"reason": "no price"}});
    let all = plans(SavingsPlanType::Compute, plan(Some(100.0)));
    let one = left(&self::world(&[unpriced], all), None, Saving::Unknown);
    assert_eq!(shown(&one), "no price");
}

#[test]
fn of_purchases_for_the_same_use_the_best_counts() {
    let one = |purchase, dollars| CommitmentAfter {
        account: ACCOUNT.parse().unwrap(),
        purchase,
        of: String::new(),
        recommended: Bought { amount: Amount::Count(1), saving: usd(dollars) },
        taken: Evidence::Known(MonthlyUsd::ZERO),
        left: Evidence::Known(Bought { amount: Amount::Count(1), saving: usd(dollars) }),
    };
    let all = [
        one(Purchase::SavingsPlan(SavingsPlanType::Compute), 50),
        one(Purchase::SavingsPlan(SavingsPlanType::Ec2Instance), 30),
        one(Purchase::SavingsPlan(SavingsPlanType::Ec2Instance), 25),
        one(Purchase::Reservation(ReservableService::Ec2), 54),
        one(Purchase::SavingsPlan(SavingsPlanType::Database), 9),
        one(Purchase::Reservation(ReservableService::Rds), 7),
        one(Purchase::Reservation(ReservableService::ElastiCache), 4),
        one(Purchase::Reservation(ReservableService::Redshift), 3),
    ];
    assert_eq!(together(&all), Saving::Estimated(usd(55 + 11 + 3)));
    assert_eq!(together([]), Saving::Estimated(usd(0)));
}
