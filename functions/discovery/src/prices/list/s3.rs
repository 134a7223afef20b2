//! S3.

use miyabi_types::{
    pricing::{Rate, Service, s3},
    resource::ResourceKind::S3Bucket,
};

use super::{List, Query};

/// Classes that objects are moved into by the request that moves them into Standard-IA.
const MOVED_ALIKE: [&str; 3] = ["INTELLIGENT_TIERING", "ONEZONE_IA", "STANDARD_IA"];

pub(super) const LIST: List = List {
    service: Service::S3,
    queries: |region, seen| {
        if !seen.any(&[S3Bucket]) {
            return Vec::new();
        }
        // The archive of S3 has a list of its own.
        vec![Query::of(Service::S3.code(), region), Query::of("AmazonS3GlacierDeepArchive", region)]
    },
    rates: |product| {
        let usage = product.usage();
        if let Some(class) = stored(usage, product.attribute("volumeType")) {
            return vec![s3::storage_gib(class)];
        }
        match (usage, product.attribute("operation")) {
            ("Monitoring-Automation-INT", _) => vec![s3::WATCHED_OBJECT],
            ("Requests-Tier3", "S3-GlacierTransition") => vec![s3::transition("GLACIER")],
            ("Requests-Tier3", "S3-GDATransition") => vec![s3::transition("DEEP_ARCHIVE")],
            ("Requests-Tier4", "") => MOVED_ALIKE.map(s3::transition).into(),
            ("Requests-GIR-Tier1", _) => {
                vec![s3::write_request("GLACIER_IR"), s3::transition("GLACIER_IR")]
            }
            _ => request(usage).into_iter().collect(),
        }
    },
};

/// The class, as billed, whose storage this usage type is. Overheads of archives share usage types with
/// other classes.
fn stored(usage: &str, volume_type: &str) -> Option<&'static str> {
    Some(match (usage, volume_type) {
        ("TimedStorage-ByteHrs", "Standard") => "STANDARD",
        ("TimedStorage-SIA-ByteHrs", _) => "STANDARD_IA",
        ("TimedStorage-ZIA-ByteHrs", _) => "ONEZONE_IA",
        ("TimedStorage-GIR-ByteHrs", _) => "GLACIER_IR",
        ("TimedStorage-GlacierByteHrs", "Amazon Glacier") => "GLACIER",
        ("TimedStorage-GDA-ByteHrs", "Glacier Deep Archive") => "DEEP_ARCHIVE",
        ("TimedStorage-RRS-ByteHrs", _) => "REDUCED_REDUNDANCY",
        ("TimedStorage-XZ-ByteHrs", _) => "EXPRESS_ONEZONE",
        ("TimedStorage-INT-FA-ByteHrs", _) => "INTELLIGENT_TIERING_FREQUENT",
        ("TimedStorage-INT-IA-ByteHrs", _) => "INTELLIGENT_TIERING_INFREQUENT",
        ("TimedStorage-INT-AIA-ByteHrs", _) => "INTELLIGENT_TIERING_ARCHIVE_INSTANT",
        ("TimedStorage-INT-AA-ByteHrs", "IntelligentTieringArchive") => {
            "INTELLIGENT_TIERING_ARCHIVE"
        }
        ("TimedStorage-INT-DAA-ByteHrs", "IntelligentTieringDeepArchive") => {
            "INTELLIGENT_TIERING_DEEP_ARCHIVE"
        }
        _ => return None,
    })
}

fn request(usage: &str) -> Option<Rate> {
    Some(match usage {
        "Requests-Tier1" => s3::write_request("STANDARD"),
        "Requests-Tier2" => s3::read_request("STANDARD"),
        "Requests-SIA-Tier1" => s3::write_request("STANDARD_IA"),
        "Requests-SIA-Tier2" => s3::read_request("STANDARD_IA"),
        "Requests-ZIA-Tier1" => s3::write_request("ONEZONE_IA"),
        "Requests-ZIA-Tier2" => s3::read_request("ONEZONE_IA"),
        "Requests-INT-Tier1" => s3::write_request("INTELLIGENT_TIERING"),
        "Requests-INT-Tier2" => s3::read_request("INTELLIGENT_TIERING"),
        "Requests-GIR-Tier2" => s3::read_request("GLACIER_IR"),
        "Retrieval-SIA" => s3::retrieval_gib("STANDARD_IA"),
        "Retrieval-ZIA" => s3::retrieval_gib("ONEZONE_IA"),
        "Retrieval-GIR" => s3::retrieval_gib("GLACIER_IR"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn storage_is_told_by_usage_and_volume_type() {
        let read = read(
            &LIST,
            &[
                (
                    "Storage",
                    &[("usagetype", "TimedStorage-ByteHrs"), ("volumeType", "Standard")],
                    "0.023",
                ),
                (
                    "Storage",
                    &[
                        ("usagetype", "TimedStorage-ByteHrs"),
                        ("volumeType", "INTAAS3ObjectOverhead"),
                    ],
                    "0.021",
                ),
                ("Storage", &[("usagetype", "TimedStorage-SIA-ByteHrs")], "0.0125000000"),
                (
                    "Storage",
                    &[
                        ("usagetype", "TimedStorage-GlacierByteHrs"),
                        ("volumeType", "Amazon Glacier"),
                    ],
                    "0.0036",
                ),
                (
                    "Storage",
                    &[
                        ("usagetype", "TimedStorage-GlacierByteHrs"),
                        ("volumeType", "GlacierObjectOverhead"),
                    ],
                    "0.0036",
                ),
                ("Storage", &[("usagetype", "TimedStorage-INT-FA-ByteHrs")], "0.0230000000"),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("storage/GLACIER/gib", "0.0036"),
                ("storage/INTELLIGENT_TIERING_FREQUENT/gib", "0.023"),
                ("storage/STANDARD/gib", "0.023"),
                ("storage/STANDARD_IA/gib", "0.0125"),
            ])
        );
    }

    #[test]
    fn requests_transitions_and_retrievals_are_read() {
        let api = "API Request";
        let read = read(
            &LIST,
            &[
                (
                    api,
                    &[("usagetype", "Requests-Tier1"), ("group", "S3-API-Tier1")],
                    "0.0000050000",
                ),
                (
                    api,
                    &[("usagetype", "Requests-Tier2"), ("group", "S3-API-Tier2")],
                    "0.0000004000",
                ),
                (
                    api,
                    &[("usagetype", "Requests-Tier3"), ("operation", "S3-GlacierTransition")],
                    "0.00003",
                ),
                (api, &[("usagetype", "Requests-Tier4"), ("operation", "")], "0.0000100000"),
                (api, &[("usagetype", "Retrieval-SIA")], "0.0100000000"),
                ("Fee", &[("usagetype", "Monitoring-Automation-INT")], "0.0000025000"),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("intelligent_tiering/object", "0.0000025"),
                ("request/STANDARD/read", "0.0000004"),
                ("request/STANDARD/write", "0.000005"),
                ("retrieval/STANDARD_IA/gib", "0.01"),
                ("transition/GLACIER", "0.00003"),
                ("transition/INTELLIGENT_TIERING", "0.00001"),
                ("transition/ONEZONE_IA", "0.00001"),
                ("transition/STANDARD_IA", "0.00001"),
            ])
        );
    }
}
