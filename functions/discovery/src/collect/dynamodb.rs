//! `DynamoDB` tables.

use aws_sdk_dynamodb::{Client, types};
use futures::FutureExt;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::DynamoDbTable,
        Tags,
        dynamodb::{Capacity, Index, KeyAttribute, Projection, Table},
    },
};

use super::{
    Collected, Collector, Reach,
    cloudwatch::{self, Source},
    owned, sorted, text, timestamp,
};
use crate::{
    call::Call,
    lists::{Known, pages},
    place::Place,
    scope::Scan,
};

const TABLES: Call = Call::lists("dynamodb:ListTables", &[DynamoDbTable]);
// A table that cannot be described is not in the World.
const TABLE: Call = Call::lists("dynamodb:DescribeTable", &[DynamoDbTable]);
const BACKUPS: Call = Call::details("dynamodb:DescribeContinuousBackups");
const TAGS: Call = Call::details("dynamodb:ListTagsOfResource");

/// Capacity consumed: its sum is what is billed where paid per request, and nothing is reported while nothing
/// is. What is provisioned is reported at any time, so that a table without use can be told from one that was
/// not seen. Source: Amazon `DynamoDB` Developer Guide, `DynamoDB` metrics and dimensions.
fn metrics(resource: &Resource) -> Vec<Source> {
    let metric = |name| Source {
        namespace: "AWS/DynamoDB",
        name,
        dimensions: vec![("TableName", resource.id.clone())],
    };
    let mut names = vec!["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"];
    if matches!(&resource.config, ResourceConfig::DynamoDbTable(table) if table.billing_mode == "PROVISIONED")
    {
        names.push("ProvisionedReadCapacityUnits");
    }
    names.into_iter().map(metric).collect()
}

/// Reads `DynamoDB`.
pub const COLLECTOR: Collector = Collector {
    service: "dynamodb",
    reach: Reach::Regional,
    calls: &[TABLES, TABLE, BACKUPS, TAGS, cloudwatch::GET_METRIC_DATA],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let one = |name: String| async move {
        let arn = table_arn(&scan.place, &name);
        let (table, recovery, tags) = tokio::join!(
            // A table may have gone since it was listed.
            scan.find(
                TABLE,
                &["ResourceNotFoundException"],
                client.describe_table().table_name(&name).send(),
            ),
            recovery(scan, client, &name),
            tags(scan, client, &arn),
        );
        Some(resource(&scan.place, &name, &arn, table.ok()??.table()?, recovery, tags))
    };
    let work = |names| async move {
        let mut resources: Vec<_> = scan.each(names, one).await.into_iter().flatten().collect();
        cloudwatch::fill_utilization_from(scan, metrics, &mut resources).await;
        resources
    };
    let names = pages(client.list_tables().into_paginator().send(), |page| page.table_names);
    let is_known = |known: &Known, name: &String| known.has(table_arn(&scan.place, name).as_str());
    scan.stream_on(TABLES, names, is_known, work).await;
    Collected::default()
}

fn table_arn(place: &Place, name: &str) -> Arn {
    place.arn("dynamodb", &format!("table/{name}"))
}

async fn recovery(scan: &Scan, client: &Client, table: &str) -> Result<bool, Unavailable> {
    let call = client.describe_continuous_backups().table_name(table).send();
    let answer = scan.find(BACKUPS, &["TableNotFoundException"], call).await?;
    let backups = answer.as_ref().and_then(|answer| answer.continuous_backups_description());
    let recovery = backups.and_then(|backups| backups.point_in_time_recovery_description());
    Ok(recovery.and_then(|recovery| recovery.point_in_time_recovery_status())
        == Some(&types::PointInTimeRecoveryStatus::Enabled))
}

async fn tags(scan: &Scan, client: &Client, arn: &Arn) -> Result<Tags, Unavailable> {
    let mut tags = Tags::new();
    let mut next = None;
    loop {
        let call = client.list_tags_of_resource().resource_arn(arn.as_str()).set_next_token(next);
        let answer = scan.find(TAGS, &["ResourceNotFoundException"], call.send()).await?;
        let Some(answer) = answer else { return Ok(tags) };
        let pairs = answer.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value())));
        tags.extend(super::tags(pairs));
        next = answer.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(tags);
        }
    }
}

