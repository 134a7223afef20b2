//! What an account committed to, what it could, and what it spends oddly: as Cost Explorer tells it.

use miyabi_types::{
    commitments::{
        Commitments, LOOK_BACK_DAYS, OFFER_TERMS,
        after::{CommitmentAfter, Purchase, together},
    },
    costs::CostAnomaly,
    evidence::{Evidence, Unavailable},
    finding::{Saving, Severity},
    id::AccountId,
    money::MonthlyUsd,
    resource::{Resource, ResourceKind},
};

use crate::check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict};

const UTILIZATION: Limit = Limit {
    name: "commitment_utilization_percent",
    what: "use of what is committed to, from which it is right",
    unit: "%",
    default: 90.0,
    range: (50.0, 100.0),
    source: "our choice: AWS shows any use below 100 %, and a tenth is within what months differ",
};
const NOTICE: Limit = Limit {
    name: "savings_plan_notice_days",
    what: "days before its end, from which a Savings Plan is told of",
    unit: "days",
    default: 30.0,
    range: (7.0, 90.0),
    source: "AWS Trusted Advisor, Savings Plan and Reserved Instance expiration (30 days)",
};
const LEAST: Limit = Limit {
    name: "commitment_saving_usd",
    what: "monthly saving, from which a commitment is worth its risk",
    unit: "USD",
    default: 10.0,
    range: (0.0, 10_000.0),
    source: "our choice",
};

/// What is committed to and spent is the account's.
const ACCOUNT: Check = Check { kinds: &[ResourceKind::Account], ..COST };
const USE: Reference = Reference {
    source: "AWS Cost Management User Guide, Utilization and coverage reports",
    read: "2026-11",
};
const BUY: Reference = Reference {
    source: "AWS Cost Management User Guide, Savings Plans and reservation recommendations",
    read: "2026-11",
};
const FIRST: &str = "First do what this plan proposes: the figures are of what it leaves. Then buy one or the other, \
                     reservations before Savings Plans, never both for the same use.";
/// How [`miyabi_types::commitments::after`] computes.
const LEFT: &str = "Cost Explorer's estimate (1 year without payment upfront) − discount × on-demand price of what the \
                    plan stops, resizes or deletes, and of what was stopped within 30 days; of offers for the same use the best";

/// The rows.
pub const CHECKS: [Check; 6] = [
    Check {
        id: "account_cost_anomaly",
        title: "Cost Anomaly Detection saw more spent than expected",
        severity: Severity::High,
        saving: "unknown: what caused it may be meant",
        advice: "Look at the causes it names; stop what nobody meant, and tell the detector of what somebody did.",
        references: &[Reference {
            source: "AWS Cost Management User Guide, AWS Cost Anomaly Detection",
            read: "2026-11",
        }],
        judge: Judge::Logic(anomaly),
        ..ACCOUNT
    },
    Check {
        id: "account_reservation_underused",
        title: "Reservations are paid for and not used",
        severity: Severity::Medium,
        limits: &[UTILIZATION],
        saving: "unused hours × price over 30 days, if they are sold, exchanged or used",
        advice: "Run what fits them, exchange convertible ones, sell standard ones of EC2 on the marketplace.",
        references: &[USE],
        judge: Judge::Logic(reservations),
        ..ACCOUNT
    },
    Check {
        id: "account_reservations_to_buy",
        title: "Steady use is paid for on demand: reservations would cost less",
        limits: &[LEAST],
        saving: LEFT,
        after_changes: true,
        advice: FIRST,
        references: &[BUY],
        judge: Judge::Logic(buy_reservations),
        ..ACCOUNT
    },
    Check {
        id: "account_savings_plan_expiring",
        title: "Savings Plan ends soon",
        severity: Severity::Medium,
        limits: &[NOTICE],
        saving: "what it saved against on-demand prices over 30 days",
        advice: "Right-size first, then renew what still runs all day: a plan can be queued for the day it ends.",
        references: &[USE],
        judge: Judge::Logic(expiring),
        ..ACCOUNT
    },
    Check {
        id: "account_savings_plan_underused",
        title: "Savings Plan is paid for and not used",
        severity: Severity::Medium,
        limits: &[UTILIZATION],
        saving: "unused commitment over 30 days, if it is used",
        advice: "Move what it covers to it; one bought within seven days for at most $100 an hour can be returned.",
        references: &[USE],
        judge: Judge::Logic(plans),
        ..ACCOUNT
    },
    Check {
        id: "account_savings_plans_to_buy",
        title: "Steady use is paid for on demand: Savings Plans would cost less",
        limits: &[LEAST],
        saving: LEFT,
        after_changes: true,
        advice: FIRST,
        references: &[BUY],
        judge: Judge::Logic(buy_plans),
        ..ACCOUNT
    },
];

