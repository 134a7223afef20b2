//! # What
//! A region in which no trail of all regions records management events (CloudTrail.1), writes to objects
//! (S3.22) or reads of objects (S3.23).
//! # Why
//! What is not recorded cannot be investigated.
//! # Evidence
//! `cloudtrail:DescribeTrails`, `GetTrailStatus` and `GetEventSelectors` of every trail that records the
//! region, those of the organization among them.
//! # Silent when
//! One multi-region trail works and records all of it: management events both read and written with no
//! source left out, object events of every bucket.
//! # Remedy and risk
//! None proposed: a trail needs a bucket with a policy, and object events are charged by their number.
//! # References
//! Security Hub CloudTrail.1, S3.22, S3.23.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{
        Resource, ResourceConfig, ResourceKind,
        cloudtrail::{AdvancedSelector, EventSelector, EventSelectors, FieldSelector, Trail},
    },
};

use crate::check::{Check, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// See the module.
pub const CHECKS: [Check; 3] = [
    Check {
        id: "cloudtrail_region_not_recorded",
        title: "No trail of all regions records who did what",
        severity: Severity::High,
        controls: &["CloudTrail.1"],
        thresholds: &[Threshold {
            what: "multi-region trails that record all management events",
            value: "at least 1",
        }],
        judge: Judge::Logic(|resource, _| judge(resource, "management events", management)),
        ..REGION
    },
    Check {
        id: "cloudtrail_object_writes_not_recorded",
        title: "No trail of all regions records who wrote objects",
        controls: &["S3.22"],
        thresholds: &[Threshold {
            what: "multi-region trails that record writes to every bucket",
            value: "at least 1",
        }],
        judge: Judge::Logic(|resource, _| {
            judge(resource, "writes to objects", |all| objects(all, "WriteOnly"))
        }),
        ..REGION
    },
    Check {
        id: "cloudtrail_object_reads_not_recorded",
        title: "No trail of all regions records who read objects",
        controls: &["S3.23"],
        thresholds: &[Threshold {
            what: "multi-region trails that record reads of every bucket",
            value: "at least 1",
        }],
        judge: Judge::Logic(|resource, _| {
            judge(resource, "reads of objects", |all| objects(all, "ReadOnly"))
        }),
        ..REGION
    },
];

const REGION: Check =
    Check { kinds: &[ResourceKind::CloudTrailRegion], references: &[FSBP], ..SECURITY };

fn judge(resource: &Resource, what: &str, records: impl Fn(&EventSelectors) -> bool) -> Verdict {
    let ResourceConfig::CloudTrailRegion(region) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let mut unknown = None;
    for trail in region.trails.iter().filter(|trail| trail.is_multi_region) {
        match works(trail, &records) {
            Ok(true) => return Verdict::Clear,
            Ok(false) => {}
            Err(why) => unknown = Some(why.clone()),
        }
    }
    match (unknown, region.trails.len()) {
        (Some(why), _) => Verdict::NotEvaluated(why),
        (None, 0) => Found::risk("there is no trail", None),
        (None, trails) => {
            Found::risk(format!("none of {trails} trail(s) records {what} of all regions"), None)
        }
    }
}

fn works<'a>(
    trail: &'a Trail,
    records: &impl Fn(&EventSelectors) -> bool,
) -> Result<bool, &'a Unavailable> {
    let status = trail.status.get()?;
    let selectors = trail.selectors.get()?;
    Ok(status.is_logging && records(selectors))
}

/// Whether all management events are recorded, reads and writes, of every source.
fn management(selectors: &EventSelectors) -> bool {
    let basic = |selector: &EventSelector| {
        selector.management_events
            && selector.read_write == "All"
            && selector.excluded_sources.is_empty()
    };
    selectors.basic.iter().any(basic)
        || selectors.advanced.iter().any(|selector| {
            has(selector, "eventCategory", "Management") && selector.fields.len() == 1
        })
        // A selector for reads and another for writes are as good as one for both.
        || ["true", "false"].into_iter().all(|read_only| {
            selectors.advanced.iter().any(|selector| {
                has(selector, "eventCategory", "Management")
                    && has(selector, "readOnly", read_only)
                    && selector.fields.len() == 2
            })
        })
}

