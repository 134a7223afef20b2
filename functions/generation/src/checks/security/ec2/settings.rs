//! Controls of EC2 that compare one setting.

use miyabi_types::{
    action::{Operation, TargetState},
    evidence::Unavailable,
    finding::Severity,
    resource::{
        ResourceConfig, ResourceKind,
        ec2::{Instance, RegionDefaults, Subnet, Volume},
    },
};

use super::super::row::{ROW, Row};
use crate::check::{
    Check, FSBP, FSBP_QUOTED, Judge, Reading, Remedy, SECURITY, Setting, Threshold, by_hand,
};

/// The table.
pub const CHECKS: [Check; 7] = [
    Check {
        id: "ebs_volume_unencrypted",
        title: "Volume in use is not encrypted",
        kinds: &[ResourceKind::Ec2Volume],
        controls: &["EC2.3"],
        thresholds: &[Threshold { what: "Encrypted", value: "true (volumes in use)" }],
        references: &[FSBP],
        judge: Judge::Setting(Setting {
            name: "Encrypted",
            must_be: "true",
            read: |config| volume(config, |v| Reading::must(v.encrypted, v.encrypted)),
            // A volume is encrypted only by copying it.
            remedy: by_hand,
        }),
        ..SECURITY
    },
    Check {
        id: "ec2_ebs_encryption_not_default",
        title: "New volumes of the region are not encrypted",
        kinds: &[ResourceKind::Ec2RegionDefaults],
        controls: &["EC2.7"],
        thresholds: &[Threshold { what: "EbsEncryptionByDefault", value: "true" }],
        operation: Some(Operation::EnableEbsEncryption),
        references: &[FSBP],
        judge: Judge::Setting(Setting {
            name: "EbsEncryptionByDefault",
            must_be: "true",
            read: |config| {
                defaults(config, |d| {
                    Reading::must(d.ebs_encryption_by_default, d.ebs_encryption_by_default)
                })
            },
            remedy: |resource| {
                let remedy = Remedy::toggle(
                    Operation::EnableEbsEncryption,
                    resource,
                    "ebs_encryption_by_default",
                    true,
                );
                Some(remedy.explained(
                    format!("Encrypt every new volume in {}", resource.region),
                    "Whoever launches with a role that may not use the default key fails.",
                ))
            },
        }),
        ..SECURITY
    },
    Check {
        id: "ec2_instance_imdsv1",
        title: "Instance answers metadata requests without a token (IMDSv1)",
        severity: Severity::High,
        kinds: &[ResourceKind::Ec2Instance],
        controls: &["EC2.8"],
        thresholds: &[Threshold {
            what: "HttpTokens",
            value: "required (or HttpEndpoint disabled)",
        }],
        operation: Some(Operation::RequireImdsV2),
        references: &[FSBP],
        judge: Judge::Setting(Setting {
            name: "HttpTokens",
            must_be: "required",
            read: |config| {
                instance(config, |i| match (&i.imds_http_endpoint, &i.imds_http_tokens) {
                    (Some(endpoint), _) if endpoint == "disabled" => Reading::Good,
                    (_, Some(tokens)) => Reading::must(tokens == "required", tokens),
                    (_, None) => Reading::Unknown(Unavailable::because(
                        "AWS did not say whether tokens are required",
                    )),
                })
            },
            remedy: |resource| {
                let remedy = Remedy::new(
                    Operation::RequireImdsV2,
                    resource,
                    TargetState::present([("http_tokens", "optional".into())]),
                    TargetState::present([("http_tokens", "required".into())]),
                );
                Some(remedy.explained(
                    "Require IMDSv2 tokens for instance metadata",
                    "Software that still reads metadata without a token loses its credentials \
                     (metric MetadataNoToken tells).",
                ))
            },
        }),
        ..SECURITY
    },
    Check {
        id: "ec2_instance_public_ip",
        title: "Instance has a public address",
        severity: Severity::High,
        kinds: &[ResourceKind::Ec2Instance],
        controls: &["EC2.9"],
        thresholds: &[Threshold { what: "PublicIpAddress", value: "none" }],
        references: &[FSBP],
        judge: Judge::Setting(Setting {
            name: "PublicIpAddress",
            must_be: "none",
            read: |config| {
                instance(config, |i| match &i.public_ip {
                    None => Reading::Good,
                    Some(address) => Reading::Bad(address.clone()),
                })
            },
            remedy: by_hand,
        }),
        ..SECURITY
    },
    Check {
        id: "ec2_subnet_public_ip_on_launch",
        title: "Subnet gives public addresses to new instances",
        kinds: &[ResourceKind::Ec2Subnet],
        controls: &["EC2.15"],
        thresholds: &[Threshold {
            what: "MapPublicIpOnLaunch and AssignIpv6AddressOnCreation",
            value: "false",
        }],
        operation: Some(Operation::DisableSubnetPublicIp),
        references: &[FSBP],
        judge: Judge::Setting(Setting {
            name: "MapPublicIpOnLaunch and AssignIpv6AddressOnCreation",
            must_be: "false",
            read: |config| subnet(config, public_addresses),
            remedy: |resource| {
                // IPv6 addresses are a person's to stop: nothing takes their place.
                match &resource.config {
                    ResourceConfig::Ec2Subnet(s) if s.assign_ipv6_on_creation != Some(true) => {}
                    _ => return None,
                }
                let remedy = Remedy::toggle(
                    Operation::DisableSubnetPublicIp,
                    resource,
                    "map_public_ip_on_launch",
                    false,
                );
                Some(remedy.explained(
                    "Stop giving public addresses to instances launched in this subnet",
                    "New instances there need a NAT gateway or an explicit address to reach the \
                     internet; running ones keep theirs.",
                ))
            },
        }),
        ..SECURITY
    },
    Row {
        id: "ec2_instance_paravirtual",
        title: "Instance is paravirtual",
        control: &["EC2.24"],
        references: &[FSBP_QUOTED],
        kinds: &[ResourceKind::Ec2Instance],
        must: &[Threshold { what: "VirtualizationType", value: "hvm" }],
        read: |config| {
            instance(config, |i| match i.virtualization_type.as_deref() {
                Some(kind) => Reading::must(kind != "paravirtual", kind),
                None => Reading::Unknown(Unavailable::because(
                    "AWS did not say how the instance is virtualized",
                )),
            })
        },
        ..ROW
    }
    .check(),
    Row {
        id: "ec2_internet_gateways_not_blocked",
        title: "Region does not block traffic of internet gateways but for what is excepted",
        control: &["EC2.172"],
        references: &[FSBP_QUOTED],
        kinds: &[ResourceKind::Ec2RegionDefaults],
        must: &[Threshold {
            what: "InternetGatewayBlockMode",
            value: "block-bidirectional or block-ingress",
        }],
        read: |config| {
            defaults(config, |d| {
                Reading::of(&d.internet_gateway_block, |mode| {
                    Reading::must(BLOCKING.contains(&mode.as_str()), mode)
                })
            })
        },
        ..ROW
    }
    .check(),
];