/// What is known of the account's commitments.
fn commitments<'a>(resource: &Resource, context: &Context<'a>) -> Result<&'a Commitments, Verdict> {
    context.world.commitments.get(&resource.account).ok_or_else(|| {
        Verdict::NotEvaluated(Unavailable::because("commitments were not read of this account"))
    })
}

fn known<T>(evidence: &Evidence<T>) -> Result<&T, Verdict> {
    evidence.get().map_err(|why| Verdict::NotEvaluated(why.clone()))
}

/// An amount of the look-back as that of a month of 730 hours.
fn monthly(micros: i64) -> MonthlyUsd {
    MonthlyUsd::from_units(micros, 730.0 / (f64::from(LOOK_BACK_DAYS) * 24.0))
}

/// A finding of `amount`, or none where nothing was seen.
fn found(seen: &[String], saving: Saving) -> Verdict {
    if seen.is_empty() { Verdict::Clear } else { Found::waste(seen.join("; "), saving, None) }
}

fn plans(resource: &Resource, context: &Context<'_>) -> Verdict {
    let plans = match commitments(resource, context).and_then(|all| known(&all.savings_plans)) {
        Ok(plans) => plans,
        Err(verdict) => return verdict,
    };
    let least = context.limit(&UTILIZATION);
    let idle: Vec<_> = plans.iter().filter(|plan| plan.utilization_percent < least).collect();
    let seen: Vec<_> = idle
        .iter()
        .map(|plan| format!("{:.1} % of {} used", plan.utilization_percent, plan.arn))
        .collect();
    found(&seen, Saving::Estimated(monthly(idle.iter().map(|plan| plan.unused_micros).sum())))
}

fn reservations(resource: &Resource, context: &Context<'_>) -> Verdict {
    let all = match commitments(resource, context).and_then(|all| known(&all.reservations)) {
        Ok(all) => all,
        Err(verdict) => return verdict,
    };
    let least = context.limit(&UTILIZATION);
    let idle: Vec<_> = all.iter().filter(|one| one.utilization_percent < least).collect();
    let seen: Vec<_> = idle
        .iter()
        .map(|one| {
            let what = one.instance_type.as_deref().unwrap_or(&one.id);
            format!("{:.1} % of {what} used", one.utilization_percent)
        })
        .collect();
    let unused: Option<i64> = idle.iter().map(|one| one.unused_micros).sum();
    found(&seen, unused.map_or(Saving::Unknown, |unused| Saving::Estimated(monthly(unused))))
}

fn expiring(resource: &Resource, context: &Context<'_>) -> Verdict {
    let plans = match commitments(resource, context).and_then(|all| known(&all.savings_plans)) {
        Ok(plans) => plans,
        Err(verdict) => return verdict,
    };
    let ending: Vec<_> = plans
        .iter()
        .filter_map(|plan| Some((plan, -context.days_since(plan.ends_at?))))
        .filter(|(_, left)| *left >= 0 && *left as f64 <= context.limit(&NOTICE))
        .collect();
    let seen: Vec<_> =
        ending.iter().map(|(plan, left)| format!("{} in {left} days", plan.arn)).collect();
    let saved: Option<i64> = ending.iter().map(|(plan, _)| plan.net_saving_micros).sum();
    found(&seen, saved.map_or(Saving::Unknown, |saved| Saving::Estimated(monthly(saved).or_zero())))
}

fn buy_plans(resource: &Resource, context: &Context<'_>) -> Verdict {
    match commitments(resource, context) {
        Err(verdict) => verdict,
        Ok(all) => match all.savings_plans_to_buy.values().find_map(|offers| offers.get().err()) {
            Some(why) => Verdict::NotEvaluated(why.clone()),
            None => buy(resource, context, |it| matches!(it, Purchase::SavingsPlan(_))),
        },
    }
}

fn buy_reservations(resource: &Resource, context: &Context<'_>) -> Verdict {
    match commitments(resource, context) {
        Err(verdict) => verdict,
        Ok(all) => match all.reservations_to_buy.values().find_map(|offers| offers.get().err()) {
            Some(why) => Verdict::NotEvaluated(why.clone()),
            None => buy(resource, context, |it| matches!(it, Purchase::Reservation(_))),
        },
    }
}

