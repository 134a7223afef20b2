//! Keys that the customer manages. AWS's own are not read: nobody can change them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use aws_sdk_kms::{
    Client,
    types::{
        AliasListEntry, KeyListEntry, KeyManagerType, KeyMetadata, KeySpec, KeyState, KeyUsageType,
        OriginType,
    },
};
use futures::FutureExt;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    resource::{
        Resource, ResourceConfig,
        ResourceKind::KmsKey,
        Tags,
        kms::{Key, Rotation},
    },
};
use serde_json::Value;

use super::{Collected, Collector, Reach, natural, owned, text, timestamp};
use crate::{
    call::Call,
    lists::{Known, pages},
    place::Place,
    scope::Scan,
};

const KEYS: Call = Call::lists("kms:ListKeys", &[KmsKey]);
/// Whether a key is the customer's is known from its description alone.
const KEY: Call = Call::lists("kms:DescribeKey", &[KmsKey]);
const ALIASES: Call = Call::details("kms:ListAliases");
const ROTATION: Call = Call::details("kms:GetKeyRotationStatus");
const POLICY: Call = Call::details("kms:GetKeyPolicy");
const TAGS: Call = Call::details("kms:ListResourceTags");

/// Reads KMS.
pub const COLLECTOR: Collector = Collector {
    service: "kms",
    reach: Reach::Regional,
    calls: &[KEYS, KEY, ALIASES, ROTATION, POLICY, TAGS],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let aliases = scan.apart(aliases(scan, client)).map(Arc::new).boxed().shared();
    let one = |key: KeyListEntry| {
        let aliases = aliases.clone();
        async move {
            let (id, aliases) = (key.key_id()?, aliases.await);
            let is_aws = aliases.as_ref().as_ref().is_ok_and(|aliases| aliases.of_aws.contains(id));
            if is_aws { None } else { read(scan, client, id, &aliases).boxed().await }
        }
    };
    let is_known = |known: &Known, key: &KeyListEntry| known.has(key.key_arn().unwrap_or_default());
    let keys = pages(client.list_keys().limit(1000).into_paginator().send(), |page| page.keys);
    tokio::join!(scan.stream_each(KEYS, keys, is_known, one), aliases.clone());
    Collected::default()
}

/// The region's aliases: names alone, which stay in memory until the last key is read.
#[derive(Debug, Default)]
struct Aliases {
    /// By key, sorted.
    of_keys: BTreeMap<String, BTreeSet<String>>,
    /// Keys that are AWS's own, by the names that only AWS may give.
    of_aws: BTreeSet<String>,
}

impl<'a> FromIterator<&'a AliasListEntry> for Aliases {
    fn from_iter<I: IntoIterator<Item = &'a AliasListEntry>>(entries: I) -> Self {
        let mut aliases = Self::default();
        for entry in entries {
            let (Some(name), Some(key)) = (entry.alias_name(), entry.target_key_id()) else {
                continue;
            };
            if name.starts_with("alias/aws/") {
                aliases.of_aws.insert(key.to_owned());
            }
            aliases.of_keys.entry(key.to_owned()).or_default().insert(name.to_owned());
        }
        aliases
    }
}

async fn aliases(scan: &Scan, client: &Client) -> Result<Aliases, Unavailable> {
    let pages = client.list_aliases().limit(100).into_paginator().items().send();
    let entries = scan.narrow(ALIASES, pages.collect::<Result<Vec<_>, _>>()).await?;
    Ok(entries.iter().collect())
}

async fn read(
    scan: &Scan,
    client: &Client,
    id: &str,
    aliases: &Result<Aliases, Unavailable>,
) -> Option<Resource> {
    let answer = scan.read(KEY, client.describe_key().key_id(id).send()).await.ok()?;
    let key = answer.key_metadata?;
    if key.key_manager() != Some(&KeyManagerType::Customer) {
        return None;
    }
    let (rotation, policy, tags) = tokio::join!(
        Box::pin(rotation(scan, client, &key)),
        Box::pin(policy(scan, client, id)),
        Box::pin(tags(scan, client, id)),
    );
    let aliases = match aliases {
        Ok(aliases) => Ok(aliases.of_keys.get(id).cloned().unwrap_or_default()),
        Err(why) => Err(why.clone()),
    };
    Some(resource(&scan.place, &key, aliases, rotation, policy, tags))
}

async fn rotation(
    scan: &Scan,
    client: &Client,
    key: &KeyMetadata,
) -> Result<Rotation, Unavailable> {
    // Not a setting of other keys, for which AWS answers with an error.
    let never = Rotation { enabled: false, period_days: None };
    if key.key_spec().is_some_and(|spec| *spec != KeySpec::SymmetricDefault) {
        return Ok(never);
    }
    let call = client.get_key_rotation_status().key_id(key.key_id()).send();
    let codes = &["UnsupportedOperationException", "KMSInvalidStateException"];
    let answer = scan.find(ROTATION, codes, call).await?;
    Ok(answer.map_or(never, |answer| Rotation {
        enabled: answer.key_rotation_enabled(),
        period_days: answer.rotation_period_in_days().map(natural),
    }))
}

async fn policy(scan: &Scan, client: &Client, id: &str) -> Result<Option<Value>, Unavailable> {
    let call = client.get_key_policy().key_id(id).policy_name("default").send();
    let answer = scan.find(POLICY, &["NotFoundException"], call).await?;
    let Some(policy) = answer.and_then(|answer| answer.policy) else { return Ok(None) };
    serde_json::from_str(&policy).map(Some).map_err(super::not_json)
}

