//! The plan as a second layer over the code: the files that differ where the World is as the plan would leave it.
//!
//! Copied over the first layer, `git diff` shows each change in its place, `terraform plan` and a change set
//! show what it does. What a language cannot say is listed and left to Miyabi's own actions.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
};

use miyabi_types::{
    action::{Action, Operation, TargetState},
    evidence::Evidence,
    id::{ActionId, Arn},
    plan::Plan,
    resource::{
        Resource, ResourceConfig, ResourceKind, ec2::SecurityGroupRule, kms::Rotation,
        s3::LifecycleRule,
    },
    world::World,
};
use serde_json::json;

use super::{cloudformation, code::Language, estate::Estate, kinds, terraform};

/// What is written in place of a file that the plan leaves nothing of.
const EMPTIED: &str = "# The plan leaves nothing of what was here.\n";

/// The files of one language: path below the cycle and text. Nothing where the plan changes nothing that
/// is written. `first` is the layer below.
pub fn render(
    language: Language,
    world: &World,
    plan: &Plan,
    first: &[(String, String)],
) -> Vec<(String, String)> {
    if plan.proposals.is_empty() {
        return Vec::new();
    }
    let (after, unsaid) = remedied(world, plan, language);
    let (name, after) = match language {
        Language::Terraform => {
            ("terraform", terraform::render_adopting(&after, Some(&terraform::adopted(world))))
        }
        Language::CloudFormation => ("cloudformation", cloudformation::render(&after)),
    };
    let first: BTreeMap<&str, &str> =
        first.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let left: BTreeSet<&str> = after.iter().map(|(path, _)| path.as_str()).collect();
    // A file of Terraform that is copied over nothing would stay as it is.
    let gone = first.keys().filter(|path| {
        Path::new(path).extension().is_some_and(|kind| kind == "tf") && !left.contains(**path)
    });
    let mut files: Vec<(String, String)> =
        gone.map(|path| (format!("remediation/{path}"), EMPTIED.to_owned())).collect();
    let changed =
        after.into_iter().filter(|(path, text)| first.get(path.as_str()) != Some(&text.as_str()));
    files.extend(changed.map(|(path, text)| (format!("remediation/{path}"), text)));
    let mut said = README.replace("LANGUAGE", name);
    for proposal in &plan.proposals {
        let _ = match unsaid.get(&proposal.action.id) {
            Some(why) => {
                writeln!(said, "- not in these files, because {why}: {}", proposal.summary)
            }
            None => writeln!(said, "- {}", proposal.summary),
        };
    }
    files.push((format!("remediation/{name}.md"), said));
    files.sort();
    files
}

const README: &str = "\
# The plan as code

In `LANGUAGE/` beside this file are the files that differ once the plan is done. Review and apply them after what
exists was adopted: copy them over the first layer, and `git diff` shows each change in its place. For Terraform
`terraform plan` then shows what it does; for CloudFormation update each stack with a change set, and look at
`Replacement` in it.

Alternatives are all shown: where two proposals save the same money, keep one. A volume or an address that the
plan gives up is no longer in the files; Terraform then deletes it (take a snapshot first, as Miyabi does), and
CloudFormation leaves it alone (`DeletionPolicy: Retain`).

";

/// Why a language cannot say an action.
type Unsaid<'p> = BTreeMap<&'p ActionId, &'static str>;

/// The World as the plan would leave it, as far as the language can say so, and what it cannot say.
fn remedied<'p>(world: &World, plan: &'p Plan, language: Language) -> (World, Unsaid<'p>) {
    let estate = Estate::of(world);
    let left_out: BTreeSet<&Arn> = estate.left_out.iter().map(|(left, _)| &left.arn).collect();
    let mut after = world.clone();
    let mut unsaid = Unsaid::new();
    for action in plan.proposals.iter().map(|proposal| &proposal.action) {
        let found = after.resources.binary_search_by(|resource| resource.arn.cmp(&action.target));
        let outcome =
            found.map_err(|_| "another proposal takes the resource away").and_then(|at| {
                let resource = &mut after.resources[at];
                if let Some(why) = why_not(language, action, resource, &left_out) {
                    return Err(why);
                }
                if action.desired == TargetState::Absent {
                    after.resources.remove(at);
                    return Ok(());
                }
                apply(resource, action)
            });
        if let Err(why) = outcome {
            unsaid.insert(&action.id, why);
        }
    }
    (after, unsaid)
}

