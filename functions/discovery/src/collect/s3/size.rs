//! What buckets hold, from CloudWatch's daily storage metrics.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use miyabi_types::evidence::{Evidence, Unavailable};
use tokio::sync::OnceCell;

use crate::{
    collect::cloudwatch::{self, Query, Series},
    scope::Scan,
};

/// Days in which a size must have been reported; CloudWatch reports it once a day, a day late.
const DAYS: u32 = 3;

const BYTES: &str = "BucketSizeBytes";
const OBJECTS: &str = "NumberOfObjects";

/// The one storage type of [`OBJECTS`].
const ALL_TYPES: &str = "AllStorageTypes";

/// What a bucket holds.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    /// Bytes by storage type; never an empty map.
    pub by_type: Evidence<BTreeMap<String, u64>>,
    /// Objects.
    pub objects: Evidence<u64>,
}

/// Which storage types each bucket uses, read once the first bucket is there.
///
/// CloudWatch is asked for them before sizes, for a bucket uses few of them and every series read is billed.
#[derive(Default)]
pub(super) struct Sizes(OnceCell<Result<Types, Unavailable>>);

/// Storage types by bucket.
type Types = BTreeMap<String, BTreeSet<String>>;

impl Sizes {
    /// What each of `buckets` holds.
    pub async fn read(&self, scan: &Scan, buckets: &[String]) -> Vec<Stored> {
        match self.0.get_or_init(|| Box::pin(scan.apart(types(scan)))).await {
            Ok(types) => stored(scan, buckets, types).await,
            Err(why) => unknown(why, buckets.len()),
        }
    }
}

async fn stored(scan: &Scan, buckets: &[String], types: &Types) -> Vec<Stored> {
    let of = |bucket| types.get(bucket).into_iter().flatten().map(move |of| (bucket, of));
    let types: Vec<(&String, &String)> = buckets.iter().flat_map(of).collect();
    let sizes = types.iter().map(|(bucket, storage_type)| query(BYTES, bucket, storage_type));
    let counted: BTreeSet<&str> = types.iter().map(|(bucket, _)| bucket.as_str()).collect();
    let counts = counted.iter().map(|bucket| query(OBJECTS, bucket, ALL_TYPES));
    let queries: Vec<_> = sizes.chain(counts).collect();
    let series = match cloudwatch::read(scan, DAYS, &queries).await {
        Ok(series) => series,
        Err(why) => return unknown(&why, buckets.len()),
    };
    let (sizes, counts) = series.split_at(types.len());
    let mut by_bucket = BTreeMap::<&str, BTreeMap<String, u64>>::new();
    for ((bucket, storage_type), series) in types.iter().zip(sizes) {
        if let Some(bytes) = newest(series) {
            by_bucket.entry(bucket).or_default().insert((*storage_type).clone(), bytes);
        }
    }
    let counts: BTreeMap<&str, u64> = counted
        .iter()
        .copied()
        .zip(counts)
        .filter_map(|(bucket, series)| Some((bucket, newest(series)?)))
        .collect();
    let stored = |bucket: &String| Stored {
        by_type: by_bucket.remove(bucket.as_str()).map_or_else(unreported, Evidence::Known),
        objects: counts.get(bucket.as_str()).copied().map_or_else(unreported, Evidence::Known),
    };
    buckets.iter().map(stored).collect()
}

async fn types(scan: &Scan) -> Result<Types, Unavailable> {
    let mut types = Types::new();
    for mut of in cloudwatch::list(scan, "AWS/S3", BYTES).await? {
        if let (Some(bucket), Some(of)) = (of.remove("BucketName"), of.remove("StorageType")) {
            types.entry(bucket).or_default().insert(of);
        }
    }
    Ok(types)
}

fn query(name: &'static str, bucket: &str, storage_type: &str) -> Query<'static> {
    Query {
        namespace: "AWS/S3",
        name,
        dimensions: Cow::Owned(vec![
            ("BucketName", bucket.to_owned()),
            ("StorageType", storage_type.to_owned()),
        ]),
        statistic: "Average",
        period_seconds: 86_400,
    }
}

fn newest(series: &Series) -> Option<u64> {
    series.iter().max_by_key(|(time, _)| *time).map(|(_, value)| *value as u64)
}

fn unreported<T>() -> Evidence<T> {
    Evidence::unavailable(format!("CloudWatch reported no size in the last {DAYS} days"))
}

fn unknown(why: &Unavailable, buckets: usize) -> Vec<Stored> {
    let stored = Stored {
        by_type: Evidence::Unavailable(why.clone()),
        objects: Evidence::Unavailable(why.clone()),
    };
    vec![stored; buckets]
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn the_newest_size_counts() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert_eq!(newest(&vec![(at(9), 5.0), (at(10), 7.0), (at(8), 6.0)]), Some(7));
        assert_eq!(newest(&Series::new()), None);
    }
}
