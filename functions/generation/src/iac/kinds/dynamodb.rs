//! `DynamoDB` tables.

use std::collections::BTreeMap;

use miyabi_types::resource::{
    ResourceConfig, ResourceKind,
    dynamodb::{Index, KeyAttribute, Table},
};

use crate::iac::{
    code::Place,
    estate::What,
    expr::{Body, Concern::Data, Declaration, Expr},
};

const KEY: What = What::Itself(ResourceKind::KmsKey);

pub fn why_not(table: &Table) -> Option<String> {
    if table.status == "DELETING" {
        return Some("it is being deleted".into());
    }
    let keys = std::iter::once(&table.key)
        .chain(table.indexes.iter().chain(&table.local_indexes).map(|index| &index.key));
    keys.into_iter().any(Vec::is_empty).then(|| "its keys are not known".into())
}

/// Every attribute that a key names, with its type.
fn attributes(table: &Table) -> BTreeMap<&str, &str> {
    let indexes = table.indexes.iter().chain(&table.local_indexes).flat_map(|index| &index.key);
    let keys = table.key.iter().chain(indexes);
    keys.map(|key| (key.name.as_str(), key.attribute_type.as_str())).collect()
}

fn named<'k>(key: &'k [KeyAttribute], role: &str) -> Option<&'k str> {
    key.iter().find(|part| part.role == role).map(|part| part.name.as_str())
}

fn is_provisioned(table: &Table) -> bool {
    table.billing_mode == "PROVISIONED"
}

pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::DynamoDbTable(table) = &place.resource().config else { return Vec::new() };
    let name = &place.resource().id;
    let provisioned = is_provisioned(table);
    let index = |index: &Index, global: bool| {
        let included = &index.projection.attributes;
        Body::new()
            .set("name", &index.name)
            .maybe("hash_key", named(&index.key, "HASH").filter(|_| global))
            .maybe("range_key", named(&index.key, "RANGE"))
            .set("projection_type", &index.projection.kind)
            .some("non_key_attributes", included)
            .maybe("read_capacity", (global && provisioned).then_some(index.capacity.read))
            .maybe("write_capacity", (global && provisioned).then_some(index.capacity.write))
    };
    let encryption = table.encryption.as_deref().map(|_| {
        let key = table.kms_key_arn.as_deref();
        Body::new().set("enabled", true).maybe("kms_key_arn", key.map(|key| place.link(KEY, key)))
    });
    let recovery = table.point_in_time_recovery.known().map(|on| Body::new().set("enabled", *on));
    let body = Body::new()
        .set("name", name)
        .set("billing_mode", &table.billing_mode)
        .maybe("read_capacity", provisioned.then_some(table.capacity.read))
        .maybe("write_capacity", provisioned.then_some(table.capacity.write))
        .maybe("hash_key", named(&table.key, "HASH"))
        .maybe("range_key", named(&table.key, "RANGE"))
        .set("table_class", &table.table_class)
        .set("deletion_protection_enabled", table.deletion_protection)
        .maybe("stream_enabled", table.stream_view.as_ref().map(|_| true))
        .maybe("stream_view_type", table.stream_view.as_deref())
        .blocks(
            "attribute",
            attributes(table)
                .into_iter()
                .map(|(name, kind)| Body::new().set("name", name).set("type", kind)),
        )
        .blocks("global_secondary_index", table.indexes.iter().map(|i| index(i, true)))
        .blocks("local_secondary_index", table.local_indexes.iter().map(|i| index(i, false)))
        .maybe_block("point_in_time_recovery", recovery)
        .maybe_block("server_side_encryption", encryption);
    vec![
        Declaration::new("aws_dynamodb_table", Data, body)
            .ignoring(["replica", "timeouts", "ttl"])
            .id(name)
            .tagged("tags"),
    ]
}

pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::DynamoDbTable(table) = &place.resource().config else { return Vec::new() };
    // A table with replicas is another type, which a World does not hold enough of.
    if !table.replica_regions.is_empty() {
        return Vec::new();
    }
    let name = &place.resource().id;
    let provisioned = is_provisioned(table);
    let schema = |key: &[KeyAttribute]| {
        let parts = key.iter().map(|part| {
            Expr::Body(Body::new().set("AttributeName", &part.name).set("KeyType", &part.role))
        });
        parts.collect::<Vec<_>>()
    };
    let throughput = |capacity: miyabi_types::resource::dynamodb::Capacity| {
        provisioned.then(|| {
            Body::new()
                .set("ReadCapacityUnits", capacity.read)
                .set("WriteCapacityUnits", capacity.write)
        })
    };
    let indexes = |indexes: &[Index], global: bool| {
        let indexes = indexes.iter().map(|index| {
            let projection = Body::new()
                .set("ProjectionType", &index.projection.kind)
                .some("NonKeyAttributes", &index.projection.attributes);
            let capacity = throughput(index.capacity).filter(|_| global);
            Expr::Body(
                Body::new()
                    .set("IndexName", &index.name)
                    .set("KeySchema", schema(&index.key))
                    .set("Projection", projection)
                    .maybe("ProvisionedThroughput", capacity),
            )
        });
        indexes.collect::<Vec<_>>()
    };
    let attributes = attributes(table).into_iter().map(|(name, kind)| {
        Expr::Body(Body::new().set("AttributeName", name).set("AttributeType", kind))
    });
    let encryption = table.encryption.as_deref().map(|kind| {
        let key = table.kms_key_arn.as_deref();
        Body::new()
            .set("SSEEnabled", true)
            .set("SSEType", kind)
            .maybe("KMSMasterKeyId", key.map(|key| place.link(KEY, key)))
    });
    let recovery = table.point_in_time_recovery.known();
    let body = Body::new()
        .set("TableName", name)
        .set("BillingMode", &table.billing_mode)
        .maybe("ProvisionedThroughput", throughput(table.capacity))
        .set("AttributeDefinitions", attributes.collect::<Vec<_>>())
        .set("KeySchema", schema(&table.key))
        .some("GlobalSecondaryIndexes", indexes(&table.indexes, true))
        .some("LocalSecondaryIndexes", indexes(&table.local_indexes, false))
        .set("TableClass", &table.table_class)
        .set("DeletionProtectionEnabled", table.deletion_protection)
        .maybe(
            "StreamSpecification",
            table.stream_view.as_deref().map(|view| Body::new().set("StreamViewType", view)),
        )
        .maybe(
            "PointInTimeRecoverySpecification",
            recovery.map(|on| Body::new().set("PointInTimeRecoveryEnabled", *on)),
        )
        .maybe("SSESpecification", encryption);
    vec![
        Declaration::new("AWS::DynamoDB::Table", Data, body)
            .found_by([("TableName", name.clone())])
            .tagged("Tags")
            .stateful(),
    ]
}
