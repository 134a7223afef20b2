//! A whole cycle on the sample account, the next one, and the way back.

use anyhow::Result;
use miyabi_tests::emulator::{Lab, Setup};
use miyabi_types::{report::CycleEnd, settings::Mode, task::TaskStatus};
use xtask::cycle::Standing;

use crate::estate;

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_does_what_it_promises_and_can_be_undone() -> Result<()> {
    let lab = Lab::sample(Setup::default()).await?;
    let before = estate::settings(&lab).await?;
    let in_use = estate::in_use(&lab).await?;
    assert!(in_use.len() > 10, "the sample says what is in use: {in_use:?}");

    let first = lab.approved_cycle().await?;
    let report = first.report();
    assert_eq!(report.end, CycleEnd::Acted, "{:?}", first.standing);
    assert!(first.unseen().is_empty(), "everything could be seen: {:#?}", first.unseen());
    let failed: Vec<_> =
        report.actions.iter().filter(|action| action.status != TaskStatus::Completed).collect();
    assert!(failed.is_empty(), "{failed:#?}");

    // Measured, not only promised.
    let after = report.cost_after.expect("a measured cost");
    let saved = (report.cost_before - after).percent_of(report.cost_before);
    assert!(saved >= 30.0, "saved {saved:.1} % of {}", report.cost_before);
    let promised = report.promised_saving.percent_of(report.cost_before);
    assert!(
        promised >= 30.0 && promised <= saved + 0.5,
        "promised {promised:.1} %, saved {saved:.1} %"
    );
    assert!(report.score_before < Some(750), "score before: {:?}", report.score_before);
    // What is left to people costs money or needs them: endpoints of each VPC, MFA delete, a second zone, access logs.
    assert!(report.score_after >= Some(840), "score after: {:?}", report.score_after);
    assert_eq!(estate::in_use(&lab).await?, in_use, "what is in use was changed");
    assert!(report.cost_explorer_requests > 0 && report.api_calls > 50);

    let second = lab.begin(Mode::Auto).await?.until_end().await?;
    assert_eq!(second.report().end, CycleEnd::Observed, "{:?}", second.standing);
    let again: Vec<_> = second.report().actions.iter().map(|action| &action.id).collect();
    assert!(again.is_empty(), "proposed again: {again:?}");

    let undone = lab.roll_back(first.cycle).await?;
    assert_eq!(undone["failed"], 0, "{undone}");
    let back = estate::settings(&lab).await?;
    // A volume and an address come back under new ids, and the report names them.
    let new_ids = ["OldShopData", "MigrationCopy", "OldShopAddress", "AgencyAddress"];
    let told = undone["problems"].to_string();
    for (id, settings) in &before {
        if new_ids.contains(&id.as_str()) {
            assert!(
                told.contains(lab.id(id)) || back[id] == *settings,
                "{id} is not named: {told}"
            );
        } else {
            assert_eq!(back[id], *settings, "{id} is not as it was");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn observing_writes_nothing_to_any_resource() -> Result<()> {
    let lab = Lab::sample(Setup::default()).await?;
    let before = estate::settings(&lab).await?;
    let ended = lab.begin(Mode::Observe).await?.until_end().await?;
    assert!(matches!(ended.standing, Standing::Succeeded(_)), "{:?}", ended.standing);
    assert_eq!(ended.report().end, CycleEnd::Observed);
    assert!(ended.report().promised_saving.micros() > 0, "it still plans");

    assert_eq!(estate::settings(&lab).await?, before);
    let own = lab.product.bucket()?.to_owned();
    let seen = lab.faults.seen();
    let writes: Vec<_> = seen.iter().filter(|call| writes(call, &own)).collect();
    assert!(writes.is_empty(), "{writes:?}");
    assert!(seen.iter().any(|call| call == "ec2 DescribeInstances"), "calls are seen at all");
    Ok(())
}

/// Whether a call changes something that is not Miyabi's own: its table, its bucket, its monitoring.
fn writes(call: &str, own_bucket: &str) -> bool {
    let (service, operation) = call.split_once(' ').unwrap_or((call, ""));
    match service {
        "dynamodb" | "monitoring" | "states" | "logs" | "sts" | "xray" => false,
        "s3" => {
            !operation.starts_with("GET ")
                && !operation.starts_with("HEAD ")
                && !operation.contains(own_bucket)
        }
        _ => {
            let reads = ["Describe", "Get", "List", "BatchGet", "GET ", "HEAD "];
            // Asked by POST, or named otherwise, and reading all the same.
            let others = [
                "/findings",
                "/opensearch/domain-info",
                "/getAlternateContact",
                "GenerateCredentialReport",
            ];
            !reads.iter().any(|read| operation.starts_with(read))
                && !others.iter().any(|read| operation.contains(read))
        }
    }
}
