//! Judges a change set before it is executed.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{
    Change, ChangeAction, ChangeSource, EvaluationType, Replacement, RequiresRecreation,
    ResourceChange,
};
use serde_json::Value;

use crate::error::{ExecutionError, Result};

/// Refuses a change set that reaches further than the one resource, or could replace it.
///
/// `properties` are those that were set; [`Operation::template_properties`] names only such as are
/// updated in place. `on_ebs`: whether the resource is an instance with its root on EBS, which keeps
/// its identity when its type changes.
///
/// [`Operation::template_properties`]: miyabi_types::action::Operation::template_properties
pub fn acceptable(
    changes: &[Change],
    logical_id: &str,
    properties: &BTreeMap<String, Value>,
    on_ebs: bool,
) -> Result<()> {
    let refused = |what: String| Err(ExecutionError::Refused(what));
    let mut is_touched = false;
    for change in changes {
        let line = told(change);
        let modified = change
            .resource_change()
            .filter(|resource| resource.action() == Some(&ChangeAction::Modify));
        let Some(resource) = modified else {
            return refused(format!("the change set does more than meant: {line}"));
        };
        if resource.logical_resource_id() != Some(logical_id) {
            if only_refers_to(resource, logical_id) {
                continue;
            }
            return refused(format!("the change set does more than meant: {line}"));
        }
        is_touched = true;
        let replaces = match resource.replacement() {
            Some(Replacement::True) => true,
            Some(Replacement::Conditional) => !is_in_place(resource, properties, on_ebs),
            _ => false,
        };
        if replaces {
            return refused(format!("the change set could replace the resource: {line}"));
        }
    }
    if !is_touched {
        return refused(format!("the change set changes nothing of {logical_id}"));
    }
    Ok(())
}

/// Whether a resource is listed only because it names the other one, in case that gets a new id.
/// It does not: what could replace it is refused.
fn only_refers_to(resource: &ResourceChange, logical_id: &str) -> bool {
    let details = resource.details();
    !details.is_empty()
        && details.iter().all(|detail| {
            detail.evaluation() == Some(&EvaluationType::Dynamic)
                && detail.change_source() == Some(&ChangeSource::ResourceReference)
                && detail.causing_entity() == Some(logical_id)
        })
}

/// Whether everything that a change set calls conditional is known to be done in place.
fn is_in_place(
    resource: &ResourceChange,
    properties: &BTreeMap<String, Value>,
    on_ebs: bool,
) -> bool {
    let is_instance = resource.resource_type() == Some("AWS::EC2::Instance");
    let mut doubts = resource
        .details()
        .iter()
        .filter_map(|detail| detail.target())
        .filter(|target| target.requires_recreation() != Some(&RequiresRecreation::Never))
        .peekable();
    doubts.peek().is_some()
        && doubts.all(|target| {
            let was_set = target.name().is_some_and(|name| properties.contains_key(name));
            was_set && (on_ebs || !is_instance)
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
    use serde_json::json;

    use super::*;

    fn detail(property: &str) -> ResourceChangeDetail {
        let target = ResourceTargetDefinition::builder()
            .name(property)
            .requires_recreation(RequiresRecreation::Conditionally);
        ResourceChangeDetail::builder().target(target.build()).build()
    }

    fn change(
        id: &str,
        kind: &str,
        replacement: Replacement,
        detail: ResourceChangeDetail,
    ) -> Change {
        let resource = ResourceChange::builder()
            .action(ChangeAction::Modify)
            .logical_resource_id(id)
            .resource_type(kind)
            .replacement(replacement)
            .details(detail);
        Change::builder().resource_change(resource.build()).build()
    }

    /// What is said against these changes, where `VolumeType` and `InstanceType` of `It` were set.
    fn refusal(changes: &[Change], on_ebs: bool) -> Option<String> {
        let properties = [("VolumeType", json!("gp3")), ("InstanceType", json!("t3.micro"))]
            .map(|(name, value)| (name.to_owned(), value));
        acceptable(changes, "It", &properties.into(), on_ebs).err().map(|error| error.to_string())
    }

    #[test]
    fn a_change_set_may_touch_one_resource_and_never_replace_it() {
        let volume = |id, replacement| change(id, "AWS::EC2::Volume", replacement, detail("Size"));
        assert_eq!(refusal(&[volume("It", Replacement::False)], false), None);
        for (changes, words) in [
            (vec![], "changes nothing"),
            (vec![volume("Other", Replacement::False)], "more than meant"),
            (vec![volume("It", Replacement::True)], "could replace"),
            (vec![volume("It", Replacement::Conditional)], "could replace"),
        ] {
            let told = refusal(&changes, false).unwrap();
            assert!(told.contains(words), "{told}");
        }
    }

    #[test]
    fn what_depends_is_done_only_where_it_is_known_to_happen_in_place() {
        let resize = |property| {
            [change("It", "AWS::EC2::Instance", Replacement::Conditional, detail(property))]
        };
        assert_eq!(refusal(&resize("InstanceType"), true), None);
        assert!(refusal(&resize("InstanceType"), false).is_some(), "an instance store is lost");
        assert!(refusal(&resize("ImageId"), true).is_some());
        let volume = detail("VolumeType");
        let volume = [change("It", "AWS::EC2::Volume", Replacement::Conditional, volume)];
        assert_eq!(refusal(&volume, false), None);
    }

    #[test]
    fn a_resource_that_only_names_the_changed_one_does_not_matter() {
        let by = |source: ChangeSource| {
            let detail = ResourceChangeDetail::builder()
                .evaluation(EvaluationType::Dynamic)
                .change_source(source)
                .causing_entity("It");
            [
                change(
                    "It",
                    "AWS::EC2::Instance",
                    Replacement::False,
                    self::detail("InstanceType"),
                ),
                change(
                    "Name",
                    "AWS::EC2::EIPAssociation",
                    Replacement::Conditional,
                    detail.build(),
                ),
            ]
        };
        assert_eq!(refusal(&by(ChangeSource::ResourceReference), true), None);
        // An attribute, such as the public address, does change.
        assert!(refusal(&by(ChangeSource::ResourceAttribute), true).is_some());
    }
}
