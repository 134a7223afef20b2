//! What a person decides: no, only some of it, nothing at all.

use anyhow::Result;
use miyabi_tests::emulator::{Lab, Setup};
use miyabi_types::{
    allocation::Allocation,
    approval::Verdict,
    report::CycleEnd,
    settings::{Mode, Policy, TenantSettings},
    task::TaskStatus,
};
use xtask::cycle::Standing;

use crate::estate;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rejected_is_not_done_and_what_is_approved_is() -> Result<()> {
    let lab = Lab::sample(Setup::default()).await?;
    let before = estate::settings(&lab).await?;

    let mut running = lab.begin(Mode::Approve).await?;
    assert_eq!(running.until_question().await?, Standing::AwaitingApproval);
    running.decide(Verdict::Reject, &[]).await?;
    let rejected = running.until_end().await?;
    assert_eq!(rejected.report().end, CycleEnd::Rejected);
    assert_eq!(estate::settings(&lab).await?, before, "a rejected plan changes nothing");

    // The tenant is free again at once, and part of the same plan can be approved.
    let mut running = lab.begin(Mode::Approve).await?;
    assert_eq!(running.until_question().await?, Standing::AwaitingApproval);
    let allocation: Allocation = lab.artifact(running.cycle()?, "allocation.json").await?;
    let task = allocation
        .tasks()
        .find(|task| task.action.label.contains("old-shop-data"))
        .expect("the unattached volume is to go");
    let only = [task.action.id.clone()];
    running.decide(Verdict::Approve, &only).await?;
    let ended = running.until_end().await?;
    let completed: Vec<_> = ended
        .report()
        .actions
        .iter()
        .filter(|action| action.status == TaskStatus::Completed)
        .map(|action| action.id.clone())
        .collect();
    assert_eq!(completed, only);
    let after = estate::settings(&lab).await?;
    let changed: Vec<_> = before.keys().filter(|id| before[*id] != after[*id]).collect();
    assert_eq!(changed, ["OldShopData"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_nobody_gives_expires() -> Result<()> {
    let setup = Setup { approval_scale: Some(0.04), ..Setup::default() };
    let lab = Lab::sample(setup).await?;
    let policy = Policy { approval_minutes: 1, ..Policy::default() };
    lab.put_settings(&TenantSettings { mode: Mode::Approve, policy, ..TenantSettings::default() })
        .await?;
    let before = estate::settings(&lab).await?;

    let mut running = lab.begin(Mode::Approve).await?;
    assert_eq!(running.until_question().await?, Standing::AwaitingApproval);
    let ended = running.until_end().await?;
    assert_eq!(ended.report().end, CycleEnd::Expired, "{:?}", ended.standing);
    assert_eq!(estate::settings(&lab).await?, before);
    Ok(())
}
