//! Controls of launch templates, of the version that is launched where none is named.

use miyabi_types::{
    finding::Severity,
    resource::{ResourceKind, ec2::LaunchSettings},
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 3] = [
    Row {
        id: "ec2_launch_template_public_ip",
        title: "Launch template gives instances public addresses",
        control: &["EC2.25"],
        severity: Severity::High,
        kinds: &[ResourceKind::Ec2LaunchTemplate],
        must: &[Threshold { what: "AssociatePublicIpAddress", value: "other than true" }],
        read: of!(Ec2LaunchTemplate, |it| Reading::of(&it.default, |l| Reading::off(
            l.associate_public_ip == Some(true)
        ))),
        ..ROW
    }
    .check(),
    Row {
        id: "ec2_launch_template_imdsv1",
        title: "Launch template lets instances answer metadata requests without a token",
        control: &["EC2.170"],
        severity: Severity::Low,
        kinds: &[ResourceKind::Ec2LaunchTemplate],
        must: &[Threshold { what: "HttpTokens", value: "required" }],
        read: of!(Ec2LaunchTemplate, |it| Reading::of(&it.default, tokens)),
        ..ROW
    }
    .check(),
    Row {
        id: "ec2_launch_template_unencrypted",
        title: "Launch template asks for volumes that are not encrypted",
        control: &["EC2.181"],
        kinds: &[ResourceKind::Ec2LaunchTemplate],
        must: &[Threshold { what: "Encrypted", value: "other than false for every volume" }],
        read: of!(Ec2LaunchTemplate, |it| Reading::of(&it.default, volumes)),
        ..ROW
    }
    .check(),
];

fn tokens(launch: &LaunchSettings) -> Reading {
    let tokens = launch.imds_http_tokens.as_deref().unwrap_or("not set");
    Reading::must(tokens == "required", tokens)
}

fn volumes(launch: &LaunchSettings) -> Reading {
    let open: Vec<_> = launch
        .volumes
        .iter()
        .filter(|volume| volume.encrypted == Some(false))
        .map(|volume| volume.device.as_str())
        .collect();
    Reading::must(open.is_empty(), format!("false for {}", open.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, Risk},
        check_table, launch_template,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("EC2.25", launch_template(|_| {}), Clear),
                ("EC2.25", launch_template(|l| l.associate_public_ip = Some(true)), Risk),
                ("EC2.170", launch_template(|_| {}), Clear),
                (
                    "EC2.170",
                    launch_template(|l| l.imds_http_tokens = Some("optional".into())),
                    Risk,
                ),
                ("EC2.170", launch_template(|l| l.imds_http_tokens = None), Risk),
                ("EC2.181", launch_template(|_| {}), Clear),
                ("EC2.181", launch_template(|l| l.volumes[0].encrypted = Some(false)), Risk),
            ],
        );
    }
}
