//! S3 storage and requests.

use super::{
    PriceSheet, Service,
    rate::{Per, Rate},
};
use crate::{
    evidence::{Evidence, Unavailable},
    id::Region,
    money::MonthlyUsd,
    resource::s3::{Bucket, billed_class},
};

/// Bytes of a GiB.
const GIB: f64 = 1_073_741_824.0;

/// A GiB in a storage class, as [`billed_class`] names it, at the first tier's price (50 TB).
pub fn storage_gib(class: &str) -> Rate {
    Rate::of(Service::S3, format!("storage/{class}/gib"), Per::Month)
}

/// A request that writes or lists (PUT, COPY, POST, LIST) objects of this class.
pub fn write_request(class: &str) -> Rate {
    Rate::of(Service::S3, format!("request/{class}/write"), Per::Use)
}

/// Any other request (GET, SELECT …) to objects of this class.
pub fn read_request(class: &str) -> Rate {
    Rate::of(Service::S3, format!("request/{class}/read"), Per::Use)
}

/// A lifecycle transition of one object into this class.
pub fn transition(class: &str) -> Rate {
    Rate::of(Service::S3, format!("transition/{class}"), Per::Use)
}

/// A GiB that is read out of this class.
pub fn retrieval_gib(class: &str) -> Rate {
    Rate::of(Service::S3, format!("retrieval/{class}/gib"), Per::Use)
}

/// An object of at least 128 KB that Intelligent-Tiering watches.
pub const WATCHED_OBJECT: Rate = Rate::monthly(Service::S3, "intelligent_tiering/object");

impl PriceSheet {
    /// What a bucket's storage costs per month, each storage type at its class's price; requests and
    /// transfer come on top.
    pub fn bucket(&self, region: &Region, bucket: &Bucket) -> Evidence<MonthlyUsd> {
        let sizes = match bucket.size_by_type.get() {
            Ok(sizes) => sizes,
            Err(why) => return Evidence::Unavailable(why.clone()),
        };
        let total: Result<MonthlyUsd, Unavailable> = sizes
            .iter()
            .map(|(storage_type, bytes)| {
                let class = billed_class(storage_type).ok_or_else(|| {
                    Unavailable::because(format!("no price for {storage_type} in {region}"))
                })?;
                self.find(region, &storage_gib(class), *bytes as f64 / GIB)
            })
            .sum();
        Evidence::from(total)
    }
}
