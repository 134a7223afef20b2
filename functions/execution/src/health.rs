//! Looks whether an account is well after a wave.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{
    id::{AccountId, Region},
    outcome::Health,
    task::{Stage, TaskRecord},
};

use crate::{
    cloud::{Alarm, Cloud},
    error::Result,
    wave::problem,
};

/// What the names of Miyabi's own alarms begin with: they tell of cycles, not of the account.
const OWN_ALARMS: &str = "Miyabi-";

/// What is wrong where the wave changed something: broken tasks, alarms, status checks.
///
/// An alarm that the policy names must not be in ALARM. Of all others only those count that went
/// to ALARM since the wave began: an account may well have some that always are.
/// What cannot be looked at counts as wrong. Errors are only those that pass.
pub async fn check(
    cloud: &dyn Cloud,
    alarm_names: &[String],
    wave: &[TaskRecord],
) -> Result<Health> {
    let mut problems: Vec<String> =
        wave.iter().filter(|record| record.is_broken()).map(problem).collect();
    let began = wave.iter().filter_map(|record| record.log.first()).map(|entry| entry.at).min();
    let mut seen = BTreeSet::new();
    let places = places(wave);
    for ((account, region), instances) in &places {
        match cloud.alarms(account, region, alarm_names).await {
            Err(error) if error.name().is_retryable() => return Err(error),
            Err(error) => problems.push(format!("alarms of {account} in {region}: {error}")),
            Ok(alarms) => {
                for Alarm { name, is_alarming, since } in alarms {
                    let is_old = since.zip(began).is_some_and(|(since, began)| since < began);
                    let is_others =
                        alarm_names.is_empty() && (is_old || name.starts_with(OWN_ALARMS));
                    if is_alarming && !is_others {
                        problems.push(format!("alarm {name} of {account} in {region} is in ALARM"));
                    }
                    seen.insert(name);
                }
            }
        }
        if instances.is_empty() {
            continue;
        }
        match cloud.impaired_instances(account, region, instances).await {
            Err(error) if error.name().is_retryable() => return Err(error),
            Err(error) => problems.push(format!("status checks of {account} in {region}: {error}")),
            Ok(impaired) => problems.extend(
                impaired.into_iter().map(|id| format!("instance {id} fails its status checks")),
            ),
        }
    }
    if !places.is_empty() {
        problems.extend(alarm_names.iter().filter(|name| !seen.contains(*name)).map(|name| {
            format!("alarm {name} of the policy does not exist where the wave changed something")
        }));
    }
    Ok(Health { healthy: problems.is_empty(), problems })
}

/// Accounts and regions where the wave changed something, with the instances among its targets.
fn places(wave: &[TaskRecord]) -> BTreeMap<(AccountId, Region), Vec<String>> {
    let mut places: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for record in wave.iter().filter(|record| record.stage >= Stage::Applying) {
        let action = &record.task.action;
        let place = (action.account.clone(), action.region.clone());
        let instances = places.entry(place).or_default();
        if action.target.service() == "ec2" && action.target.resource().starts_with("instance/") {
            instances.push(action.resource_id.clone());
        }
    }
    places
}
