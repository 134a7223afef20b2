//! The types that Cloud Control lists by default, and what they tell of ARNs.

use std::{collections::BTreeMap, sync::LazyLock};

use miyabi_types::{id::Arn, resource::ResourceKind};
use serde::Deserialize;

/// `data/generic_types.json` names its sources.
pub static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../data/generic_types.json"))
        .expect("the embedded catalogue is one, a test reads it")
});

const VIRGINIA: &str = "us-east-1";

/// Services whose resources are read once per account, with the region that tells of them in the
/// partition `aws`. Source: "Endpoints and quotas" of each service.
const GLOBAL: &[(&str, &str)] = &[
    ("Budgets", VIRGINIA),
    ("CE", VIRGINIA),
    ("CUR", VIRGINIA),
    ("CloudFront", VIRGINIA),
    ("GlobalAccelerator", "us-west-2"),
    ("IAM", VIRGINIA),
    ("NetworkManager", "us-west-2"),
    ("Organizations", VIRGINIA),
    ("Route53", VIRGINIA),
    ("Shield", VIRGINIA),
];

/// Types of resource that no collector of its own reads, with the IAM actions that listing each takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Where the types and actions come from.
    pub sources: Vec<String>,
    /// Actions by CloudFormation type.
    #[serde(borrow)]
    pub types: BTreeMap<&'static str, Vec<&'static str>>,
    /// Of some of the types: what listing them takes besides their name.
    #[serde(borrow)]
    pub inputs: BTreeMap<&'static str, Input>,
}

/// A property that must be told to list a type: those resources are listed that have it so.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The property's name.
    pub property: &'static str,
    /// The type of what the resources belong to; the property names one of them.
    pub parent: Option<&'static str>,
    /// All that the property can be in a region, where it names nothing else.
    #[serde(default, borrow)]
    pub values: Vec<&'static str>,
    /// The same in the global scope.
    #[serde(default, borrow)]
    pub global: Vec<&'static str>,
}

impl Input {
    /// What the property can be there.
    pub const fn choices(&self, global_scope: bool) -> &[&'static str] {
        if global_scope { self.global.as_slice() } else { self.values.as_slice() }
    }

    /// Whether this is one of the things that it can be.
    pub fn is_choice(&self, text: &str) -> bool {
        self.values.contains(&text) || self.global.contains(&text)
    }

    /// What the property says of a parent that Cloud Control knows by this identifier. One that is not called
    /// an ARN is the last part of it.
    pub fn naming<'a>(&self, parent: &'a str) -> &'a str {
        let is_arn = self.property.to_ascii_lowercase().ends_with("arn");
        if is_arn || !parent.starts_with("arn:") {
            return parent;
        }
        parent.rsplit(['/', ':']).next().unwrap_or(parent)
    }
}

impl Catalogue {
    /// Every IAM action that listing them takes.
    pub fn actions(&self) -> impl Iterator<Item = &'static str> {
        self.listed().flat_map(|(_, actions)| actions.iter().copied())
    }

    /// The types that no collector of its own reads.
    pub fn listed(&self) -> impl Iterator<Item = (&'static str, &Vec<&'static str>)> {
        let types = self.types.iter().map(|(type_name, actions)| (*type_name, actions));
        types.filter(|(type_name, _)| !super::has_collector(type_name))
    }

    /// Whether a type is listed in the global scope, or else in regions.
    pub fn is_in(&self, type_name: &str, global_scope: bool) -> bool {
        let in_both = || self.inputs.get(type_name).is_some_and(|input| !input.global.is_empty());
        global(type_name).is_some() == global_scope || in_both()
    }

    /// The service in the ARNs of a type: mostly the one that its listing's actions name.
    pub fn service_of(&self, type_name: &str) -> String {
        let actions = self.types.get(type_name).and_then(|actions| actions.first());
        match actions.and_then(|action| action.split_once(':')) {
            Some((service, _)) => service.to_owned(),
            None => part(type_name, 1).to_ascii_lowercase(),
        }
    }

    /// The type of what an ARN names, or `service:type` where it cannot be told.
    pub fn type_of(&self, arn: &Arn) -> String {
        let resource = arn.resource().trim_start_matches('/');
        let kind = resource.split_once(['/', ':']).map_or("", |(kind, _)| kind);
        let fits = |type_name: &str| {
            let service = self.service_of(type_name);
            plain(name_of(type_name)) == plain(kind) && plain(&service) == plain(arn.service())
        };
        let typed = ResourceKind::ALL.iter().map(|kind| kind.as_str());
        let mut known = typed.chain(self.types.keys().copied());
        known.find(|type_name| fits(type_name)).map_or_else(
            || match kind {
                "" => arn.service().to_owned(),
                kind => format!("{}:{kind}", arn.service()),
            },
            str::to_owned,
        )
    }
}

