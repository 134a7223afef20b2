//! The root user, and how much of everything the account holds.

use aws_sdk_iam::{
    Client,
    types::{AssignmentStatusType, SummaryKeyType, VirtualMfaDevice},
};
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    resource::{Resource, ResourceConfig, ResourceKind::IamRootAccount, Tags, iam::RootAccount},
};

use super::credential_report::Report;
use crate::{call::Call, collect::natural, place::Place, scope::Scan};

pub const SUMMARY: Call = Call::lists("iam:GetAccountSummary", &[IamRootAccount]);
pub const VIRTUAL_MFA: Call = Call::details("iam:ListVirtualMFADevices");

/// What was read of the root user.
pub struct Root {
    summary: Vec<(String, u32)>,
    virtual_mfa: Result<bool, Unavailable>,
}

/// Reads it, or nothing where the summary is not known.
pub async fn read(scan: &Scan, client: &Client) -> Option<Root> {
    let summary = scan.read(SUMMARY, client.get_account_summary().send());
    let (summary, virtual_mfa) = tokio::join!(summary, Box::pin(virtual_mfa(scan, client)));
    let summary = summary.ok()?.summary_map.unwrap_or_default();
    let count = |(key, count): (SummaryKeyType, i32)| (key.as_str().to_owned(), natural(count));
    Some(Root { summary: summary.into_iter().map(count).collect(), virtual_mfa })
}

async fn virtual_mfa(scan: &Scan, client: &Client) -> Result<bool, Unavailable> {
    let pages = client
        .list_virtual_mfa_devices()
        .assignment_status(AssignmentStatusType::Assigned)
        .into_paginator()
        .items()
        .send();
    let devices = scan.narrow(VIRTUAL_MFA, pages.collect::<Result<Vec<_>, _>>()).await?;
    Ok(devices.iter().any(is_of_root))
}

/// The first device of root has a fixed name; further ones are told by whom they belong to.
fn is_of_root(device: &VirtualMfaDevice) -> bool {
    let owner = device.user().map(aws_sdk_iam::types::User::arn);
    device.serial_number().ends_with(":mfa/root-account-mfa-device")
        || owner.is_some_and(|arn| arn.ends_with(":root"))
}

impl Root {
    /// The resource, with what the credential report says.
    pub fn resource(self, place: &Place, report: &Report) -> Resource {
        let has = |key: &str| self.summary.iter().any(|(name, count)| name == key && *count > 0);
        let config = RootAccount {
            access_keys_present: has("AccountAccessKeysPresent"),
            signing_certificates_present: has("AccountSigningCertificatesPresent"),
            mfa_enabled: has("AccountMFAEnabled"),
            virtual_mfa: Evidence::from(self.virtual_mfa),
            credentials: report.of_root(),
            summary: self.summary.into_iter().collect(),
        };
        let config = ResourceConfig::IamRootAccount(config);
        place.resource(place.global_arn("iam", "root"), place.account.as_str(), Tags::new(), config)
    }
}

#[cfg(test)]
mod tests {
    use miyabi_types::phase::ScannedScope;

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, error, sdk},
        of_kind, scan,
    };

    fn account(asked: &Asked, device: &str) -> Answer {
        let body = match asked.operation.as_str() {
            "GetAccountSummary" => {
                let entry = |key: &str, value: u32| {
                    format!("<entry><key>{key}</key><value>{value}</value></entry>")
                };
                let entries = [
                    entry("AccountMFAEnabled", 1),
                    entry("AccountAccessKeysPresent", 0),
                    entry("Users", 3),
                ];
                format!("<SummaryMap>{}</SummaryMap>", entries.concat())
            }
            "ListVirtualMFADevices" => {
                format!("<VirtualMFADevices><member>{device}</member></VirtualMFADevices>")
            }
            _ => return empty(asked),
        };
        let operation = &asked.operation;
        let body = format!(
            "<{operation}Response><{operation}Result>{body}</{operation}Result></{operation}Response>"
        );
        (200, body.into_bytes())
    }

    fn root(scanned: &ScannedScope) -> &RootAccount {
        let [resource] = of_kind(scanned, IamRootAccount)[..] else { panic!() };
        assert_eq!(resource.arn.as_str(), "arn:aws:iam::123456789012:root");
        match &resource.config {
            ResourceConfig::IamRootAccount(root) => root,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_virtual_device_of_root_is_told_from_one_of_a_user() {
        for (device, expected) in [
            (
                "<SerialNumber>arn:aws:iam::123456789012:mfa/root-account-mfa-device</SerialNumber>",
                true,
            ),
            (
                "<SerialNumber>arn:aws:iam::123456789012:mfa/phone</SerialNumber>\
                 <User><Arn>arn:aws:iam::123456789012:root</Arn></User>",
                true,
            ),
            (
                "<SerialNumber>arn:aws:iam::123456789012:mfa/ada</SerialNumber>\
                 <User><Arn>arn:aws:iam::123456789012:user/ada</Arn></User>",
                false,
            ),
        ] {
            let scanned = scan(sdk(move |asked| account(asked, device)), "aws-global").await;
            let root = root(&scanned);
            assert_eq!(root.virtual_mfa, Evidence::Known(expected), "{device}");
            assert!(root.mfa_enabled && !root.access_keys_present);
            assert_eq!(root.summary["Users"], 3);
        }
    }

    #[tokio::test]
    async fn whether_the_device_is_virtual_is_unknown_where_devices_are_denied() {
        let denied = |asked: &Asked| match asked.operation.as_str() {
            "ListVirtualMFADevices" => error(asked, 403, "AccessDenied"),
            _ => account(asked, ""),
        };
        let scanned = scan(sdk(denied), "aws-global").await;
        let why = root(&scanned).virtual_mfa.get().unwrap_err();
        let missing = why.missing_permission.as_ref().unwrap();
        assert_eq!(missing.as_str(), "iam:ListVirtualMFADevices");
    }
}
