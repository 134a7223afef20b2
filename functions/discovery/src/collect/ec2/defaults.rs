//! The EC2 defaults of the account in the region.

use aws_sdk_ec2::{Client, types};
use miyabi_types::{
    evidence::Evidence,
    resource::{
        Resource, ResourceConfig, Tags,
        ec2::{ImdsDefaults, RegionDefaults},
    },
};

use super::{
    BLOCK_PUBLIC_ACCESS, ENCRYPTION_BY_DEFAULT, METADATA_DEFAULTS, SNAPSHOT_PUBLIC_ACCESS,
};
use crate::{
    collect::{natural, owned, text},
    scope::Scan,
};

pub(super) async fn collect(scan: &Scan, ec2: &Client) -> Vec<Resource> {
    let (encryption, snapshots, metadata, block) = tokio::join!(
        scan.read(ENCRYPTION_BY_DEFAULT, ec2.get_ebs_encryption_by_default().send()),
        scan.read(SNAPSHOT_PUBLIC_ACCESS, ec2.get_snapshot_block_public_access_state().send()),
        scan.read(METADATA_DEFAULTS, ec2.get_instance_metadata_defaults().send()),
        scan.read(BLOCK_PUBLIC_ACCESS, ec2.describe_vpc_block_public_access_options().send()),
    );
    let Ok(encryption) = encryption else { return Vec::new() };
    let config = RegionDefaults {
        ebs_encryption_by_default: encryption.ebs_encryption_by_default().unwrap_or(false),
        snapshot_public_access: Evidence::from(snapshots)
            .map(|answer| text(answer.state().map(types::SnapshotBlockPublicAccessState::as_str))),
        imds: Evidence::from(metadata)
            .map(|answer| answer.account_level().map(imds).unwrap_or_default()),
        internet_gateway_block: Evidence::from(block).map(|answer| {
            let options = answer.vpc_block_public_access_options();
            let mode = options.and_then(|options| options.internet_gateway_block_mode());
            // `off` is what it is where nobody set it.
            mode.map_or("off", types::InternetGatewayBlockMode::as_str).to_owned()
        }),
    };
    let place = &scan.place;
    vec![place.resource(
        place.arn("ec2", "region-defaults"),
        place.region.as_str(),
        Tags::new(),
        ResourceConfig::Ec2RegionDefaults(config),
    )]
}

fn imds(defaults: &types::InstanceMetadataDefaultsResponse) -> ImdsDefaults {
    // AWS writes no preference as absent, as `no-preference`, and the hop limit as -1.
    let set = |value: Option<&str>| owned(value).filter(|value| value != "no-preference");
    ImdsDefaults {
        http_tokens: set(defaults.http_tokens().map(types::HttpTokensState::as_str)),
        http_endpoint: set(defaults
            .http_endpoint()
            .map(types::InstanceMetadataEndpointState::as_str)),
        http_put_response_hop_limit: defaults
            .http_put_response_hop_limit()
            .filter(|hops| *hops > 0)
            .map(natural),
        instance_metadata_tags: set(defaults
            .instance_metadata_tags()
            .map(types::InstanceMetadataTagsState::as_str)),
    }
}

#[cfg(test)]
mod tests {
    use miyabi_types::resource::ResourceKind;

    use super::*;
    use crate::testing::{
        aws::{empty, error, sdk},
        coverage, of_kind, scan,
    };

    #[tokio::test]
    async fn each_default_is_known_or_unknown_by_itself() {
        let body = |text: &str| (200, text.as_bytes().to_vec());
        let scanned = scan(
            sdk(move |asked| match asked.operation.as_str() {
                "GetSnapshotBlockPublicAccessState" => {
                    error(asked, 403, "UnauthorizedOperation")
                }
                "GetInstanceMetadataDefaults" => body(
                    "<GetInstanceMetadataDefaultsResponse><accountLevel><httpTokens>required</httpTokens>\
                     <httpEndpoint>no-preference</httpEndpoint><httpPutResponseHopLimit>-1</httpPutResponseHopLimit>\
                     </accountLevel></GetInstanceMetadataDefaultsResponse>",
                ),
                "DescribeVpcBlockPublicAccessOptions" => body(
                    "<DescribeVpcBlockPublicAccessOptionsResponse><vpcBlockPublicAccessOptions>\
                     <internetGatewayBlockMode>block-ingress</internetGatewayBlockMode>\
                     </vpcBlockPublicAccessOptions></DescribeVpcBlockPublicAccessOptionsResponse>",
                ),
                _ => empty(asked),
            }),
            "us-east-1",
        )
        .await;
        let found = of_kind(&scanned, ResourceKind::Ec2RegionDefaults);
        let ResourceConfig::Ec2RegionDefaults(defaults) = &found[0].config else { panic!() };
        let why = defaults.snapshot_public_access.get().unwrap_err();
        let missing = why.missing_permission.as_ref().unwrap().as_str();
        assert_eq!(missing, "ec2:GetSnapshotBlockPublicAccessState");
        assert!(coverage(&scanned, missing).known().is_none());
        let imds = defaults.imds.known().unwrap();
        let required =
            ImdsDefaults { http_tokens: Some("required".into()), ..ImdsDefaults::default() };
        assert_eq!(*imds, required);
        assert_eq!(defaults.internet_gateway_block, Evidence::Known("block-ingress".into()));
    }
}
