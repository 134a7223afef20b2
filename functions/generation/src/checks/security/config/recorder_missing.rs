//! # What
//! A region in which AWS Config does not record every type of resource with its service-linked role.
//! # Why
//! Without the record nobody can tell what changed when; most controls of Security Hub read it.
//! # Evidence
//! `config:DescribeConfigurationRecorders` and their status.
//! # Silent when
//! The account's own recorder works, records all types, and reads with the service-linked role. One that
//! leaves types out: whether an enabled control needs them cannot be told, so not evaluated.
//! # Remedy and risk
//! None proposed: Config needs a bucket and is charged by what changes.
//! # References
//! Security Hub Config.1.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind, config::Recorder},
};

use crate::check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// The end of the ARN of the role that AWS makes for Config. Source: Security Hub Config.1.
const OWN_ROLE: &str = "/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig";

/// See the module.
pub const CHECK: Check = Check {
    id: "config_recorder_missing",
    title: "AWS Config does not record the region",
    severity: Severity::Critical,
    // Of these there is one in every region.
    kinds: &[ResourceKind::Ec2RegionDefaults],
    controls: &["Config.1"],
    thresholds: &[Threshold {
        what: "recorder",
        value: "recording, all types, with the service-linked role",
    }],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(region: &Resource, context: &Context<'_>) -> Verdict {
    let recorders = match context.all(ResourceKind::ConfigRecorder, region) {
        Ok(recorders) => recorders,
        Err(why) => return Verdict::NotEvaluated(why.clone()),
    };
    let own = recorders.into_iter().find_map(|recorder| match &recorder.config {
        // A service's recorder records what that service wants.
        ResourceConfig::ConfigRecorder(config) if config.service.is_none() => {
            Some((recorder, config))
        }
        _ => None,
    });
    match own {
        None => Found::risk("there is no recorder", None),
        Some((resource, recorder)) => verdict(resource, recorder),
    }
}

fn verdict(resource: &Resource, recorder: &Recorder) -> Verdict {
    let name = &resource.id;
    match recorder.status.get() {
        Err(why) => return Verdict::NotEvaluated(why.clone()),
        Ok(Some(status)) if status.recording => {}
        Ok(_) => return Found::risk(format!("recorder {name} does not record"), None),
    }
    let role = recorder.role_arn.as_deref().unwrap_or("none");
    if !role.ends_with(OWN_ROLE) {
        return Found::risk(format!("recorder {name} reads with {role}"), None);
    }
    if recorder.all_supported {
        Verdict::Clear
    } else {
        Verdict::NotEvaluated(Unavailable::because(format!(
            "recorder {name} leaves types out; whether a control needs them is not known"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, deny, recorder, region_defaults, world};
    use miyabi_types::evidence::Evidence;

    #[test]
    fn judges() {
        let region = region_defaults(|_| {});
        check(&CHECK, "no recorder", region.clone(), Expect::Risk);
        let off = recorder(|r| r.status = Evidence::Known(None));
        let role = recorder(|r| r.role_arn = Some("arn:aws:iam::123456789012:role/x".into()));
        let some = recorder(|r| r.all_supported = false);
        let foreign = recorder(|r| r.service = Some("securityhub.amazonaws.com".into()));
        for (case, recorder, expect) in [
            ("all", recorder(|_| {}), Expect::Clear),
            ("off", off, Expect::Risk),
            ("a role of its own", role, Expect::Risk),
            ("some types", some, Expect::NotEvaluated("leaves types out")),
            ("a service's", foreign, Expect::Risk),
        ] {
            check_in(&CHECK, case, world([region.clone(), recorder]), &region, expect);
        }
        let mut denied = world([region.clone()]);
        deny(&mut denied, "config:DescribeConfigurationRecorders", &[ResourceKind::ConfigRecorder]);
        check_in(&CHECK, "denied", denied, &region, Expect::NotEvaluated("denied"));
    }
}
