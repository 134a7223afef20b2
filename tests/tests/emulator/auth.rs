//! With IAM enforced: every role is sufficient, and discovery's cannot write.

use anyhow::Result;
use miyabi_tests::emulator::{Lab, Setup};
use miyabi_types::{report::CycleEnd, task::TaskStatus};

#[tokio::test(flavor = "multi_thread")]
async fn every_role_is_sufficient() -> Result<()> {
    let lab = Lab::sample(Setup { auth: true, ..Setup::default() }).await?;
    let ended = lab.approved_cycle().await?;
    let report = ended.report();
    assert_eq!(report.end, CycleEnd::Acted, "{:?}", ended.standing);
    assert_eq!(report.unseen, [], "discovery's role reads everything");
    let failed: Vec<_> =
        report.actions.iter().filter(|action| action.status != TaskStatus::Completed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let undone = lab.roll_back(ended.cycle).await?;
    assert_eq!(undone["failed"], 0, "{undone}");
    Ok(())
}