fn resource(
    place: &Place,
    name: &str,
    arn: &Arn,
    table: &types::TableDescription,
    recovery: Result<bool, Unavailable>,
    tags: Result<Tags, Unavailable>,
) -> Resource {
    let capacity = capacity(table.provisioned_throughput());
    let billing = table.billing_mode_summary().and_then(|summary| summary.billing_mode());
    let class = table.table_class_summary().and_then(|summary| summary.table_class());
    let encryption = table.sse_description().filter(|sse| {
        matches!(sse.status(), Some(types::SseStatus::Enabled | types::SseStatus::Updating))
    });
    let stream = table.stream_specification().filter(|stream| stream.stream_enabled());
    let config = Table {
        status: text(table.table_status().map(types::TableStatus::as_str)),
        // AWS leaves both out of the answer where they never were anything but the default.
        billing_mode: billing.map_or("PROVISIONED", types::BillingMode::as_str).to_owned(),
        capacity,
        table_class: class.map_or("STANDARD", types::TableClass::as_str).to_owned(),
        size_bytes: natural(table.table_size_bytes()),
        item_count: natural(table.item_count()),
        indexes: sorted(
            table.global_secondary_indexes().iter().filter_map(|found| index(table, found)),
        ),
        deletion_protection: table.deletion_protection_enabled().unwrap_or(false),
        encryption: encryption.and_then(|sse| owned(sse.sse_type().map(types::SseType::as_str))),
        kms_key_arn: encryption.and_then(|sse| owned(sse.kms_master_key_arn())),
        stream_view: stream
            .and_then(|stream| owned(stream.stream_view_type().map(types::StreamViewType::as_str))),
        replica_regions: sorted(
            table.replicas().iter().filter_map(|replica| owned(replica.region_name())),
        ),
        point_in_time_recovery: Evidence::from(recovery),
        key: key(table, table.key_schema()),
        local_indexes: sorted(
            table.local_secondary_indexes().iter().filter_map(|found| local_index(table, found)),
        ),
    };
    let depends_on = config.kms_key_arn.iter().map(|key| place.key_arn(key)).collect();
    let arn = Place::told(table.table_arn(), || arn.clone());
    let (tags, tags_unavailable) = super::tags_or_why(tags);
    let resource = place.resource(arn, name, tags, ResourceConfig::DynamoDbTable(config));
    Resource {
        name: Some(name.to_owned()),
        depends_on,
        tags_unavailable,
        created_at: timestamp(table.creation_date_time()),
        ..resource
    }
}

fn index(
    table: &types::TableDescription,
    index: &types::GlobalSecondaryIndexDescription,
) -> Option<Index> {
    Some(Index {
        name: owned(index.index_name())?,
        status: text(index.index_status().map(types::IndexStatus::as_str)),
        capacity: capacity(index.provisioned_throughput()),
        size_bytes: natural(index.index_size_bytes()),
        key: key(table, index.key_schema()),
        projection: projection(index.projection()),
    })
}

fn local_index(
    table: &types::TableDescription,
    index: &types::LocalSecondaryIndexDescription,
) -> Option<Index> {
    Some(Index {
        name: owned(index.index_name())?,
        status: text(table.table_status().map(types::TableStatus::as_str)),
        capacity: Capacity::default(),
        size_bytes: natural(index.index_size_bytes()),
        key: key(table, index.key_schema()),
        projection: projection(index.projection()),
    })
}

/// The key with the types of its attributes, which the table tells once for all of its indexes.
fn key(table: &types::TableDescription, schema: &[types::KeySchemaElement]) -> Vec<KeyAttribute> {
    let kind = |name: &str| {
        let mut told = table.attribute_definitions().iter();
        let told = told.find(|attribute| attribute.attribute_name() == name);
        text(told.map(|attribute| attribute.attribute_type().as_str()))
    };
    let parts = schema.iter().map(|element| KeyAttribute {
        name: element.attribute_name().to_owned(),
        attribute_type: kind(element.attribute_name()),
        role: element.key_type().as_str().to_owned(),
    });
    parts.collect()
}

fn projection(projection: Option<&types::Projection>) -> Projection {
    let kind = projection.and_then(types::Projection::projection_type);
    let attributes = projection.map(types::Projection::non_key_attributes).unwrap_or_default();
    Projection {
        kind: text(kind.map(types::ProjectionType::as_str)),
        attributes: sorted(attributes.iter().cloned()),
    }
}

fn capacity(throughput: Option<&types::ProvisionedThroughputDescription>) -> Capacity {
    Capacity {
        read: natural(
            throughput.and_then(types::ProvisionedThroughputDescription::read_capacity_units),
        ),
        write: natural(
            throughput.and_then(types::ProvisionedThroughputDescription::write_capacity_units),
        ),
    }
}

