//! Where resources are, and their ARNs where AWS returns none.
//!
//! Patterns: AWS Service Authorization Reference, "Resource types" of each service.

use miyabi_types::{
    evidence::Evidence,
    id::{AccountId, Arn, Region},
    resource::{ManagedBy, Resource, ResourceConfig, Tags},
};

/// An account in a region, or an account's global services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The account.
    pub account: AccountId,
    /// The region, or `aws-global`.
    pub region: Region,
    /// `aws`, `aws-cn` …
    partition: &'static str,
}

impl Place {
    /// A place; `home` is a region of the same partition, which a global scope does not tell itself.
    pub fn new(account: AccountId, region: Region, home: &str) -> Self {
        let near = if region.is_global() { home } else { region.as_str() };
        let partition = match near.split('-').collect::<Vec<_>>()[..] {
            ["cn", ..] => "aws-cn",
            ["us", "gov", ..] => "aws-us-gov",
            ["us", "iso", ..] => "aws-iso",
            ["us", "isob", ..] => "aws-iso-b",
            ["eu", "isoe", ..] => "aws-iso-e",
            ["us", "isof", ..] => "aws-iso-f",
            ["eusc", ..] => "aws-eusc",
            _ => "aws",
        };
        Self { account, region, partition }
    }

    /// `arn:partition:service:region:account:resource`.
    pub fn arn(&self, service: &str, resource: &str) -> Arn {
        arn(&format!(
            "arn:{}:{service}:{}:{}:{resource}",
            self.partition, self.region, self.account
        ))
    }

    /// The ARN of a global service's resource: without a region.
    pub fn global_arn(&self, service: &str, resource: &str) -> Arn {
        arn(&format!("arn:{}:{service}::{}:{resource}", self.partition, self.account))
    }

    /// The ARN of a bucket: without region and account.
    pub fn bucket_arn(&self, name: &str) -> Arn {
        arn(&format!("arn:{}:s3:::{name}", self.partition))
    }

    /// The ARN of what is named without its account: API Gateway's.
    pub fn unowned_arn(&self, service: &str, resource: &str) -> Arn {
        arn(&format!("arn:{}:{service}:{}::{resource}", self.partition, self.region))
    }

    /// The ARN of a KMS key that is named by its ARN, its id or an alias, each of which AWS answers as it was
    /// given. That of an alias stays the alias's.
    pub fn key_arn(&self, key: &str) -> Arn {
        Self::told(Some(key), || match key {
            alias if alias.starts_with("alias/") => self.arn("kms", alias),
            id => self.arn("kms", &format!("key/{id}")),
        })
    }

    /// Whether it is in the partition of the commercial regions, which some features are in alone.
    pub fn is_commercial(&self) -> bool {
        self.partition == "aws"
    }

    /// The region that the partition's global services are in. Source: botocore's `partitions.json`,
    /// `implicitGlobalRegion` (November 2026).
    pub fn home(&self) -> &'static str {
        match self.partition {
            "aws-cn" => "cn-northwest-1",
            "aws-us-gov" => "us-gov-west-1",
            "aws-iso" => "us-iso-east-1",
            "aws-iso-b" => "us-isob-east-1",
            "aws-iso-e" => "eu-isoe-west-1",
            "aws-iso-f" => "us-isof-south-1",
            "aws-eusc" => "eusc-de-east-1",
            _ => "us-east-1",
        }
    }

    /// The ARN of an EBS snapshot: without account.
    pub fn snapshot_arn(&self, id: &str) -> Arn {
        arn(&format!("arn:{}:ec2:{}::snapshot/{id}", self.partition, self.region))
    }

    /// The ARN of a machine image: without account.
    pub fn image_arn(&self, id: &str) -> Arn {
        arn(&format!("arn:{}:ec2:{}::image/{id}", self.partition, self.region))
    }

    /// The ARN that AWS told, or else the one made up.
    pub fn told(told: Option<&str>, made_up: impl FnOnce() -> Arn) -> Arn {
        told.and_then(|text| Arn::parse(text).ok()).unwrap_or_else(made_up)
    }

    /// Whether another account owns what it shares with this one, and what is therefore a resource of that one.
    pub fn is_foreign(&self, owner: Option<&str>) -> bool {
        owner.is_some_and(|owner| owner != self.account.as_str())
    }

    /// A resource here. Its owner and its price are filled in once the whole scope is read.
    pub fn resource(
        &self,
        arn: Arn,
        id: impl Into<String>,
        tags: Tags,
        config: ResourceConfig,
    ) -> Resource {
        Resource {
            arn,
            account: self.account.clone(),
            region: self.region.clone(),
            id: id.into(),
            name: tags.get("Name").filter(|name| !name.is_empty()).cloned(),
            tags,
            tags_unavailable: None,
            created_at: None,
            managed_by: ManagedBy::None,
            depends_on: Vec::new(),
            utilization: Evidence::unavailable("no metrics are read for this kind"),
            monthly_cost: Evidence::unavailable("priced when the World is sealed"),
            config,
        }
    }
}

