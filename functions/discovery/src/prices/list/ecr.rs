//! ECR.

use miyabi_types::{
    pricing::{Service, ecr},
    resource::ResourceKind::EcrRepository,
};

use super::{List, by_usage, whole};

pub(super) const LIST: List = List {
    service: Service::Ecr,
    queries: |region, seen| whole(Service::Ecr, region, seen.any(&[EcrRepository])),
    rates: |product| by_usage(product, [("TimedStorage-ByteHrs", ecr::STORAGE_GIB)]),
};

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn storage_is_read_and_the_archive_is_not_taken_for_it() {
        let family = "EC2 Container Registry";
        let read = read(
            &LIST,
            &[
                (family, &[("usagetype", "USE1-TimedStorage-ByteHrs")], "0.1000000000"),
                (family, &[("usagetype", "USE1-Archive-TimedStorage-ByteHrs")], "0.07"),
            ],
        );
        assert_eq!(read, prices([("storage/gib", "0.1")]));
    }
}