async fn tags(scan: &Scan, client: &Client, id: &str) -> Result<Tags, Unavailable> {
    let pages = client.list_resource_tags().key_id(id).into_paginator().items().send();
    let tags = scan.narrow(TAGS, pages.collect::<Result<Vec<_>, _>>()).await?;
    Ok(super::tags(tags.iter().map(|tag| (Some(tag.tag_key()), Some(tag.tag_value())))))
}

fn resource(
    place: &Place,
    key: &KeyMetadata,
    aliases: Result<BTreeSet<String>, Unavailable>,
    rotation: Result<Rotation, Unavailable>,
    policy: Result<Option<Value>, Unavailable>,
    tags: Result<Tags, Unavailable>,
) -> Resource {
    let id = key.key_id();
    let first = aliases.as_ref().ok().and_then(|names| names.first().cloned());
    let config = Key {
        aliases: Evidence::from(aliases.map(|names| names.into_iter().collect())),
        description: owned(key.description()),
        state: text(key.key_state().map(KeyState::as_str)),
        deletion_at: timestamp(key.deletion_date()),
        usage: owned(key.key_usage().map(KeyUsageType::as_str)),
        spec: owned(key.key_spec().map(KeySpec::as_str)),
        origin: owned(key.origin().map(OriginType::as_str)),
        multi_region: key.multi_region().unwrap_or(false),
        rotation: Evidence::from(rotation),
        policy: Evidence::from(policy),
    };
    let arn = Place::told(key.arn(), || place.arn("kms", &format!("key/{id}")));
    let (tags, tags_unavailable) = super::tags_or_why(tags);
    let resource = place.resource(arn, id, tags, ResourceConfig::KmsKey(config));
    Resource {
        name: first.or(resource.name),
        tags_unavailable,
        created_at: timestamp(key.creation_date()),
        ..resource
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, error, sdk},
        coverage, of_kind, scan,
    };

    fn account(asked: &Asked) -> Answer {
        let body: &[u8] = match asked.operation.as_str() {
            "ListKeys" => br#"{"Keys":[{"KeyId":"own"},{"KeyId":"aws"},{"KeyId":"unnamed"}]}"#,
            "ListAliases" => {
                br#"{"Aliases":[{"AliasName":"alias/aws/ebs","TargetKeyId":"aws"},
                {"AliasName":"alias/b","TargetKeyId":"own"},
                {"AliasName":"alias/a","TargetKeyId":"own"}]}"#
            }
            "DescribeKey" if asked.body.contains("own") => {
                br#"{"KeyMetadata":{"KeyId":"own","KeyManager":"CUSTOMER","KeyState":"Enabled",
                "KeySpec":"SYMMETRIC_DEFAULT","Origin":"AWS_KMS","CreationDate":1700000000,
                "Arn":"arn:aws:kms:us-east-1:123456789012:key/own"}}"#
            }
            "DescribeKey" => br#"{"KeyMetadata":{"KeyId":"unnamed","KeyManager":"AWS"}}"#,
            "GetKeyRotationStatus" => br#"{"KeyRotationEnabled":true,"RotationPeriodInDays":365}"#,
            "GetKeyPolicy" => return error(asked, 400, "AccessDeniedException"),
            "ListResourceTags" => br#"{"Tags":[{"TagKey":"env","TagValue":"prod"}]}"#,
            _ => return empty(asked),
        };
        (200, body.into())
    }

    #[tokio::test]
    async fn the_customers_keys_are_read_and_awss_own_are_not() {
        let scanned = scan(sdk(account), "us-east-1").await;
        let keys = of_kind(&scanned, KmsKey);
        assert_eq!(keys.len(), 1);
        let resource = keys[0];
        assert_eq!((&*resource.id, resource.name.as_deref()), ("own", Some("alias/a")));
        assert_eq!(resource.tags["env"], "prod");
        assert_eq!(resource.created_at.unwrap().as_second(), 1_700_000_000);
        let ResourceConfig::KmsKey(key) = &resource.config else { panic!() };
        assert_eq!(key.aliases, Evidence::Known(vec!["alias/a".into(), "alias/b".into()]));
        assert_eq!(
            key.rotation,
            Evidence::Known(Rotation { enabled: true, period_days: Some(365) })
        );
        assert!(key.can_rotate());
        let denied = key.policy.get().unwrap_err().missing_permission.as_ref().unwrap();
        assert_eq!(denied.as_str(), "kms:GetKeyPolicy");
        assert_eq!(*coverage(&scanned, "kms:ListKeys"), Evidence::Known(3));
        assert_eq!(*coverage(&scanned, "kms:DescribeKey"), Evidence::Known(2), "not alias/aws/ebs");
    }

    #[tokio::test]
    async fn a_key_that_may_not_be_described_leaves_keys_that_are_not_known() {
        let scanned = scan(
            sdk(|asked| match asked.operation.as_str() {
                "DescribeKey" => error(asked, 400, "AccessDeniedException"),
                _ => account(asked),
            }),
            "us-east-1",
        )
        .await;
        assert!(of_kind(&scanned, KmsKey).is_empty());
        let why = coverage(&scanned, "kms:DescribeKey").get().unwrap_err();
        assert_eq!(why.missing_permission.as_ref().unwrap().as_str(), "kms:DescribeKey");
        let kinds = scanned.manifest.coverage.iter().find(|c| c.api.as_str() == "kms:DescribeKey");
        assert_eq!(kinds.unwrap().kinds, [KmsKey]);
    }
}
