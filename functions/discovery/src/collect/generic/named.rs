//! What a resource needs, as its properties tell: whatever they name by ARN.

use std::collections::BTreeSet;

use miyabi_types::id::Arn;
use serde_json::Value;

use super::last_part;
use crate::place::Place;

/// Policies tell what is allowed, not what is needed.
const POLICY: &str = "Statement";

/// The resources that properties name, without the one itself: by its ARN, or by what its service and `id` tell
/// where that ARN is made up.
pub fn named(place: &Place, arn: &Arn, id: &str, properties: &Value) -> BTreeSet<Arn> {
    let mut found = BTreeSet::new();
    collect(place, properties, &mut found);
    let is_itself = |other: &Arn| other.service() == arn.service() && last_part(other) == id;
    found.retain(|other| other != arn && !is_itself(other));
    found
}

fn collect(place: &Place, value: &Value, found: &mut BTreeSet<Arn>) {
    match value {
        Value::String(text) => found.extend(resource(place, text)),
        Value::Array(items) => items.iter().for_each(|item| collect(place, item, found)),
        Value::Object(map) => {
            let others = map.iter().filter(|(key, _)| *key != POLICY);
            others.for_each(|(_, value)| collect(place, value, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The resource that a text names; of an object, its bucket.
fn resource(place: &Place, text: &str) -> Option<Arn> {
    let arn = Arn::parse(text).ok().filter(|arn| !arn.resource().contains('*'))?;
    let in_bucket = text.split(':').nth(2) == Some("s3") && text.split(':').nth(3) == Some("");
    match arn.resource().split_once('/') {
        Some((bucket, _)) if in_bucket => Some(place.bucket_arn(bucket)),
        _ => Some(arn),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::place;

    #[test]
    fn a_resource_needs_what_its_properties_name_wherever_they_do() {
        let arn = Arn::parse("arn:aws:batch:us-east-1:123456789012:job-queue/nightly").unwrap();
        let properties = json!({
            "JobQueueArn": arn.as_str(),
            "ServiceRole": "arn:aws:iam::123456789012:role/batch",
            "Order": [{ "Environment": "arn:aws:batch:us-east-1:123456789012:compute-environment/spot" }],
            "Script": "arn:aws:s3:::scripts/nightly/run.sh",
            "Door": "arn:aws:s3:us-east-1:123456789012:accesspoint/door",
            "Itself": "arn:aws:batch:us-east-1:123456789012:queue/nightly",
            "Rule": "arn:aws:events:us-east-1:123456789012:rule/nightly",
            "Any": "arn:aws:sns:us-east-1:123456789012:*",
            "Policy": { "Statement": [{ "Principal": { "AWS": "arn:aws:iam::999999999999:root" } }] },
            "Comment": "see arn:aws:iam::123456789012:role/other",
        });
        let needs = named(&place(), &arn, "nightly", &properties);
        let needs: Vec<_> = needs.iter().map(Arn::as_str).collect();
        let expected = [
            "arn:aws:batch:us-east-1:123456789012:compute-environment/spot",
            "arn:aws:events:us-east-1:123456789012:rule/nightly",
            "arn:aws:iam::123456789012:role/batch",
            "arn:aws:s3:::scripts",
            "arn:aws:s3:us-east-1:123456789012:accesspoint/door",
        ];
        assert_eq!(needs, expected);
    }
}