/// Modes of VPC Block Public Access that block something. Source: Security Hub EC2.172.
const BLOCKING: [&str; 2] = ["block-bidirectional", "block-ingress"];

/// Volumes in use; unattached ones are not judged.
fn volume(config: &ResourceConfig, read: impl Fn(&Volume) -> Reading) -> Reading {
    match config {
        ResourceConfig::Ec2Volume(volume) if volume.state == "in-use" => read(volume),
        _ => Reading::NotApplicable,
    }
}

/// Instances that still exist.
fn instance(config: &ResourceConfig, read: impl Fn(&Instance) -> Reading) -> Reading {
    match config {
        ResourceConfig::Ec2Instance(instance)
            if !matches!(instance.state.as_str(), "terminated" | "shutting-down") =>
        {
            read(instance)
        }
        _ => Reading::NotApplicable,
    }
}

fn subnet(config: &ResourceConfig, read: impl Fn(&Subnet) -> Reading) -> Reading {
    match config {
        ResourceConfig::Ec2Subnet(subnet) => read(subnet),
        _ => Reading::NotApplicable,
    }
}

fn public_addresses(subnet: &Subnet) -> Reading {
    match (subnet.map_public_ip_on_launch, subnet.assign_ipv6_on_creation) {
        (true, Some(true)) => Reading::Bad("IPv4 and IPv6".into()),
        (true, _) => Reading::Bad("IPv4".into()),
        (false, Some(true)) => Reading::Bad("IPv6".into()),
        (false, Some(false)) => Reading::Good,
        (false, None) => Reading::Unknown(Unavailable::because(
            "it was not read whether the subnet assigns IPv6 addresses",
        )),
    }
}

