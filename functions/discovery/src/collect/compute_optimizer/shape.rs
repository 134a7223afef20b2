//! Compute Optimizer's recommendations, each kind's in the shape that all have in the World.

use aws_sdk_computeoptimizer::types::{
    AutoScalingGroupConfiguration, AutoScalingGroupRecommendation, Currency,
    DbStorageConfiguration, EbsFinding, EcsServiceRecommendation, EcsServiceRecommendationFinding,
    Finding, IdleFinding, IdleRecommendation, InstanceRecommendation, LambdaFunctionRecommendation,
    LambdaFunctionRecommendationFinding, RdsInstanceFinding, RdsStorageFinding,
    RdsdbRecommendation, SavingsOpportunity, VolumeConfiguration, VolumeRecommendation,
};
use aws_smithy_types::DateTime;
use miyabi_types::{
    advice::{Advised, Recommendation},
    id::Arn,
    money::MonthlyUsd,
};

use crate::collect::{owned, text, timestamp};

/// What every kind tells.
fn recommendation(
    kind: &str,
    arn: Option<&str>,
    finding: Option<&str>,
    look_back_days: f64,
    refreshed_at: Option<&DateTime>,
) -> Recommendation {
    let resource = arn.and_then(|arn| Arn::parse(arn).ok());
    let id = resource.as_ref().map_or("", Arn::resource);
    Recommendation {
        id: id.rsplit('/').next().unwrap_or(id).to_owned(),
        resource,
        kind: kind.to_owned(),
        finding: text(finding),
        current: None,
        options: Vec::new(),
        look_back_days: (look_back_days > 0.0).then_some(look_back_days.round() as u32),
        refreshed_at: timestamp(refreshed_at),
    }
}

fn saving(opportunity: Option<&SavingsOpportunity>) -> Option<MonthlyUsd> {
    let saving = opportunity?.estimated_monthly_savings()?;
    usd(saving.currency(), saving.value())
}

fn usd(currency: Option<&Currency>, value: f64) -> Option<MonthlyUsd> {
    let in_usd = currency.is_none_or(|currency| *currency == Currency::Usd);
    in_usd.then(|| MonthlyUsd::from_micros((value * 1e6).round() as i64))
}

/// Options by their rank, the best first.
fn ranked(mut options: Vec<(i32, Advised)>) -> Vec<Advised> {
    options.sort_by_key(|(rank, _)| *rank);
    options.into_iter().map(|(_, option)| option).collect()
}

/// One option.
fn to(target: String, saving: Option<MonthlyUsd>, performance_risk: Option<f64>) -> Advised {
    Advised { target, saving, performance_risk, effort: None }
}

pub(super) fn instance(told: &InstanceRecommendation) -> Recommendation {
    let options = told.recommendation_options().iter().map(|option| {
        let target = text(option.instance_type());
        let advised =
            to(target, saving(option.savings_opportunity()), Some(option.performance_risk()));
        let effort = option.migration_effort().map(|effort| effort.as_str().to_owned());
        (option.rank(), Advised { effort, ..advised })
    });
    Recommendation {
        current: owned(told.current_instance_type()),
        options: ranked(options.collect()),
        ..recommendation(
            "Ec2Instance",
            told.instance_arn(),
            told.finding().map(Finding::as_str),
            told.look_back_period_in_days(),
            told.last_refresh_timestamp(),
        )
    }
}

pub(super) fn volume(told: &VolumeRecommendation) -> Recommendation {
    let options = told.volume_recommendation_options().iter().map(|option| {
        let target = option.configuration().map(volume_text).unwrap_or_default();
        let saving = saving(option.savings_opportunity());
        (option.rank(), to(target, saving, Some(option.performance_risk())))
    });
    Recommendation {
        current: told.current_configuration().map(volume_text),
        options: ranked(options.collect()),
        ..recommendation(
            "EbsVolume",
            told.volume_arn(),
            told.finding().map(EbsFinding::as_str),
            told.look_back_period_in_days(),
            told.last_refresh_timestamp(),
        )
    }
}

fn volume_text(volume: &VolumeConfiguration) -> String {
    format!(
        "{} {} GiB, {} IOPS, {} MiB/s",
        volume.volume_type().unwrap_or_default(),
        volume.volume_size(),
        volume.volume_baseline_iops(),
        volume.volume_baseline_throughput()
    )
}

pub(super) fn function(told: &LambdaFunctionRecommendation) -> Recommendation {
    let options = told.memory_size_recommendation_options().iter().map(|option| {
        let saving = saving(option.savings_opportunity());
        (option.rank(), to(format!("{} MB", option.memory_size()), saving, None))
    });
    let found = recommendation(
        "LambdaFunction",
        told.function_arn(),
        told.finding().map(LambdaFunctionRecommendationFinding::as_str),
        told.lookback_period_in_days(),
        told.last_refresh_timestamp(),
    );
    Recommendation {
        // `function:name:$LATEST`
        id: found.id.split(':').nth(1).unwrap_or(&found.id).to_owned(),
        current: Some(format!("{} MB", told.current_memory_size())),
        options: ranked(options.collect()),
        ..found
    }
}

