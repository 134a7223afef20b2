//! # What
//! A file system that is mounted in a subnet which gives public addresses.
//! # Why
//! What is made in such a subnet is meant for the internet; files are not.
//! # Evidence
//! `elasticfilesystem:DescribeMountTargets` and `ec2:DescribeSubnets`.
//! # Silent when
//! None of its subnets gives public addresses.
//! # Remedy and risk
//! None here: EC2.15 proposes to end that of the subnet.
//! # References
//! Security Hub EFS.6.

use miyabi_types::{
    evidence::Unavailable,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "efs_mounted_in_public_subnet",
    title: "File system is mounted in a public subnet",
    kinds: &[ResourceKind::EfsFileSystem],
    controls: &["EFS.6"],
    thresholds: &[Threshold { what: "MapPublicIpOnLaunch of its subnets", value: "false" }],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::EfsFileSystem(file_system) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let ids = match file_system.subnet_ids.get() {
        Ok(ids) => ids,
        Err(why) => return Verdict::NotEvaluated(why.clone()),
    };
    if ids.is_empty() {
        return Verdict::NotApplicable;
    }
    let mut public = Vec::new();
    for id in ids {
        let found = context.find(ResourceKind::Ec2Subnet, id, resource);
        let Some(ResourceConfig::Ec2Subnet(subnet)) = found.map(|subnet| &subnet.config) else {
            let why = context.unseen(ResourceKind::Ec2Subnet, resource).cloned();
            return Verdict::NotEvaluated(
                why.unwrap_or_else(|| Unavailable::because(format!("subnet {id} was not seen"))),
            );
        };
        if subnet.map_public_ip_on_launch {
            public.push(id.as_str());
        }
    }
    if public.is_empty() { Verdict::Clear } else { Found::risk(public.join(", "), None) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, check_in, file_system, subnet, world};
    use miyabi_types::evidence::Evidence;

    #[test]
    fn judges() {
        let files = file_system(|_| {});
        let private = world([files.clone(), subnet(|_| {})]);
        check_in(&CHECK, "private", private, &files, Expect::Clear);
        let public = world([files.clone(), subnet(|s| s.map_public_ip_on_launch = true)]);
        check_in(&CHECK, "public", public, &files, Expect::Risk);
        check(&CHECK, "unseen", files, Expect::NotEvaluated("not seen"));
        let unmounted = file_system(|f| f.subnet_ids = Evidence::Known(vec![]));
        check(&CHECK, "unmounted", unmounted, Expect::NotApplicable);
    }
}
