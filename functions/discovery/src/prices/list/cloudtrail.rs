//! `CloudTrail`.

use miyabi_types::{
    pricing::{Service, cloudtrail},
    resource::ResourceKind::{CloudTrailRegion, CloudTrailTrail},
};

use super::{List, whole};

pub(super) const LIST: List = List {
    service: Service::CloudTrail,
    queries: |region, seen| {
        whole(Service::CloudTrail, region, seen.any(&[CloudTrailTrail, CloudTrailRegion]))
    },
    rates: |product| match product.family.as_str() {
        "Management Tools - AWS CloudTrail Paid Events Recorded" => {
            vec![cloudtrail::MANAGEMENT_EVENT]
        }
        "Management Tools - AWS CloudTrail Data Events Recorded" => vec![cloudtrail::DATA_EVENT],
        _ => Vec::new(),
    },
};

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn events_are_read() {
        let read = read(
            &LIST,
            &[
                (
                    "Management Tools - AWS CloudTrail Paid Events Recorded",
                    &[("usagetype", "USE1-PaidEventsRecorded")],
                    "0.0000200000",
                ),
                (
                    "Management Tools - AWS CloudTrail Data Events Recorded",
                    &[("usagetype", "USE1-DataEventsRecorded")],
                    "0.0000010000",
                ),
                (
                    "Management Tools - AWS CloudTrail Free Events Recorded",
                    &[("usagetype", "USE1-FreeEventsRecorded")],
                    "0.0000000000",
                ),
            ],
        );
        assert_eq!(read, prices([("event/data", "0.000001"), ("event/management", "0.00002")]));
    }
}