pub(super) fn group(told: &AutoScalingGroupRecommendation) -> Recommendation {
    let options = told.recommendation_options().iter().map(|option| {
        let target = option.configuration().map(group_text).unwrap_or_default();
        let advised =
            to(target, saving(option.savings_opportunity()), Some(option.performance_risk()));
        let effort = option.migration_effort().map(|effort| effort.as_str().to_owned());
        (option.rank(), Advised { effort, ..advised })
    });
    Recommendation {
        current: told.current_configuration().map(group_text),
        options: ranked(options.collect()),
        ..recommendation(
            "AutoScalingGroup",
            told.auto_scaling_group_arn(),
            told.finding().map(Finding::as_str),
            told.look_back_period_in_days(),
            told.last_refresh_timestamp(),
        )
    }
}

/// A group of several types names them all.
fn group_text(group: &AutoScalingGroupConfiguration) -> String {
    owned(group.instance_type()).unwrap_or_else(|| group.mixed_instance_types().join(", "))
}

pub(super) fn ecs_service(told: &EcsServiceRecommendation) -> Recommendation {
    let size = |cpu: Option<i32>, memory: Option<i32>| {
        let cpu = cpu.map(|cpu| format!("{cpu} CPU units"));
        let memory = memory.map(|memory| format!("{memory} MiB"));
        cpu.into_iter().chain(memory).collect::<Vec<_>>().join(", ")
    };
    let options = told.service_recommendation_options().iter().map(|option| {
        to(size(option.cpu(), option.memory()), saving(option.savings_opportunity()), None)
    });
    Recommendation {
        current: told.current_service_configuration().map(|now| size(now.cpu(), now.memory())),
        options: options.collect(),
        ..recommendation(
            "EcsService",
            told.service_arn(),
            told.finding().map(EcsServiceRecommendationFinding::as_str),
            told.lookback_period_in_days(),
            told.last_refresh_timestamp(),
        )
    }
}

/// A database's class and its storage are recommended apart.
pub(super) fn database(told: &RdsdbRecommendation) -> Vec<Recommendation> {
    let about = |kind, finding: Option<&str>| {
        let finding = finding?;
        let found = recommendation(
            kind,
            told.resource_arn(),
            Some(finding),
            told.lookback_period_in_days(),
            told.last_refresh_timestamp(),
        );
        // `db:name`
        Some(Recommendation { id: found.id.rsplit(':').next().unwrap_or("").to_owned(), ..found })
    };
    let class = about("RdsDbInstance", told.instance_finding().map(RdsInstanceFinding::as_str));
    let class = class.map(|found| {
        let options = told.instance_recommendation_options().iter().map(|option| {
            let target = text(option.db_instance_class());
            let saving = saving(option.savings_opportunity());
            (option.rank(), to(target, saving, Some(option.performance_risk())))
        });
        let options = ranked(options.collect());
        Recommendation { current: owned(told.current_db_instance_class()), options, ..found }
    });
    let storage =
        about("RdsDbInstanceStorage", told.storage_finding().map(RdsStorageFinding::as_str));
    let storage = storage.map(|found| {
        let options = told.storage_recommendation_options().iter().map(|option| {
            let target = option.storage_configuration().map(storage_text).unwrap_or_default();
            (option.rank(), to(target, saving(option.savings_opportunity()), None))
        });
        let current = told.current_storage_configuration().map(storage_text);
        Recommendation { current, options: ranked(options.collect()), ..found }
    });
    class.into_iter().chain(storage).collect()
}

fn storage_text(storage: &DbStorageConfiguration) -> String {
    let kind = storage.storage_type().unwrap_or_default();
    let iops = storage.iops().map(|iops| format!(", {iops} IOPS")).unwrap_or_default();
    format!("{kind} {} GiB{iops}", storage.allocated_storage())
}

pub(super) fn idle(told: &IdleRecommendation) -> Recommendation {
    let gone = told.savings_opportunity().and_then(|opportunity| {
        let saving = opportunity.estimated_monthly_savings()?;
        usd(saving.currency(), saving.value())
    });
    let kind = told.resource_type().map_or("", |kind| kind.as_str());
    let found = recommendation(
        kind,
        told.resource_arn(),
        told.finding().map(IdleFinding::as_str),
        told.look_back_period_in_days(),
        told.last_refresh_timestamp(),
    );
    Recommendation {
        id: owned(told.resource_id()).unwrap_or_else(|| found.id.clone()),
        options: vec![to(String::new(), gone, None)],
        ..found
    }
}