/// The region that tells of a type of the global scope in the partition `aws`; none for a regional type.
pub fn global(type_name: &str) -> Option<&'static str> {
    // Public repositories are the one global part of their service.
    if type_name == "AWS::ECR::PublicRepository" {
        return Some(VIRGINIA);
    }
    let service = part(type_name, 1);
    GLOBAL.iter().find(|(global, _)| *global == service).map(|(_, region)| *region)
}

/// What a type is called within its service.
pub fn name_of(type_name: &str) -> &str {
    part(type_name, 2)
}

/// A name however it is written: `job-queue` and `JobQueue`.
pub fn plain(text: &str) -> String {
    text.replace(['-', '_'], "").to_ascii_lowercase()
}

/// A part of `AWS::Service::Type`.
fn part(type_name: &str, index: usize) -> &str {
    type_name.split("::").nth(index).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{super::has_collector, *};

    #[test]
    fn the_catalogue_holds_hundreds_of_types_that_can_be_listed_by_reading_only() {
        assert!(CATALOGUE.listed().count() >= 300 && !CATALOGUE.sources.is_empty());
        for (type_name, actions) in CATALOGUE.listed() {
            assert_eq!(type_name.split("::").count(), 3, "{type_name}");
            assert!(!actions.is_empty(), "{type_name}");
        }
        for (type_name, input) in &CATALOGUE.inputs {
            assert!(CATALOGUE.types.contains_key(type_name), "{type_name}");
            assert!(input.parent.is_some() == input.values.is_empty(), "{type_name}");
            let grandparent = input.parent.and_then(|parent| CATALOGUE.inputs.get(parent));
            assert!(grandparent.is_none(), "nobody finds the parents of {type_name}");
            let parent = input.parent.filter(|parent| !has_collector(parent));
            assert!(
                parent.is_none_or(|parent| CATALOGUE.types.contains_key(parent)),
                "{type_name}"
            );
        }
        let actions: BTreeSet<_> = CATALOGUE.actions().collect();
        for action in ["secretsmanager:GetSecretValue", "s3:GetObject", "ssm:GetParameter"] {
            assert!(!actions.contains(action), "{action} reads content");
        }
    }

    #[test]
    fn a_type_is_known_by_its_arn() {
        for (arn, type_name) in [
            ("arn:aws:batch:us-east-1:123456789012:job-queue/q", "AWS::Batch::JobQueue"),
            (
                "arn:aws:states:us-east-1:123456789012:stateMachine:m",
                "AWS::StepFunctions::StateMachine",
            ),
            ("arn:aws:ec2:us-east-1:123456789012:volume/vol-1", "AWS::EC2::Volume"),
            ("arn:aws:sns:us-east-1:123456789012:alerts", "sns"),
            ("arn:aws:odd:us-east-1:123456789012:thing/1", "odd:thing"),
        ] {
            assert_eq!(CATALOGUE.type_of(&Arn::parse(arn).unwrap()), type_name, "{arn}");
        }
    }

    #[test]
    fn a_parent_is_named_as_the_property_wants_it() {
        let input = |type_name| &CATALOGUE.inputs[type_name];
        let server = "arn:aws:transfer:us-east-1:123456789012:server/s-1";
        assert_eq!(input("AWS::Transfer::User").naming(server), "s-1");
        let machine = "arn:aws:states:us-east-1:123456789012:stateMachine:orders";
        assert_eq!(input("AWS::StepFunctions::StateMachineAlias").naming(machine), machine);
        let pool = "us-east-1_aBc";
        assert_eq!(input("AWS::Cognito::UserPoolClient").naming(pool), pool);
    }

    #[test]
    fn global_services_are_read_once() {
        assert_eq!(global("AWS::Route53::HostedZone"), Some(VIRGINIA));
        assert_eq!(global("AWS::GlobalAccelerator::Accelerator"), Some("us-west-2"));
        assert_eq!(global("AWS::Route53Resolver::ResolverRule"), None);
        assert_eq!(global("AWS::ECR::PullThroughCacheRule"), None);
        let acl = "AWS::WAFv2::WebACL";
        assert!(CATALOGUE.is_in(acl, true) && CATALOGUE.is_in(acl, false), "each has its own");
    }
}
