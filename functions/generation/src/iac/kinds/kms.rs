//! KMS keys that the customer manages, with their aliases.

use miyabi_types::resource::{ResourceConfig, kms::Key};

use crate::iac::{
    code::Place,
    expr::{Body, Concern::Security, Declaration},
};

pub fn why_not(key: &Key) -> Option<String> {
    if !matches!(key.state.as_str(), "Enabled" | "Disabled") {
        return Some(format!("its state is {}", key.state));
    }
    match key.origin.as_deref() {
        Some("AWS_KMS") | None => None,
        Some(origin) => Some(format!("its material comes from {origin}")),
    }
}

pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::KmsKey(key) = &place.resource().config else { return Vec::new() };
    let id = &place.resource().id;
    let rotation = key.rotation.known().filter(|_| key.can_rotate());
    let body = Body::new()
        .set("description", key.description.as_deref().unwrap_or_default())
        .maybe("key_usage", key.usage.as_deref())
        .maybe("customer_master_key_spec", key.spec.as_deref())
        .set("is_enabled", key.state == "Enabled")
        .set("multi_region", key.multi_region)
        .maybe("enable_key_rotation", rotation.map(|rotation| rotation.enabled))
        .maybe("policy", key.policy.known().and_then(Option::as_ref));
    let mut declarations = vec![
        Declaration::new("aws_kms_key", Security, body)
            .ignoring([
                "bypass_policy_lockout_safety_check",
                "deletion_window_in_days",
                "rotation_period_in_days",
                "timeouts",
            ])
            .ignoring(rotation.is_none().then_some("enable_key_rotation"))
            .id(id)
            .tagged("tags"),
    ];
    let aliases = key.aliases.known().into_iter().flatten();
    declarations.extend(aliases.map(|alias| {
        let body = Body::new().set("name", alias).set("target_key_id", place.own("key_id", id));
        Declaration::new("aws_kms_alias", Security, body)
            .part(alias.trim_start_matches("alias/"))
            .id(alias)
    }));
    declarations
}

pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::KmsKey(key) = &place.resource().config else { return Vec::new() };
    // CloudFormation cannot do without the policy.
    let Some(policy) = key.policy.known().and_then(Option::as_ref) else { return Vec::new() };
    let id = &place.resource().id;
    let rotation = key.rotation.known().filter(|_| key.can_rotate());
    let body = Body::new()
        .maybe("Description", key.description.as_deref())
        .set("Enabled", key.state == "Enabled")
        .maybe("EnableKeyRotation", rotation.map(|rotation| rotation.enabled))
        .set("KeyPolicy", policy)
        .maybe("KeySpec", key.spec.as_deref())
        .maybe("KeyUsage", key.usage.as_deref())
        .set("MultiRegion", key.multi_region);
    let mut declarations = vec![
        Declaration::new("AWS::KMS::Key", Security, body)
            .found_by([("KeyId", id.clone())])
            .tagged("Tags")
            .stateful(),
    ];
    let aliases = key.aliases.known().into_iter().flatten();
    declarations.extend(aliases.map(|alias| {
        let body = Body::new().set("AliasName", alias).set("TargetKeyId", place.own("Ref", id));
        Declaration::new("AWS::KMS::Alias", Security, body)
            .part(alias.trim_start_matches("alias/"))
            .found_by([("AliasName", alias.clone())])
    }));
    declarations
}
