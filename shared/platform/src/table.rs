//! The ledger's table: items with a version, written on conditions. DynamoDB, or memory in tests.

use std::{
    collections::BTreeMap,
    sync::{Mutex, atomic::AtomicU32, atomic::Ordering},
};

use async_trait::async_trait;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use jiff::Timestamp;
use miyabi_types::error::ErrorName;
use serde_json::Value;

use crate::{error::PhaseError, store::lock};

/// An item of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Partition key: `TENANT#{id}`.
    pub pk: String,
    /// Sort key: `CYCLE#…`, `ACTION#…` …
    pub sk: String,
    /// Counts the writes; 1 after the first.
    pub version: u64,
    /// When DynamoDB may remove it.
    pub expires_at: Option<Timestamp>,
    /// The artifact in its envelope.
    pub body: Value,
}

/// What must hold for a write to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Always,
    /// There is no such item.
    Absent,
    /// The item has this version.
    Version(u64),
}

/// A table of items.
#[async_trait]
pub trait Table: Send + Sync {
    /// The item with this key, read consistently.
    async fn get(&self, pk: &str, sk: &str) -> Result<Option<Item>, PhaseError>;
    /// Writes the item; `Conflict` if the condition does not hold.
    async fn put(&self, item: Item, condition: Condition) -> Result<(), PhaseError>;
    /// Removes the item if it has this version; `Conflict` if it has another.
    async fn delete(&self, pk: &str, sk: &str, version: u64) -> Result<(), PhaseError>;
    /// The items whose sort key begins with `prefix`, sorted by it.
    async fn list(&self, pk: &str, prefix: &str) -> Result<Vec<Item>, PhaseError>;
}

/// A DynamoDB table.
#[derive(Debug, Clone)]
pub struct DynamoTable {
    client: Client,
    name: String,
}

impl DynamoTable {
    /// The table called `name`.
    pub const fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }
}

#[async_trait]
impl Table for DynamoTable {
    async fn get(&self, pk: &str, sk: &str) -> Result<Option<Item>, PhaseError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(pk.into()))
            .key("sk", AttributeValue::S(sk.into()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|e| PhaseError::from_sdk("dynamodb:GetItem", e))?;
        output.item.map(decode).transpose()
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), PhaseError> {
        let what = format!("{} {}", item.pk, item.sk);
        let mut request =
            self.client.put_item().table_name(&self.name).set_item(Some(encode(item)?));
        request = match condition {
            Condition::Always => request,
            Condition::Absent => request.condition_expression("attribute_not_exists(pk)"),
            Condition::Version(version) => request
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", AttributeValue::N(version.to_string())),
        };
        request.send().await.map_err(|e| match e.as_service_error() {
            Some(service) if service.is_conditional_check_failed_exception() => conflict(&what),
            _ => PhaseError::from_sdk("dynamodb:PutItem", e),
        })?;
        Ok(())
    }

    async fn delete(&self, pk: &str, sk: &str, version: u64) -> Result<(), PhaseError> {
        self.client
            .delete_item()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(pk.into()))
            .key("sk", AttributeValue::S(sk.into()))
            .condition_expression("attribute_not_exists(pk) OR #version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
            .send()
            .await
            .map_err(|e| match e.as_service_error() {
                Some(service) if service.is_conditional_check_failed_exception() => {
                    conflict(&format!("{pk} {sk}"))
                }
                _ => PhaseError::from_sdk("dynamodb:DeleteItem", e),
            })?;
        Ok(())
    }

    async fn list(&self, pk: &str, prefix: &str) -> Result<Vec<Item>, PhaseError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(pk.into()))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.into()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(decode(item.map_err(|e| PhaseError::from_sdk("dynamodb:Query", e))?)?);
        }
        Ok(items)
    }
}

type Attributes = std::collections::HashMap<String, AttributeValue>;

fn encode(item: Item) -> Result<Attributes, PhaseError> {
    let body = serde_dynamo::to_attribute_value(item.body)
        .map_err(|e| PhaseError::internal(format!("cannot store {}", item.sk)).with_source(e))?;
    let mut attributes: Attributes = [
        ("pk".into(), AttributeValue::S(item.pk)),
        ("sk".into(), AttributeValue::S(item.sk)),
        ("version".into(), AttributeValue::N(item.version.to_string())),
        ("body".into(), body),
    ]
    .into();
    if let Some(at) = item.expires_at {
        attributes.insert("expires_at".into(), AttributeValue::N(at.as_second().to_string()));
    }
    Ok(attributes)
}

