//! Where a bucket's objects are copied to.

use aws_sdk_s3::{Client, types};
use miyabi_types::{
    id::Arn,
    resource::s3::{Replication, ReplicationRule},
};

use super::{REPLICATION, settings::Read};
use crate::{
    collect::{natural, owned, text},
    scope::Scan,
};

/// Reads it.
pub(super) async fn read(scan: &Scan, client: &Client, bucket: &str) -> Read<Option<Replication>> {
    let call = client.get_bucket_replication().bucket(bucket).send();
    let absent = &["ReplicationConfigurationNotFoundError"];
    let answer = scan.find(REPLICATION, absent, call).await?;
    Ok(answer.and_then(|answer| answer.replication_configuration).as_ref().map(replication))
}

/// The role, and whatever buckets and keys its rules name, also while they are off.
pub(super) fn needs(replication: &Replication) -> impl Iterator<Item = Arn> {
    let rules = replication.rules.iter();
    let named = rules.flat_map(|rule| [Some(&rule.destination_bucket), rule.kms_key_id.as_ref()]);
    named.flatten().chain([&replication.role]).filter_map(|arn| Arn::parse(arn).ok())
}

fn replication(configuration: &types::ReplicationConfiguration) -> Replication {
    Replication {
        role: configuration.role().to_owned(),
        rules: configuration.rules().iter().map(rule).collect(),
    }
}

fn rule(rule: &types::ReplicationRule) -> ReplicationRule {
    let filter = rule.filter();
    let both = filter.and_then(types::ReplicationRuleFilter::and);
    #[expect(deprecated, reason = "rules as they were before there were filters have it here")]
    let old_prefix = rule.prefix();
    let prefix = filter
        .and_then(types::ReplicationRuleFilter::prefix)
        .or_else(|| both.and_then(types::ReplicationRuleAndOperator::prefix))
        .or(old_prefix);
    let destination = rule.destination();
    let key = destination.and_then(types::Destination::encryption_configuration);
    let markers = rule.delete_marker_replication();
    let copied = types::DeleteMarkerReplicationStatus::Enabled;
    ReplicationRule {
        id: owned(rule.id()),
        enabled: *rule.status() == types::ReplicationRuleStatus::Enabled,
        priority: rule.priority().map(natural),
        prefix: owned(prefix),
        filtered: filter.is_some_and(|filter| filter.tag().is_some())
            || both.is_some_and(|both| !both.tags().is_empty()),
        destination_bucket: text(destination.map(types::Destination::bucket)),
        destination_account: destination.and_then(|to| owned(to.account())),
        storage_class: destination
            .and_then(|to| owned(to.storage_class().map(types::StorageClass::as_str))),
        kms_key_id: key.and_then(|key| owned(key.replica_kms_key_id())),
        delete_markers: markers.and_then(|markers| markers.status()) == Some(&copied),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{
        DeleteMarkerReplication, DeleteMarkerReplicationStatus, Destination,
        EncryptionConfiguration, ReplicationConfiguration, ReplicationRuleAndOperator,
        ReplicationRuleFilter, ReplicationRuleStatus, StorageClass, Tag,
    };

    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/copy";
    const COPIES: &str = "arn:aws:s3:::copies";
    const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/k";

    #[test]
    fn a_rule_tells_what_goes_where() {
        let key = EncryptionConfiguration::builder().replica_kms_key_id(KEY).build();
        let destination = Destination::builder()
            .bucket(COPIES)
            .account("210987654321")
            .storage_class(StorageClass::StandardIa)
            .encryption_configuration(key)
            .build()
            .unwrap();
        let tag = Tag::builder().key("copy").value("yes").build().unwrap();
        let both = ReplicationRuleAndOperator::builder().prefix("orders/").tags(tag).build();
        let markers = DeleteMarkerReplication::builder()
            .status(DeleteMarkerReplicationStatus::Enabled)
            .build();
        let rule = types::ReplicationRule::builder()
            .id("orders")
            .status(ReplicationRuleStatus::Enabled)
            .priority(2)
            .filter(ReplicationRuleFilter::builder().and(both).build())
            .delete_marker_replication(markers)
            .destination(destination)
            .build()
            .unwrap();
        let configuration =
            ReplicationConfiguration::builder().role(ROLE).rules(rule).build().unwrap();
        let read = replication(&configuration);
        let expected = ReplicationRule {
            id: Some("orders".into()),
            enabled: true,
            priority: Some(2),
            prefix: Some("orders/".into()),
            filtered: true,
            destination_bucket: COPIES.into(),
            destination_account: Some("210987654321".into()),
            storage_class: Some("STANDARD_IA".into()),
            kms_key_id: Some(KEY.into()),
            delete_markers: true,
        };
        assert_eq!(read.rules, [expected]);
        let needed: Vec<_> = needs(&read).map(|arn| arn.to_string()).collect();
        assert_eq!(needed, [COPIES, KEY, ROLE]);
    }

    #[test]
    fn an_old_rule_is_for_the_whole_bucket_and_copies_no_delete_markers() {
        let destination = Destination::builder().bucket(COPIES).build().unwrap();
        #[expect(deprecated, reason = "old rules have it")]
        let old = types::ReplicationRule::builder()
            .prefix("")
            .status(ReplicationRuleStatus::Disabled)
            .destination(destination)
            .build()
            .unwrap();
        let read = rule(&old);
        assert!(!read.enabled && read.prefix.is_none() && !read.filtered && !read.delete_markers);
        assert_eq!((&*read.destination_bucket, read.storage_class), (COPIES, None));
    }
}
