//! Judges a change set before it is executed.

use aws_sdk_cloudformation::types::{
    Change, ChangeAction, Replacement, RequiresRecreation, ResourceChange,
};

use crate::error::{ExecutionError, Result};

/// Properties that the resource reference says are updated in place, for when a change set says
/// only that it depends (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>).
const IN_PLACE: &[(&str, &str)] = &[
    ("AWS::EC2::Volume", "Iops"),
    ("AWS::EC2::Volume", "Throughput"),
    ("AWS::EC2::Volume", "VolumeType"),
    ("AWS::RDS::DBInstance", "BackupRetentionPeriod"),
    ("AWS::RDS::DBInstance", "CopyTagsToSnapshot"),
    ("AWS::RDS::DBInstance", "DeletionProtection"),
    ("AWS::S3::Bucket", "BucketEncryption"),
    ("AWS::S3::Bucket", "LifecycleConfiguration"),
    ("AWS::S3::Bucket", "PublicAccessBlockConfiguration"),
];

/// Refuses a change set that reaches further than the one resource, or could replace it.
///
/// `on_ebs`: whether the resource is an instance with its root on EBS, which keeps its identity
/// when its type changes.
pub fn acceptable(changes: &[Change], logical_id: &str, on_ebs: bool) -> Result<()> {
    let refused = |what: String| Err(ExecutionError::Refused(what));
    if changes.is_empty() {
        return refused(format!("the change set changes nothing of {logical_id}"));
    }
    for change in changes {
        let line = told(change);
        let Some(resource) = change.resource_change() else {
            return refused(format!("the change set does more than meant: {line}"));
        };
        if resource.logical_resource_id() != Some(logical_id)
            || resource.action() != Some(&ChangeAction::Modify)
        {
            return refused(format!("the change set does more than meant: {line}"));
        }
        let replaces = match resource.replacement() {
            Some(Replacement::True) => true,
            Some(Replacement::Conditional) => !is_in_place(resource, on_ebs),
            _ => false,
        };
        if replaces {
            return refused(format!("the change set could replace the resource: {line}"));
        }
    }
    Ok(())
}

/// Whether everything that a change set calls conditional is known to be done in place.
fn is_in_place(resource: &ResourceChange, on_ebs: bool) -> bool {
    let kind = resource.resource_type().unwrap_or_default();
    let mut doubts = resource
        .details()
        .iter()
        .filter_map(|detail| detail.target())
        .filter(|target| target.requires_recreation() != Some(&RequiresRecreation::Never))
        .peekable();
    doubts.peek().is_some()
        && doubts.all(|target| {
            let property = target.name().unwrap_or_default();
            IN_PLACE.contains(&(kind, property))
                || (on_ebs && (kind, property) == ("AWS::EC2::Instance", "InstanceType"))
        })
}

/// A change as one line, for example `Modify Disk (AWS::EC2::Volume), replacement False`.
pub fn told(change: &Change) -> String {
    let Some(resource) = change.resource_change() else {
        return "a change of no resource".into();
    };
    format!(
        "{} {} ({}), replacement {}",
        resource.action().map_or("?", ChangeAction::as_str),
        resource.logical_resource_id().unwrap_or("?"),
        resource.resource_type().unwrap_or("?"),
        resource.replacement().map_or("none", Replacement::as_str),
    )
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::{ResourceChangeDetail, ResourceTargetDefinition};

    use super::*;

    fn change(id: &str, kind: &str, replacement: Replacement, property: &str) -> Change {
        let target = ResourceTargetDefinition::builder()
            .name(property)
            .requires_recreation(RequiresRecreation::Conditionally)
            .build();
        let resource = ResourceChange::builder()
            .action(ChangeAction::Modify)
            .logical_resource_id(id)
            .resource_type(kind)
            .replacement(replacement)
            .details(ResourceChangeDetail::builder().target(target).build());
        Change::builder().resource_change(resource.build()).build()
    }

    fn refusal(changes: &[Change], on_ebs: bool) -> Option<String> {
        acceptable(changes, "Disk", on_ebs).err().map(|error| error.to_string())
    }

    #[test]
    fn a_change_set_may_touch_one_resource_and_never_replace_it() {
        let volume =
            |id, replacement| change(id, "AWS::EC2::Volume", replacement, "AvailabilityZone");
        assert_eq!(refusal(&[volume("Disk", Replacement::False)], false), None);
        for (changes, words) in [
            (vec![], "changes nothing"),
            (vec![volume("Other", Replacement::False)], "more than meant"),
            (vec![volume("Disk", Replacement::True)], "could replace"),
            (vec![volume("Disk", Replacement::Conditional)], "could replace"),
        ] {
            let told = refusal(&changes, false).unwrap();
            assert!(told.contains(words), "{told}");
        }
    }

    #[test]
    fn what_depends_is_done_only_where_it_is_known_to_happen_in_place() {
        let resize =
            [change("Disk", "AWS::EC2::Instance", Replacement::Conditional, "InstanceType")];
        assert_eq!(refusal(&resize, true), None);
        assert!(refusal(&resize, false).is_some(), "an instance store is lost");
        let other = [change("Disk", "AWS::EC2::Instance", Replacement::Conditional, "ImageId")];
        assert!(refusal(&other, true).is_some());
        let kind = [change("Disk", "AWS::EC2::Volume", Replacement::Conditional, "VolumeType")];
        assert_eq!(refusal(&kind, false), None);
    }
}