/// What is worth buying of `wanted` once every proposal is done.
fn buy(resource: &Resource, context: &Context<'_>, wanted: impl Fn(&Purchase) -> bool) -> Verdict {
    let least = context.limit(&LEAST);
    // What is not known may be worth it.
    let worth =
        |one: &&CommitmentAfter| one.left.known().is_none_or(|left| left.saving.usd() >= least);
    let of_account =
        context.commitments_after().iter().filter(|one| one.account == resource.account);
    let left: Vec<_> = of_account.filter(|one| wanted(&one.purchase)).filter(worth).collect();
    let seen: Vec<_> = left.iter().map(|one| in_words(one)).collect();
    found(&seen, together(left))
}

fn in_words(one: &CommitmentAfter) -> String {
    let CommitmentAfter { of, recommended, .. } = one;
    let offered = format!(
        "Cost Explorer recommends {} for {} a month",
        recommended.amount, recommended.saving
    );
    match (one.left.get(), one.taken.known()) {
        (Ok(left), Some(&MonthlyUsd::ZERO) | None) => {
            format!("{of}: {} saves {} a month ({OFFER_TERMS})", left.amount, left.saving)
        }
        (Ok(left), Some(taken)) => format!(
            "{of}: {} saves {} a month ({OFFER_TERMS}); {offered}, and {taken} a month of that use goes with \
             this plan or is stopped already",
            left.amount, left.saving
        ),
        (Err(why), _) => format!(
            "{of}: {offered}; how much of that use goes with this plan is not known: {}",
            why.reason
        ),
    }
}

fn anomaly(resource: &Resource, context: &Context<'_>) -> Verdict {
    let Some(costs) = context.world.costs.get(&resource.account) else {
        return Verdict::NotEvaluated(Unavailable::because("costs were not read of this account"));
    };
    let anomalies = match known(costs).and_then(|costs| known(&costs.anomalies)) {
        Ok(anomalies) => anomalies,
        Err(verdict) => return verdict,
    };
    let seen: Vec<_> = anomalies
        .iter()
        .filter(|anomaly| anomaly.until.is_none())
        .filter_map(|anomaly| {
            let cause = anomaly.causes.first();
            let service =
                cause.and_then(|cause| cause.service.as_deref()).unwrap_or("some service");
            let impact = MonthlyUsd::from_micros(anomaly.impact_micros);
            let seen = format!("{impact} more than expected since {} on {service}", anomaly.from);
            let other = cause.and_then(|cause| cause.account.as_ref());
            match other.filter(|other| **other != resource.account) {
                None => Some(seen),
                Some(other) if tells(context, other, anomaly) => None,
                Some(other) => Some(format!("{seen} of account {other}")),
            }
        })
        .collect();
    found(&seen, Saving::Unknown)
}

/// Whether an account's own monitors saw an anomaly that another one's, which pays for it, saw.
fn tells(context: &Context<'_>, account: &AccountId, seen: &CostAnomaly) -> bool {
    let service = |anomaly: &CostAnomaly| Some(anomaly.causes.first()?.service.clone());
    let costs = context.world.costs.get(account).and_then(Evidence::known);
    let own = costs.and_then(|costs| costs.anomalies.known());
    let same = |own: &CostAnomaly| own.until.is_none() && service(own) == service(seen);
    own.is_some_and(|own| own.iter().any(same))
}

#[cfg(test)]
mod tests {
    use miyabi_types::{
        commitments::{SavingsPlanOffer, SavingsPlanType, SavingsPlanUse},
        costs::{AnomalyCause, CostHistory},
    };

    use super::*;
    use crate::fixture::{Expect, check, check_in, days_ago, denied, services::account, world};

