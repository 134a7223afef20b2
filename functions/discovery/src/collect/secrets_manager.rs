//! Secrets Manager: which secrets there are, never what they hold.

use aws_sdk_secretsmanager::{
    Client,
    types::{RotationRulesType, SecretListEntry},
};
use futures::FutureExt;
use miyabi_types::{
    id::Arn,
    resource::{
        Resource, ResourceConfig, ResourceKind::SecretsManagerSecret, secrets_manager::Secret,
    },
};

use super::{Collected, Collector, Reach, owned, tags, timestamp};
use crate::{call::Call, lists::pages, place::Place, scope::Scan};

const SECRETS: Call = Call::lists("secretsmanager:ListSecrets", &[SecretsManagerSecret]);

/// Reads Secrets Manager.
pub const COLLECTOR: Collector = Collector {
    service: "secretsmanager",
    reach: Reach::Regional,
    calls: &[SECRETS],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let paginator = Client::new(scan.sdk()).list_secrets().max_results(100).into_paginator().send();
    let work = |secrets: Vec<SecretListEntry>| async move {
        secrets.iter().filter_map(|secret| resource(&scan.place, secret)).collect()
    };
    scan.stream(SECRETS, pages(paginator, |page| page.secret_list), work).await;
    Collected::default()
}

fn resource(place: &Place, secret: &SecretListEntry) -> Option<Resource> {
    let arn = Arn::parse(secret.arn()?).ok()?;
    let rules = secret.rotation_rules();
    let days = rules.and_then(RotationRulesType::automatically_after_days);
    let config = Secret {
        description: owned(secret.description()),
        kms_key_id: owned(secret.kms_key_id()),
        rotation_enabled: secret.rotation_enabled().unwrap_or(false),
        rotation_days: days.and_then(|days| u32::try_from(days).ok()).filter(|days| *days > 0),
        rotation_schedule: owned(rules.and_then(|rules| rules.schedule_expression())),
        rotation_function_arn: owned(secret.rotation_lambda_arn()),
        rotated_at: timestamp(secret.last_rotated_date()),
        next_rotation_at: timestamp(secret.next_rotation_date()),
        changed_at: timestamp(secret.last_changed_date()),
        accessed_at: timestamp(secret.last_accessed_date()),
        owning_service: owned(secret.owning_service()),
        primary_region: owned(secret.primary_region()),
    };
    let key = config.kms_key_id.iter().map(|key| place.key_arn(key));
    let rotation = config.rotation_function_arn.iter().filter_map(|arn| Arn::parse(arn).ok());
    let depends_on = key.chain(rotation).collect();
    let id = arn.to_string();
    let tags = tags(secret.tags().iter().map(|tag| (tag.key(), tag.value())));
    let resource = place.resource(arn, id, tags, ResourceConfig::SecretsManagerSecret(config));
    Some(Resource {
        name: owned(secret.name()),
        depends_on,
        created_at: timestamp(secret.created_date()),
        ..resource
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::types::Tag;
    use aws_smithy_types::DateTime;

    use super::*;
    use crate::testing::place;

    #[test]
    fn a_secret_tells_how_it_is_rotated_and_when_it_was_read() {
        let sdk = SecretListEntry::builder()
            .arn("arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf")
            .name("db")
            .kms_key_id("arn:aws:kms:us-east-1:123456789012:key/1")
            .rotation_enabled(true)
            .rotation_lambda_arn("arn:aws:lambda:us-east-1:123456789012:function:rotate")
            .rotation_rules(RotationRulesType::builder().automatically_after_days(30).build())
            .last_rotated_date(DateTime::from_secs(1_700_000_000))
            .last_accessed_date(DateTime::from_secs(1_700_006_400))
            .tags(Tag::builder().key("env").value("prod").build())
            .build();
        let resource = resource(&place(), &sdk).unwrap();
        assert_eq!(resource.name.as_deref(), Some("db"));
        assert_eq!(resource.depends_on.len(), 2);
        assert_eq!(resource.tags["env"], "prod");
        let cost = crate::prices::snapshot::of_regions([&place().region]).monthly_cost(&resource);
        assert_eq!(cost.known().unwrap().to_string(), "$0.40");
        let ResourceConfig::SecretsManagerSecret(secret) = resource.config else { panic!() };
        assert_eq!((secret.rotation_enabled, secret.rotation_days), (true, Some(30)));
        assert_eq!(secret.rotated_at.unwrap().as_second(), 1_700_000_000);
        assert_eq!(secret.accessed_at.unwrap().as_second(), 1_700_006_400);
        assert_eq!(secret.next_rotation_at, None);
    }
}
