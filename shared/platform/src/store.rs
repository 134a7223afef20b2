//! Where artifacts are kept: a bucket, a directory where somebody looks at an account or measures, or memory
//! in tests.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::PathBuf,
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

/// A directory in the place of a bucket: an object is the file of its key.
#[derive(Debug, Clone)]
pub struct DirectoryStore(PathBuf);

impl DirectoryStore {
    /// The store in a directory, which is made with the first object.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self(directory.into())
    }

    fn file(&self, key: &ArtifactKey) -> PathBuf {
        self.0.join(key.as_str())
    }
}

#[async_trait]
impl ArtifactStore for DirectoryStore {
    async fn get(&self, key: &ArtifactKey) -> Result<Vec<u8>, PhaseError> {
        fs::read(self.file(key)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => no_such(key),
            _ => PhaseError::internal(format!("cannot read {key}")).with_source(error),
        })
    }

    async fn put(&self, key: &ArtifactKey, bytes: Vec<u8>, _: &str) -> Result<(), PhaseError> {
        let file = self.file(key);
        let directory = file.parent().map_or(Ok(()), fs::create_dir_all);
        directory
            .and_then(|()| fs::write(&file, bytes))
            .map_err(|e| PhaseError::internal(format!("cannot write {key}")).with_source(e))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ArtifactKey>, PhaseError> {
        let (mut directories, mut keys) = (vec![self.0.clone()], Vec::new());
        while let Some(directory) = directories.pop() {
            // What is not there yet holds nothing.
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    directories.push(path);
                } else if let Some(key) = path.strip_prefix(&self.0).ok().and_then(|k| k.to_str())
                    && key.starts_with(prefix)
                {
                    let key = ArtifactKey::try_from(key.to_owned());
                    keys.push(key.map_err(|error| PhaseError::internal(error.to_string()))?);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_directory_gives_back_what_was_put_and_lists_it_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let store = DirectoryStore::new(directory.path().join("new"));
        let key = |path: &str| ArtifactKey::try_from(format!("tenants/acme/{path}")).unwrap();
        assert_eq!(store.list("tenants/").await.unwrap(), []);
        for path in ["b/2", "a", "b/1"] {
            store.put(&key(path), path.into(), "text/plain").await.unwrap();
        }
        store.put(&key("a"), b"newer".into(), "text/plain").await.unwrap();
        assert_eq!(store.get(&key("a")).await.unwrap(), b"newer");
        assert_eq!(store.list("tenants/acme/b").await.unwrap(), [key("b/1"), key("b/2")]);
        assert_eq!(store.get(&key("c")).await.unwrap_err().name, ErrorName::InvalidInput);
    }
}