fn natural(number: Option<i64>) -> u64 {
    number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::{
        BillingMode, BillingModeSummary, GlobalSecondaryIndexDescription,
        ProvisionedThroughputDescription, SseDescription, SseStatus, SseType, StreamSpecification,
        StreamViewType, TableClass, TableClassSummary, TableDescription, TableStatus,
    };
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, error, sdk},
        coverage, of_kind, place, scan,
    };

    fn table(description: &TableDescription) -> (Resource, Table) {
        let arn = place().arn("dynamodb", "table/orders");
        let resource = resource(&place(), "orders", &arn, description, Ok(true), Ok(Tags::new()));
        let ResourceConfig::DynamoDbTable(table) = resource.config.clone() else { panic!() };
        (resource, table)
    }

    #[test]
    fn a_plain_table_is_provisioned_and_encrypted_with_a_key_that_aws_owns() {
        let capacity = ProvisionedThroughputDescription::builder()
            .read_capacity_units(5)
            .write_capacity_units(2)
            .build();
        let index = GlobalSecondaryIndexDescription::builder()
            .index_name("by-customer")
            .provisioned_throughput(capacity.clone())
            .index_size_bytes(7)
            .build();
        let sdk = TableDescription::builder()
            .table_status(TableStatus::Active)
            .provisioned_throughput(capacity)
            .global_secondary_indexes(index)
            .table_size_bytes(100)
            .item_count(3)
            .build();
        let (resource, table) = table(&sdk);
        assert_eq!(resource.arn.resource(), "table/orders");
        assert_eq!((&*table.billing_mode, &*table.table_class), ("PROVISIONED", "STANDARD"));
        assert_eq!(table.capacity, Capacity { read: 5, write: 2 });
        assert_eq!((table.size_bytes, table.item_count), (100, 3));
        assert_eq!((&*table.indexes[0].name, table.indexes[0].capacity.read), ("by-customer", 5));
        assert_eq!((table.encryption, table.stream_view), (None, None));
        assert_eq!(table.point_in_time_recovery, Evidence::Known(true));
        assert!(!table.deletion_protection);
    }

    #[test]
    fn what_was_chosen_is_told() {
        let key = "arn:aws:kms:us-east-1:123456789012:key/k";
        let sse = SseDescription::builder().status(SseStatus::Enabled).sse_type(SseType::Kms);
        let stream = StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(StreamViewType::NewImage);
        let class = TableClassSummary::builder().table_class(TableClass::StandardInfrequentAccess);
        let sdk = TableDescription::builder()
            .billing_mode_summary(
                BillingModeSummary::builder().billing_mode(BillingMode::PayPerRequest).build(),
            )
            .table_class_summary(class.build())
            .sse_description(sse.kms_master_key_arn(key).build())
            .stream_specification(stream.build().unwrap())
            .deletion_protection_enabled(true)
            .build();
        let (resource, table) = table(&sdk);
        assert_eq!(&*table.billing_mode, "PAY_PER_REQUEST");
        assert_eq!(&*table.table_class, "STANDARD_INFREQUENT_ACCESS");
        assert_eq!(table.encryption.as_deref(), Some("KMS"));
        assert_eq!(resource.depends_on[0].as_str(), key);
        assert_eq!(table.stream_view.as_deref(), Some("NEW_IMAGE"));
        assert!(table.deletion_protection);
    }

    fn two_tables(asked: &Asked) -> Answer {
        let body = match asked.operation.as_str() {
            "ListTables" => r#"{"TableNames":["gone","orders","secret"]}"#,
            "DescribeTable" if asked.body.contains("gone") => {
                return error(asked, 400, "ResourceNotFoundException");
            }
            "DescribeTable" if asked.body.contains("secret") => {
                return error(asked, 400, "AccessDeniedException");
            }
            "DescribeTable" => r#"{"Table":{"TableName":"orders","TableStatus":"ACTIVE"}}"#,
            "DescribeContinuousBackups" | "ListTagsOfResource" => {
                return error(asked, 400, "AccessDeniedException");
            }
            _ => return empty(asked),
        };
        (200, body.as_bytes().to_vec())
    }

    #[tokio::test]
    async fn a_table_that_may_not_be_described_is_unseen_and_one_that_is_gone_is_not() {
        let scanned = scan(sdk(two_tables), "us-east-1").await;
        let found = of_kind(&scanned, DynamoDbTable);
        assert_eq!(found.iter().map(|r| &*r.id).collect::<Vec<_>>(), ["orders"]);
        let why = coverage(&scanned, "dynamodb:DescribeTable").get().unwrap_err();
        assert_eq!(why.reason, "access denied (for 1 of 3 reads)");
        let ResourceConfig::DynamoDbTable(table) = &found[0].config else { panic!() };
        let denied = |action| Unavailable::denied(IamAction::parse(action).unwrap());
        assert_eq!(
            table.point_in_time_recovery,
            Evidence::Unavailable(denied("dynamodb:DescribeContinuousBackups"))
        );
        assert_eq!(found[0].tags_unavailable, Some(denied("dynamodb:ListTagsOfResource")));
    }
}
