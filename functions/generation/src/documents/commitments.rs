//! What is worth committing to once the plan is done.

use std::collections::BTreeMap;

use miyabi_types::{
    commitments::{
        LOOK_BACK_DAYS, OFFER_TERMS,
        after::{Change, CommitmentAfter, after, together},
    },
    finding::Saving,
    id::Arn,
    plan::Plan,
    resource::Resource,
    world::World,
};

use super::{
    markdown::{Cell, Document, text},
    sections,
    view::View,
};

/// What is left to commit to once `plan` is done.
pub fn left(world: &World, plan: &Plan) -> Vec<CommitmentAfter> {
    if world.commitments.is_empty() {
        return Vec::new();
    }
    let resources: BTreeMap<&Arn, &Resource> =
        world.resources.iter().map(|resource| (&resource.arn, resource)).collect();
    let changes = plan.proposals.iter().filter_map(|proposal| {
        let resource = resources.get(&proposal.action.target)?;
        Some(Change { resource, action: &proposal.action, saving: proposal.saving })
    });
    after(world, changes)
}

/// The section of the cost plan; nothing where Cost Explorer recommends nothing.
pub fn section(document: &mut Document, view: &View<'_>) {
    let left = left(view.world, view.plan);
    if left.is_empty() {
        return;
    }
    document.section("What to commit to, after all that");
    document.paragraph(format!(
        "Cost Explorer recommends for the use of the last {LOOK_BACK_DAYS} days ({OFFER_TERMS}). What this plan stops, \
         resizes or deletes comes off first, and so does what was stopped meanwhile: who commits to it pays a year for \
         nothing. These savings are on top of the plan's and not counted in it."
    ));
    let rows: Vec<_> = left.iter().map(row).collect();
    document.table(
        &["Commitment", ">Recommended", ">It saves", ">Use that goes", ">Left to buy", ">It saves"],
        rows,
    );
    document.paragraph(format!(
        "Of those for the same use only one is bought, reservations before Savings Plans where both save the same: \
         together {}. Buy once the changes are done, so that nothing is bought for what goes, and for no more than a \
         person expects to run for the whole term. Right-sizing by allocation, where it finds more to take away, is in \
         the figures of the cycle's report.",
        match together(&left) {
            Saving::Unknown => "they save an amount that is not known".to_owned(),
            saving => format!("they save an estimated {} a month", saving.amount()),
        }
    ));
}

fn row(one: &CommitmentAfter) -> Vec<Cell> {
    let mut row = vec![
        text(format!("{} ({})", one.of, one.account)),
        text(one.recommended.amount),
        text(one.recommended.saving),
        one.taken.known().map_or_else(|| text("not known"), text),
    ];
    row.extend(match one.left.get() {
        Ok(_) if one.is_gone() => [text("nothing"), text("–")],
        Ok(left) => [text(left.amount), text(left.saving)],
        Err(why) => [
            text(format!("not known: {}{}", why.reason, sections::grant_note(why))),
            text("not known"),
        ],
    });
    row
}
