//! Where artifacts are kept: a bucket, or memory in tests.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use async_trait::async_trait;
use aws_sdk_s3::{Client, primitives::ByteStream};
use miyabi_types::{artifact::ArtifactKey, error::ErrorName};

use crate::error::PhaseError;

/// A store of objects by key. A later `put` of a key replaces the earlier one.
#[async_trait]
pub trait ArtifactStore: Send + Sync {
    /// The object's bytes; `InvalidInput` if there is none.
    async fn get(&self, key: &ArtifactKey) -> Result<Vec<u8>, PhaseError>;
    /// Writes the object.
    async fn put(
        &self,
        key: &ArtifactKey,
        bytes: Vec<u8>,
        media_type: &str,
    ) -> Result<(), PhaseError>;
    /// The keys below `prefix`, sorted.
    async fn list(&self, prefix: &str) -> Result<Vec<ArtifactKey>, PhaseError>;
}

/// An S3 bucket.
#[derive(Debug, Clone)]
pub struct S3Store {
    client: Client,
    bucket: String,
}

impl S3Store {
    /// The store in `bucket`.
    pub const fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }
}

#[async_trait]
impl ArtifactStore for S3Store {
    async fn get(&self, key: &ArtifactKey) -> Result<Vec<u8>, PhaseError> {
        let object =
            self.client.get_object().bucket(&self.bucket).key(key.as_str()).send().await.map_err(
                |e| match e.as_service_error() {
                    Some(service) if service.is_no_such_key() => no_such(key),
                    _ => PhaseError::from_sdk("s3:GetObject", e),
                },
            )?;
        let body = object.body.collect().await.map_err(|e| {
            PhaseError::new(ErrorName::Transient, format!("cannot read {key}")).with_source(e)
        })?;
        Ok(body.to_vec())
    }

    async fn put(
        &self,
        key: &ArtifactKey,
        bytes: Vec<u8>,
        media_type: &str,
    ) -> Result<(), PhaseError> {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .content_type(media_type)
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map_err(|e| PhaseError::from_sdk("s3:PutObject", e))?;
        Ok(())
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ArtifactKey>, PhaseError> {
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(prefix)
            .into_paginator()
            .send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| PhaseError::from_sdk("s3:ListBucket", e))?;
            for object in page.contents.unwrap_or_default() {
                if let Some(key) = object.key {
                    keys.push(
                        ArtifactKey::try_from(key)
                            .map_err(|e| PhaseError::internal(e.to_string()))?,
                    );
                }
            }
        }
        keys.sort();
        Ok(keys)
    }
}

/// Memory, for tests. Can be told to fail.
#[derive(Debug, Default)]
pub struct MemoryStore {
    objects: Mutex<BTreeMap<ArtifactKey, Vec<u8>>>,
    failing: Mutex<BTreeSet<String>>,
}

impl MemoryStore {
    /// From now on every access to a key that ends with `suffix` fails as `Transient`.
    pub fn fail_on(&self, suffix: impl Into<String>) {
        lock(&self.failing).insert(suffix.into());
    }

    /// No access fails any more.
    pub fn heal(&self) {
        lock(&self.failing).clear();
    }

    fn check(&self, key: &str) -> Result<(), PhaseError> {
        if lock(&self.failing).iter().any(|suffix| key.ends_with(suffix.as_str())) {
            return Err(PhaseError::new(
                ErrorName::Transient,
                format!("injected failure on {key}"),
            ));
        }
        Ok(())
    }
}

#[async_trait]
impl ArtifactStore for MemoryStore {
    async fn get(&self, key: &ArtifactKey) -> Result<Vec<u8>, PhaseError> {
        self.check(key.as_str())?;
        lock(&self.objects).get(key).cloned().ok_or_else(|| no_such(key))
    }

    async fn put(&self, key: &ArtifactKey, bytes: Vec<u8>, _: &str) -> Result<(), PhaseError> {
        self.check(key.as_str())?;
        lock(&self.objects).insert(key.clone(), bytes);
        Ok(())
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ArtifactKey>, PhaseError> {
        Ok(lock(&self.objects)
            .keys()
            .filter(|key| key.as_str().starts_with(prefix))
            .cloned()
            .collect())
    }
}

fn no_such(key: &ArtifactKey) -> PhaseError {
    PhaseError::invalid_input(format!("there is no artifact {key}"))
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