fn decode(mut attributes: Attributes) -> Result<Item, PhaseError> {
    let text = |value: Option<AttributeValue>| match value {
        Some(AttributeValue::S(text) | AttributeValue::N(text)) => Some(text),
        _ => None,
    };
    let pk = text(attributes.remove("pk")).unwrap_or_default();
    let sk = text(attributes.remove("sk")).unwrap_or_default();
    let bad =
        |what: &str| PhaseError::internal(format!("{what} of ledger item {pk} {sk} is malformed"));
    let version = text(attributes.remove("version"))
        .and_then(|v| v.parse().ok())
        .ok_or_else(|| bad("version"))?;
    let expires_at = match text(attributes.remove("expires_at")) {
        None => None,
        Some(seconds) => Some(
            seconds
                .parse()
                .ok()
                .and_then(|s| Timestamp::from_second(s).ok())
                .ok_or_else(|| bad("expires_at"))?,
        ),
    };
    let body = attributes.remove("body").ok_or_else(|| bad("body"))?;
    let body: Value =
        serde_dynamo::from_attribute_value(body).map_err(|e| bad("body").with_source(e))?;
    Ok(Item { pk, sk, version, expires_at, body })
}

/// Memory, for tests. Can be told to fail.
#[derive(Debug, Default)]
pub struct MemoryTable {
    items: Mutex<BTreeMap<(String, String), Item>>,
    writes_until_failure: AtomicU32,
}

impl MemoryTable {
    /// The `n`th write from now (1 is the next) fails as `Transient`, once.
    pub fn fail_write(&self, n: u32) {
        self.writes_until_failure.store(n, Ordering::SeqCst);
    }

    fn count_write(&self) -> Result<(), PhaseError> {
        let left = self
            .writes_until_failure
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
            .unwrap_or(0);
        if left == 1 {
            return Err(PhaseError::new(
                ErrorName::Transient,
                "injected failure of a ledger write",
            ));
        }
        Ok(())
    }
}

#[async_trait]
impl Table for MemoryTable {
    async fn get(&self, pk: &str, sk: &str) -> Result<Option<Item>, PhaseError> {
        Ok(lock(&self.items).get(&(pk.into(), sk.into())).cloned())
    }

    async fn put(&self, item: Item, condition: Condition) -> Result<(), PhaseError> {
        self.count_write()?;
        let mut items = lock(&self.items);
        let key = (item.pk.clone(), item.sk.clone());
        let there = items.get(&key).map(|item| item.version);
        let holds = match condition {
            Condition::Always => true,
            Condition::Absent => there.is_none(),
            Condition::Version(version) => there == Some(version),
        };
        if !holds {
            return Err(conflict(&format!("{} {}", item.pk, item.sk)));
        }
        items.insert(key, item);
        Ok(())
    }

    async fn delete(&self, pk: &str, sk: &str, version: u64) -> Result<(), PhaseError> {
        self.count_write()?;
        let mut items = lock(&self.items);
        let key = (pk.to_owned(), sk.to_owned());
        match items.get(&key) {
            Some(item) if item.version != version => Err(conflict(&format!("{pk} {sk}"))),
            _ => {
                items.remove(&key);
                Ok(())
            }
        }
    }

    async fn list(&self, pk: &str, prefix: &str) -> Result<Vec<Item>, PhaseError> {
        let items = lock(&self.items);
        Ok(items
            .values()
            .filter(|item| item.pk == pk && item.sk.starts_with(prefix))
            .cloned()
            .collect())
    }
}

fn conflict(what: &str) -> PhaseError {
    PhaseError::new(
        ErrorName::Conflict,
        format!("ledger item {what} was changed by another invocation"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_survives_dynamodbs_attribute_values() {
        let item = Item {
            pk: "TENANT#acme".into(),
            sk: "CYCLE#1".into(),
            version: 3,
            expires_at: Some(Timestamp::from_second(1_800_000_000).unwrap()),
            body: serde_json::json!({"micros": 12_345_678_901_i64, "none": null, "list": [1.5, "x", true]}),
        };
        assert_eq!(decode(encode(item.clone()).unwrap()).unwrap(), item);
    }

    #[tokio::test]
    async fn writes_happen_only_on_their_condition() {
        let table = MemoryTable::default();
        let item = |version| Item {
            pk: "p".into(),
            sk: "s".into(),
            version,
            expires_at: None,
            body: Value::Null,
        };
        table.put(item(1), Condition::Absent).await.unwrap();
        let twice = table.put(item(1), Condition::Absent).await.unwrap_err();
        assert_eq!(twice.name, ErrorName::Conflict);
        table.put(item(2), Condition::Version(1)).await.unwrap();
        assert!(table.put(item(2), Condition::Version(1)).await.is_err());
        assert!(table.delete("p", "s", 1).await.is_err());
        table.delete("p", "s", 2).await.unwrap();
        assert!(table.get("p", "s").await.unwrap().is_none());
    }
}