fn defaults(config: &ResourceConfig, read: impl Fn(&RegionDefaults) -> Reading) -> Reading {
    match config {
        ResourceConfig::Ec2RegionDefaults(defaults) => read(defaults),
        _ => Reading::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;
    use crate::fixture::{
        Expect::{Clear, NotApplicable, NotEvaluated, Risk},
        check_table, denied, evaluate, instance, region_defaults, subnet, volume,
    };
    use miyabi_types::evidence::Evidence;

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("EC2.3", volume(|_| {}), Clear),
                ("EC2.3", volume(|v| v.encrypted = false), Risk),
                (
                    "EC2.3",
                    volume(|v| {
                        v.encrypted = false;
                        v.state = "available".into();
                    }),
                    NotApplicable,
                ),
                ("EC2.7", region_defaults(|_| {}), Clear),
                ("EC2.7", region_defaults(|d| d.ebs_encryption_by_default = false), Risk),
                ("EC2.8", instance(|_| {}), Clear),
                ("EC2.8", instance(|i| i.imds_http_tokens = Some("optional".into())), Risk),
                (
                    "EC2.8",
                    instance(|i| {
                        i.imds_http_tokens = Some("optional".into());
                        i.imds_http_endpoint = Some("disabled".into());
                    }),
                    Clear,
                ),
                ("EC2.8", instance(|i| i.imds_http_tokens = None), NotEvaluated("did not say")),
                ("EC2.8", instance(|i| i.state = "terminated".into()), NotApplicable),
                ("EC2.9", instance(|_| {}), Clear),
                ("EC2.9", instance(|i| i.public_ip = Some("203.0.113.9".into())), Risk),
                ("EC2.15", subnet(|_| {}), Clear),
                ("EC2.15", subnet(|s| s.map_public_ip_on_launch = true), Risk),
                ("EC2.15", subnet(|s| s.assign_ipv6_on_creation = None), NotEvaluated("not read")),
                ("EC2.24", instance(|_| {}), Clear),
                ("EC2.24", instance(|i| i.virtualization_type = Some("paravirtual".into())), Risk),
                ("EC2.24", instance(|i| i.virtualization_type = None), NotEvaluated("did not say")),
                ("EC2.172", region_defaults(|_| {}), Clear),
                (
                    "EC2.172",
                    region_defaults(|d| d.internet_gateway_block = Evidence::Known("off".into())),
                    Risk,
                ),
                (
                    "EC2.172",
                    region_defaults(|d| {
                        d.internet_gateway_block =
                            denied("ec2:DescribeVpcBlockPublicAccessOptions");
                    }),
                    NotEvaluated("denied"),
                ),
            ],
        );
    }

    #[test]
    fn ipv6_addresses_are_left_to_a_person() {
        let row = CHECKS.iter().find(|row| row.controls == ["EC2.15"]).unwrap();
        let found = evaluate(row, subnet(|s| s.assign_ipv6_on_creation = Some(true)));
        assert!(matches!(found, Verdict::Finding(found) if found.remedy.is_none()));
    }
}
