//! What there are prices of.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

macro_rules! services {
    ($($name:ident = $code:literal,)+) => {
        /// The services with prices, by their codes in the AWS Price List.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[expect(missing_docs, reason = "their codes are all there is to say")]
        pub enum Service {
            $(#[serde(rename = $code)] $name,)+
        }

        impl Service {
            /// Every service with prices.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its code in the Price List.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }
        }
    };
}

services! {
    ApiGateway = "AmazonApiGateway",
    CloudTrail = "AWSCloudTrail",
    CloudWatch = "AmazonCloudWatch",
    DataTransfer = "AWSDataTransfer",
    DynamoDb = "AmazonDynamoDB",
    Ec2 = "AmazonEC2",
    Ecr = "AmazonECR",
    Ecs = "AmazonECS",
    Efs = "AmazonEFS",
    Eks = "AmazonEKS",
    ElastiCache = "AmazonElastiCache",
    Elb = "AWSELB",
    Kinesis = "AmazonKinesis",
    Kms = "awskms",
    Lambda = "AWSLambda",
    OpenSearch = "AmazonES",
    Rds = "AmazonRDS",
    Redshift = "AmazonRedshift",
    Route53 = "AmazonRoute53",
    S3 = "AmazonS3",
    SecretsManager = "AWSSecretsManager",
    Vpc = "AmazonVPC",
}

/// By which measure a rate is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Per {
    /// Each hour that the unit is kept.
    Hour,
    /// Each month that the unit is kept.
    Month,
    /// Each time that the unit is used.
    Use,
}

/// One price of a service's list: what is paid for, and by which measure. Each service's file has
/// constants and functions for its own; [`super::PriceSheet::price`] knows what a rate costs in a region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate {
    /// Whose list it is in.
    pub service: Service,
    /// Names it in that list, from the general to the particular: `volume/gp3/gib`.
    pub key: Cow<'static, str>,
    /// By which measure it is billed.
    pub per: Per,
}

impl Rate {
    /// Billed for each hour.
    pub const fn hourly(service: Service, key: &'static str) -> Self {
        Self { service, key: Cow::Borrowed(key), per: Per::Hour }
    }

    /// Billed for each month.
    pub const fn monthly(service: Service, key: &'static str) -> Self {
        Self { service, key: Cow::Borrowed(key), per: Per::Month }
    }

    /// Billed for each use.
    pub const fn by_use(service: Service, key: &'static str) -> Self {
        Self { service, key: Cow::Borrowed(key), per: Per::Use }
    }

    /// One of many that are told apart by what is in their key.
    pub const fn of(service: Service, key: String, per: Per) -> Self {
        Self { service, key: Cow::Owned(key), per }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.key, self.service.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_stored_by_its_code() {
        for service in Service::ALL {
            assert_eq!(serde_json::to_value(service).unwrap(), service.code());
        }
    }
}
