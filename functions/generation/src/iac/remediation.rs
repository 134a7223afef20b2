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

use super::{code::Language, estate::Estate, kinds};

/// What is written in place of a file that the plan leaves nothing of.
const EMPTIED: &str = "# The plan leaves nothing of what was here.\n";

/// What the plan makes of the World, as far as a language can say so, and what it cannot say.
pub struct Remedied<'p> {
    pub language: Language,
    plan: &'p Plan,
    /// Resources that are changed, by their place in the World; nothing of those that go.
    changed: BTreeMap<usize, Option<Box<Resource>>>,
    unsaid: BTreeMap<&'p ActionId, &'static str>,
}

impl<'p> Remedied<'p> {
    pub fn of(language: Language, world: &World, plan: &'p Plan) -> Self {
        let estate = Estate::of(world);
        let left_out: BTreeSet<&Arn> = estate.left_out.iter().map(|(left, _)| &left.arn).collect();
        let (changed, unsaid) = (BTreeMap::new(), BTreeMap::new());
        let mut remedied = Self { language, plan, changed, unsaid };
        for proposal in &plan.proposals {
            if let Err(why) = remedied.apply(world, &proposal.action, &left_out) {
                remedied.unsaid.insert(&proposal.action.id, why);
            }
        }
        remedied
    }

    fn apply(
        &mut self,
        world: &World,
        action: &Action,
        left_out: &BTreeSet<&Arn>,
    ) -> Result<(), &'static str> {
        const GONE: &str = "another proposal takes the resource away";
        let found = world.resources.binary_search_by(|one| one.arn.cmp(&action.target));
        let at = found.map_err(|_| GONE)?;
        let resource = match self.changed.get(&at) {
            Some(changed) => changed.as_deref().ok_or(GONE)?,
            None => &world.resources[at],
        };
        if let Some(why) = why_not(self.language, action, resource, left_out) {
            return Err(why);
        }
        let mut changed =
            (action.desired != TargetState::Absent).then(|| Box::new(resource.clone()));
        if let Some(changed) = &mut changed {
            apply(changed, action)?;
        }
        self.changed.insert(at, changed);
        Ok(())
    }

    /// The estate as the plan would leave it.
    pub fn estate<'w>(&'w self, world: &'w World) -> Estate<'w> {
        let resources = world.resources.iter().enumerate();
        Estate::with(
            world,
            resources.filter_map(|(at, resource)| match self.changed.get(&at) {
                Some(changed) => changed.as_deref(),
                None => Some(resource),
            }),
        )
    }

    /// What the layer holds and what it does not.
    pub fn said(&self) -> (String, String) {
        let name = self.language.name();
        let mut said = README.replace("LANGUAGE", name);
        for proposal in &self.plan.proposals {
            let _ = match self.unsaid.get(&proposal.action.id) {
                Some(why) => {
                    writeln!(said, "- not in these files, because {why}: {}", proposal.summary)
                }
                None => writeln!(said, "- {}", proposal.summary),
            };
        }
        (format!("remediation/{name}.md"), said)
    }
}

/// What is written in place of a file that the plan leaves nothing of. A file of Terraform that is copied
/// over nothing would stay as it is.
pub fn emptied(path: &str) -> Option<(String, String)> {
    let is_code = Path::new(path).extension().is_some_and(|kind| kind == "tf");
    is_code.then(|| (format!("remediation/{path}"), EMPTIED.to_owned()))
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
