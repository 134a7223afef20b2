//! ECR repositories.

use aws_sdk_ecr::{
    Client,
    types::{
        ImageScanningConfiguration, RegistryScanningConfiguration, Repository as SdkRepository,
        ScanningRepositoryFilterType,
    },
};
use futures::FutureExt;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    resource::{Resource, ResourceConfig, ResourceKind::EcrRepository, Tags, ecr::Repository},
};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::{Collected, Collector, Reach, owned, text, timestamp};
use crate::{
    call::Call,
    lists::{Known, pages},
    place::Place,
    scope::Scan,
};

const REPOSITORIES: Call = Call::lists("ecr:DescribeRepositories", &[EcrRepository]);
const SCANNING: Call = Call::details("ecr:GetRegistryScanningConfiguration");
const LIFECYCLE: Call = Call::details("ecr:GetLifecyclePolicy");
const POLICY: Call = Call::details("ecr:GetRepositoryPolicy");
const TAGS: Call = Call::details("ecr:ListTagsForResource");

/// Reads ECR.
pub const COLLECTOR: Collector = Collector {
    service: "ecr",
    reach: Reach::Regional,
    calls: &[REPOSITORIES, SCANNING, LIFECYCLE, POLICY, TAGS],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let paginator = client.describe_repositories().max_results(1000).into_paginator().send();
    // A registry without a repository is not asked how it scans them.
    let scanning = &OnceCell::new();
    let one = |repository: SdkRepository| async move {
        let (details, scanning) = tokio::join!(
            details(scan, client, &repository).boxed(),
            scanning.get_or_init(|| scan.apart(registry_rules(scan, client))),
        );
        let scanning = scanning.as_ref().map(Option::as_ref);
        resource(&scan.place, &repository, scanning, details)
    };
    let repositories = pages(paginator, |page| page.repositories);
    let is_known = |known: &Known, repository: &SdkRepository| {
        known.has(repository.repository_arn().unwrap_or_default())
    };
    scan.stream_each(REPOSITORIES, repositories, is_known, one).await;
    Collected::default()
}

async fn registry_rules(
    scan: &Scan,
    client: &Client,
) -> Result<Option<RegistryScanningConfiguration>, Unavailable> {
    let call = client.get_registry_scanning_configuration().send();
    Ok(scan.read(SCANNING, call).await?.scanning_configuration)
}

/// What calls of their own tell of a repository.
struct Details {
    lifecycle: Result<Option<Value>, Unavailable>,
    policy: Result<Option<Value>, Unavailable>,
    tags: Result<Tags, Unavailable>,
}

async fn details(scan: &Scan, client: &Client, repository: &SdkRepository) -> Details {
    let (name, arn) = (text(repository.repository_name()), text(repository.repository_arn()));
    let (lifecycle, policy, tags) = tokio::join!(
        scan.find(
            LIFECYCLE,
            &["LifecyclePolicyNotFoundException"],
            client.get_lifecycle_policy().repository_name(&name).send(),
        ),
        scan.find(
            POLICY,
            &["RepositoryPolicyNotFoundException"],
            client.get_repository_policy().repository_name(&name).send(),
        ),
        scan.read(TAGS, client.list_tags_for_resource().resource_arn(&arn).send()),
    );
    Details {
        lifecycle: lifecycle
            .map(|answer| super::policy(answer.as_ref().and_then(|a| a.lifecycle_policy_text()))),
        policy: policy.map(|answer| super::policy(answer.as_ref().and_then(|a| a.policy_text()))),
        tags: tags.map(|answer| {
            super::tags(answer.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value()))))
        }),
    }
}

fn resource(
    place: &Place,
    repository: &SdkRepository,
    scanning: Result<Option<&RegistryScanningConfiguration>, &Unavailable>,
    details: Details,
) -> Option<Resource> {
    let name = repository.repository_name()?;
    let encryption = repository.encryption_configuration();
    let scan_on_push =
        repository.image_scanning_configuration().map(ImageScanningConfiguration::scan_on_push);
    let config = Repository {
        uri: text(repository.repository_uri()),
        tag_mutability: repository
            .image_tag_mutability()
            .map_or("MUTABLE", |mutability| mutability.as_str())
            .to_owned(),
        scan_on_push: scan_on_push.unwrap_or(false),
        registry_scan: match scanning {
            Ok(rules) => Evidence::Known(rules.and_then(|rules| registry_scan(rules, name))),
            Err(why) => Evidence::Unavailable(why.clone()),
        },
        encryption_type: encryption
            .map_or("AES256", |encryption| encryption.encryption_type().as_str())
            .to_owned(),
        kms_key_id: owned(encryption.and_then(|encryption| encryption.kms_key())),
        lifecycle_policy: Evidence::from(details.lifecycle),
        policy: Evidence::from(details.policy),
    };
    let arn = Place::told(repository.repository_arn(), || {
        place.arn("ecr", &format!("repository/{name}"))
    });
    let depends_on = config.kms_key_id.iter().map(|key| place.key_arn(key)).collect();
    let (tags, tags_unavailable) = super::tags_or_why(details.tags);
    let resource = place.resource(arn, name, tags, ResourceConfig::EcrRepository(config));
    Some(Resource {
        name: Some(name.to_owned()),
        created_at: timestamp(repository.created_at()),
        depends_on,
        tags_unavailable,
        ..resource
    })
}