    fn row(id: &str) -> &'static Check {
        CHECKS.iter().find(|check| check.id == id).unwrap()
    }

    fn judged(id: &str, case: &str, all: Commitments, expect: Expect) {
        let account = account(|_| {});
        let mut world = world([account.clone()]);
        world.commitments.insert(account.account.clone(), all);
        check_in(row(id), case, world, &account, expect);
    }

    fn plan(utilization_percent: f64, days_left: i64) -> Commitments {
        let plan = SavingsPlanUse {
            arn: "arn:aws:savingsplans::123456789012:savingsplan/1".parse().unwrap(),
            plan_type: None,
            term: None,
            payment_option: None,
            region: None,
            instance_family: None,
            starts_at: None,
            ends_at: Some(days_ago(-days_left)),
            committed_micros: 720_000_000,
            used_micros: 648_000_000,
            unused_micros: 72_000_000,
            utilization_percent,
            net_saving_micros: Some(144_000_000),
        };
        Commitments { savings_plans: Evidence::Known(vec![plan]), ..Commitments::default() }
    }

    #[test]
    fn plans_that_are_not_used_or_end() {
        let id = "account_savings_plan_underused";
        judged(id, "below", plan(89.9, 400), Expect::saves("$73.00"));
        judged(id, "on the threshold", plan(90.0, 400), Expect::Clear);
        let denied = Commitments {
            savings_plans: denied("ce:GetSavingsPlansUtilizationDetails"),
            ..Commitments::default()
        };
        judged(id, "denied", denied, Expect::NotEvaluated("denied"));
        check(row(id), "not read", account(|_| {}), Expect::NotEvaluated("not read"));
        let id = "account_savings_plan_expiring";
        judged(id, "soon", plan(100.0, 30), Expect::saves("$146.00"));
        judged(id, "later", plan(100.0, 31), Expect::Clear);
    }

    #[test]
    fn of_plans_for_the_same_use_the_best_counts() {
        let offer = |usd: i64| SavingsPlanOffer {
            region: None,
            instance_family: None,
            hourly_commitment_micros: 100_000,
            monthly_saving: MonthlyUsd::from_micros(usd * 1_000_000),
            saving_percent: None,
            utilization_percent: None,
            least_hourly_spend_micros: None,
            mean_hourly_spend_micros: None,
            upfront_micros: 0,
        };
        let offers = |compute: i64, instance: i64| Commitments {
            savings_plans_to_buy: [
                (SavingsPlanType::Compute, Evidence::Known(vec![offer(compute)])),
                (SavingsPlanType::Ec2Instance, Evidence::Known(vec![offer(instance)])),
            ]
            .into(),
            ..Commitments::default()
        };
        let id = "account_savings_plans_to_buy";
        judged(id, "two", offers(40, 50), Expect::saves("$50.00"));
        judged(id, "on the threshold", offers(10, 9), Expect::saves("$10.00"));
        judged(id, "little", offers(9, 9), Expect::Clear);
    }

    #[test]
    fn anomalies_that_go_on() {
        let account = account(|_| {});
        let judged = |case: &str, until, expect| {
            let anomaly = CostAnomaly {
                from: "2026-10-20".parse().unwrap(),
                until,
                id: "a".into(),
                impact_micros: 5_000_000,
                expected_micros: None,
                actual_micros: None,
                causes: Vec::new(),
            };
            let history =
                CostHistory { anomalies: Evidence::Known(vec![anomaly]), ..CostHistory::default() };
            let mut world = world([account.clone()]);
            world.costs.insert(account.account.clone(), Evidence::Known(history));
            check_in(row("account_cost_anomaly"), case, world, &account, expect);
        };
        judged("goes on", None, Expect::SavesUnknown);
        judged("over", Some("2026-10-21".parse().unwrap()), Expect::Clear);
    }

    #[test]
    fn an_anomaly_of_an_account_that_is_paid_for_is_told_once() {
        let payer = account(|_| {});
        let member: AccountId = "210987654321".parse().unwrap();
        let told = |account: &AccountId| {
            let cause = AnomalyCause {
                service: Some("AWS Lambda".into()),
                account: Some(account.clone()),
                ..AnomalyCause::default()
            };
            let anomaly = CostAnomaly {
                from: "2026-10-20".parse().unwrap(),
                until: None,
                id: "a".into(),
                impact_micros: 5_000_000,
                expected_micros: None,
                actual_micros: None,
                causes: vec![cause],
            };
            let anomalies = Evidence::Known(vec![anomaly]);
            Evidence::Known(CostHistory { anomalies, ..CostHistory::default() })
        };
        let mut world = world([payer.clone()]);
        world.costs.insert(payer.account.clone(), told(&member));
        let check = row("account_cost_anomaly");
        let Verdict::Finding(found) = check.evaluate(&payer, &Context::new(&world)) else {
            panic!("the payer tells it");
        };
        assert!(found.evidence.ends_with("on AWS Lambda of account 210987654321"), "{found:?}");
        world.costs.insert(member.clone(), told(&member));
        check_in(check, "by the member", world, &payer, Expect::Clear);
    }
}