/// Whether object events of every bucket are recorded, of this kind at least.
fn objects(selectors: &EventSelectors, kind: &str) -> bool {
    let basic = |selector: &EventSelector| {
        (selector.read_write == "All" || selector.read_write == kind)
            && selector
                .data_resources
                .get("AWS::S3::Object")
                .is_some_and(|arns| arns.iter().any(|arn| is_every_bucket(arn)))
    };
    let read_only = if kind == "ReadOnly" { "true" } else { "false" };
    let advanced = |selector: &AdvancedSelector| {
        has(selector, "eventCategory", "Data")
            && has(selector, "resources.type", "AWS::S3::Object")
            && selector.fields.iter().all(|field| match field.field.as_str() {
                "eventCategory" | "resources.type" => true,
                "readOnly" => field.equals.iter().any(|value| value == read_only),
                _ => false,
            })
    };
    selectors.basic.iter().any(basic) || selectors.advanced.iter().any(advanced)
}

/// Source: AWS CloudTrail User Guide, Logging data events.
fn is_every_bucket(arn: &str) -> bool {
    matches!(arn, "arn:aws:s3" | "arn:aws:s3:::" | "arn:aws-cn:s3" | "arn:aws-us-gov:s3")
}

/// Whether the field must equal this one value.
fn has(selector: &AdvancedSelector, field: &str, value: &str) -> bool {
    selector.fields.iter().any(|f: &FieldSelector| f.field == field && f.equals == [value])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::fixture::{Expect, check, denied, region_trails};
    use miyabi_types::evidence::Evidence;

    fn selecting(selectors: EventSelectors) -> Resource {
        region_trails(|trails| trails[0].selectors = Evidence::Known(selectors))
    }

    fn advanced(fields: &[(&str, &str)]) -> AdvancedSelector {
        let field = |(name, value): &(&str, &str)| FieldSelector {
            field: (*name).into(),
            equals: vec![(*value).into()],
            ..FieldSelector::default()
        };
        AdvancedSelector { name: None, fields: fields.iter().map(field).collect() }
    }

    fn of_advanced(selectors: Vec<AdvancedSelector>) -> Resource {
        selecting(EventSelectors { advanced: selectors, ..EventSelectors::default() })
    }

    #[test]
    fn management_events() {
        let check = |case, resource, expect| check(&CHECKS[0], case, resource, expect);
        check("recorded", region_trails(|_| {}), Expect::Clear);
        check("no trail", region_trails(Vec::clear), Expect::Risk);
        let one_region = region_trails(|trails| trails[0].is_multi_region = false);
        check("one region only", one_region, Expect::Risk);
        let stopped = region_trails(|trails| {
            let Evidence::Known(status) = &mut trails[0].status else { panic!("known") };
            status.is_logging = false;
        });
        check("stopped", stopped, Expect::Risk);
        let unread = region_trails(|trails| trails[0].status = denied("cloudtrail:GetTrailStatus"));
        check("unread", unread, Expect::NotEvaluated("denied"));
        let management = ("eventCategory", "Management");
        check("advanced", of_advanced(vec![advanced(&[management])]), Expect::Clear);
        let reads = advanced(&[management, ("readOnly", "true")]);
        check("reads only", of_advanced(vec![reads.clone()]), Expect::Risk);
        let writes = advanced(&[management, ("readOnly", "false")]);
        check("reads and writes", of_advanced(vec![reads, writes]), Expect::Clear);
    }

    #[test]
    fn object_events() {
        let of = |read_write: &str, arn: &str| {
            selecting(EventSelectors {
                basic: vec![EventSelector {
                    read_write: read_write.into(),
                    management_events: true,
                    excluded_sources: Vec::new(),
                    data_resources: BTreeMap::from([(
                        "AWS::S3::Object".into(),
                        vec![arn.to_owned()],
                    )]),
                }],
                ..EventSelectors::default()
            })
        };
        let [_, writes, reads] = &CHECKS;
        check(writes, "no object events", region_trails(|_| {}), Expect::Risk);
        check(writes, "all", of("All", "arn:aws:s3"), Expect::Clear);
        check(reads, "all", of("All", "arn:aws:s3:::"), Expect::Clear);
        check(reads, "writes only", of("WriteOnly", "arn:aws:s3"), Expect::Risk);
        check(writes, "writes only", of("WriteOnly", "arn:aws:s3"), Expect::Clear);
        check(writes, "one bucket", of("All", "arn:aws:s3:::data/"), Expect::Risk);
        let every = [("eventCategory", "Data"), ("resources.type", "AWS::S3::Object")];
        check(reads, "advanced", of_advanced(vec![advanced(&every)]), Expect::Clear);
        let some = [&every[..], &[("resources.ARN", "arn:aws:s3:::data/")]].concat();
        check(reads, "narrowed", of_advanced(vec![advanced(&some)]), Expect::Risk);
    }
}