/// How the registry's rules scan a repository: the first rule that is about it.
fn registry_scan(scanning: &RegistryScanningConfiguration, repository: &str) -> Option<String> {
    let rule = scanning.rules().iter().find(|rule| {
        rule.repository_filters().iter().any(|filter| match filter.filter_type() {
            ScanningRepositoryFilterType::Wildcard => matches(filter.filter(), repository),
            _ => false,
        })
    })?;
    Some(rule.scan_frequency().as_str().to_owned())
}

/// Whether a filter with `*` wildcards is about a repository. Without a wildcard it matches names that contain it.
/// Source: ECR user guide, "Filters to choose which repositories are scanned".
fn matches(filter: &str, name: &str) -> bool {
    let parts: Vec<_> = filter.split('*').collect();
    let [first, middle @ .., last] = &parts[..] else { return name.contains(filter) };
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecr::types::{
        EncryptionConfiguration, EncryptionType, ImageTagMutability, RegistryScanningRule,
        ScanFrequency, ScanningRepositoryFilter,
    };
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::testing::place;

    const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/k1";

    fn repository() -> SdkRepository {
        let encryption =
            EncryptionConfiguration::builder().encryption_type(EncryptionType::Kms).kms_key(KEY);
        SdkRepository::builder()
            .repository_name("shop/web")
            .repository_uri("123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web")
            .image_tag_mutability(ImageTagMutability::Immutable)
            .encryption_configuration(encryption.build().unwrap())
            .build()
    }

    fn rules(filter: &str) -> RegistryScanningConfiguration {
        let filter = ScanningRepositoryFilter::builder()
            .filter(filter)
            .filter_type(ScanningRepositoryFilterType::Wildcard)
            .build();
        let rule = RegistryScanningRule::builder()
            .scan_frequency(ScanFrequency::ScanOnPush)
            .repository_filters(filter.unwrap())
            .build();
        RegistryScanningConfiguration::builder().rules(rule.unwrap()).build()
    }

    fn config(resource: Resource) -> Repository {
        match resource.config {
            ResourceConfig::EcrRepository(repository) => repository,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_repository_tells_who_scans_it_and_needs_its_key() {
        let details = Details {
            lifecycle: Ok(Some(serde_json::json!({ "rules": [] }))),
            policy: Ok(None),
            tags: Ok([("env".into(), "prod".into())].into()),
        };
        let rules = rules("shop/*");
        let resource = resource(&place(), &repository(), Ok(Some(&rules)), details).unwrap();
        assert_eq!(resource.arn.as_str(), "arn:aws:ecr:us-east-1:123456789012:repository/shop/web");
        assert_eq!((resource.depends_on[0].as_str(), &*resource.tags["env"]), (KEY, "prod"));
        let repository = config(resource);
        assert_eq!(repository.registry_scan, Evidence::Known(Some("SCAN_ON_PUSH".into())));
        assert_eq!((&*repository.tag_mutability, repository.scan_on_push), ("IMMUTABLE", false));
        assert_eq!(
            (&*repository.encryption_type, repository.policy),
            ("KMS", Evidence::Known(None))
        );
        assert!(repository.lifecycle_policy.known().unwrap().is_some());
    }

    #[test]
    fn a_lifecycle_policy_that_is_denied_is_not_taken_for_none() {
        let denied = |action| Unavailable::denied(IamAction::parse(action).unwrap());
        let details = Details {
            lifecycle: Err(denied("ecr:GetLifecyclePolicy")),
            policy: Err(denied("ecr:GetRepositoryPolicy")),
            tags: Err(denied("ecr:ListTagsForResource")),
        };
        let scanning = denied("ecr:GetRegistryScanningConfiguration");
        let resource = resource(&place(), &repository(), Err(&scanning), details).unwrap();
        assert!(resource.tags_unavailable.is_some());
        let repository = config(resource);
        assert_eq!(repository.registry_scan, Evidence::Unavailable(scanning));
        assert!(repository.lifecycle_policy.known().is_none());
        assert!(repository.policy.known().is_none());
    }

    #[test]
    fn a_filter_is_a_wildcard_or_a_part_of_the_name() {
        for (filter, name, is) in [
            ("*", "shop/web", true),
            ("shop/*", "shop/web", true),
            ("*web", "shop/web", true),
            ("s*p/w*b", "shop/web", true),
            ("hop", "shop/web", true),
            ("web*", "shop/web", false),
            ("*shop", "shop/web", false),
        ] {
            assert_eq!(matches(filter, name), is, "{filter}");
        }
        assert_eq!(registry_scan(&rules("other"), "shop/web"), None);
    }
}