fn why_not(
    language: Language,
    action: &Action,
    resource: &Resource,
    left_out: &BTreeSet<&Arn>,
) -> Option<&'static str> {
    if matches!(action.operation, Operation::StopInstance | Operation::StopDbInstance) {
        return Some("code says what exists, not whether it runs");
    }
    if !kinds::is_said(language, resource.kind()) {
        return Some("there is no type for it");
    }
    if !left_out.contains(&resource.arn) {
        return None;
    }
    match (resource.kind(), language) {
        // Left out because nothing is set yet; a root volume is written with its instance.
        (ResourceKind::IamPasswordPolicy | ResourceKind::S3AccountPublicAccessBlock, _)
        | (ResourceKind::Ec2Volume, Language::Terraform) => None,
        (ResourceKind::Ec2Volume, Language::CloudFormation) => {
            Some("a change of a root volume would replace its instance")
        }
        _ => Some("the resource is left out of the code"),
    }
}

/// Puts the desired settings into the resource. Operations name settings as a World does, but for these.
fn apply(resource: &mut Resource, action: &Action) -> Result<(), &'static str> {
    match (&mut resource.config, action.operation) {
        (ResourceConfig::Ec2Instance(instance), Operation::RequireImdsV2) => {
            instance.imds_http_tokens = Some("required".into());
            Ok(())
        }
        (ResourceConfig::KmsKey(key), Operation::RotateKey) => {
            key.rotation = Evidence::Known(Rotation { enabled: true, period_days: None });
            Ok(())
        }
        (ResourceConfig::Ec2SecurityGroup(group), Operation::RevokeRules) => {
            let revoked = |side: &str| -> Vec<SecurityGroupRule> {
                let rules = action.expected.setting(side).clone();
                serde_json::from_value(rules).unwrap_or_default()
            };
            let (ingress, egress) = (revoked("ingress"), revoked("egress"));
            group.ingress.retain(|rule| !ingress.contains(rule));
            group.egress.retain(|rule| !egress.contains(rule));
            Ok(())
        }
        (ResourceConfig::S3Bucket(bucket), Operation::AbortMultipartUploads) => {
            let days = action.desired.setting("abort_multipart_days").as_u64();
            let (Evidence::Known(rules), Some(days)) = (&mut bucket.lifecycle, days) else {
                return Err("the rules that are there are not known");
            };
            rules.push(LifecycleRule {
                id: Some("abort-incomplete-multipart-uploads".into()),
                enabled: true,
                prefix: None,
                filtered: false,
                abort_multipart_days: u32::try_from(days).ok(),
                expiration_days: None,
                noncurrent_expiration_days: None,
                transitions: Vec::new(),
                more: false,
            });
            Ok(())
        }
        (config, _) => {
            *config = with(config, &action.desired)?;
            Ok(())
        }
    }
}

/// The configuration with these settings in the fields of the same names.
fn with(config: &ResourceConfig, desired: &TargetState) -> Result<ResourceConfig, &'static str> {
    const UNSAYABLE: &str = "code has no argument for it";
    let TargetState::Present(settings) = desired else { return Err(UNSAYABLE) };
    let mut stored = serde_json::to_value(config).map_err(|_| UNSAYABLE)?;
    let fields = stored["config"].as_object_mut().ok_or(UNSAYABLE)?;
    for (name, value) in settings {
        let field = fields.get_mut(name).ok_or(UNSAYABLE)?;
        // What a call of its own tells is stored as evidence.
        let evidence = ["known", "unavailable"].iter().any(|key| field.get(key).is_some());
        *field = if evidence { json!({ "known": value }) } else { value.clone() };
    }
    serde_json::from_value(stored).map_err(|_| UNSAYABLE)
}