fn arn(text: &str) -> Arn {
    Arn::parse(text).expect("the patterns above have six parts")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(region: &str, home: &str) -> Place {
        let account = AccountId::parse("123456789012").unwrap();
        Place::new(account, Region::parse(region).unwrap(), home)
    }

    #[test]
    fn arns_follow_their_service_and_partition() {
        let tokyo = place("ap-northeast-1", "us-east-1");
        assert_eq!(
            tokyo.arn("ec2", "volume/vol-1").as_str(),
            "arn:aws:ec2:ap-northeast-1:123456789012:volume/vol-1"
        );
        assert_eq!(
            tokyo.snapshot_arn("snap-1").as_str(),
            "arn:aws:ec2:ap-northeast-1::snapshot/snap-1"
        );
        assert_eq!(tokyo.bucket_arn("logs").as_str(), "arn:aws:s3:::logs");
        let china = place("aws-global", "cn-north-1");
        assert_eq!(
            china.global_arn("iam", "user/a").as_str(),
            "arn:aws-cn:iam::123456789012:user/a"
        );
        assert!(place("us-gov-west-1", "").arn("ec2", "x").as_str().starts_with("arn:aws-us-gov:"));
    }

    #[test]
    fn a_key_has_an_arn_whichever_way_it_is_named() {
        let tokyo = place("ap-northeast-1", "us-east-1");
        let of = |key: &str| tokyo.key_arn(key).to_string();
        assert_eq!(of("mrk-1"), "arn:aws:kms:ap-northeast-1:123456789012:key/mrk-1");
        assert_eq!(of("alias/data"), "arn:aws:kms:ap-northeast-1:123456789012:alias/data");
        let elsewhere = "arn:aws:kms:ap-northeast-1:210987654321:key/k";
        assert_eq!(of(elsewhere), elsewhere);
    }

    #[test]
    fn every_partition_has_its_regions_and_its_home() {
        for (region, partition, home) in [
            ("eu-west-1", "aws", "us-east-1"),
            ("cn-north-1", "aws-cn", "cn-northwest-1"),
            ("eusc-de-east-1", "aws-eusc", "eusc-de-east-1"),
            ("us-iso-west-1", "aws-iso", "us-iso-east-1"),
            ("us-isob-east-1", "aws-iso-b", "us-isob-east-1"),
            ("eu-isoe-west-1", "aws-iso-e", "eu-isoe-west-1"),
            ("us-isof-east-1", "aws-iso-f", "us-isof-south-1"),
            ("us-gov-east-1", "aws-us-gov", "us-gov-west-1"),
        ] {
            let place = place(region, "");
            assert!(
                place.global_arn("iam", "x").as_str().starts_with(&format!("arn:{partition}:"))
            );
            assert_eq!(place.home(), home, "{region}");
            assert_eq!(place.is_commercial(), partition == "aws", "{region}");
        }
    }
}
