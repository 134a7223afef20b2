//! The account itself, with whether it has an alternate contact for security.

use aws_sdk_account::{Client, types::AlternateContactType};
use futures::FutureExt;
use miyabi_types::resource::{ResourceConfig, ResourceKind, Tags, account::Account};

use super::{Collected, Collector, Reach};
use crate::{call::Call, scope::Scan};

const CONTACT: Call = Call::adds("account:GetAlternateContact", &[ResourceKind::Account]);

/// Reads the account.
pub const COLLECTOR: Collector = Collector {
    service: "account",
    reach: Reach::Global,
    calls: &[CONTACT],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let call = Client::new(scan.sdk())
        .get_alternate_contact()
        .alternate_contact_type(AlternateContactType::Security)
        .send();
    let answer = scan.find(CONTACT, &["ResourceNotFoundException"], call).await;
    let there = answer.map(|it| it.is_some_and(|it| it.alternate_contact.is_some()));
    let place = &scan.place;
    let arn = place.global_arn("account", "account");
    let config = ResourceConfig::Account(Account { security: there.into() });
    vec![place.resource(arn, place.account.as_str(), Tags::new(), config)].into()
}

#[cfg(test)]
mod tests {
    use miyabi_types::evidence::Evidence;

    use super::*;
    use crate::testing::{
        aws::{empty, error, sdk},
        of_kind, scan,
    };

    #[tokio::test]
    async fn whether_there_is_a_security_contact_is_kept_and_who_it_is_is_not() {
        let contacts = async |status: u16| {
            let scanned = scan(
                sdk(move |asked| match (asked.service.as_str(), status) {
                    ("account", 200) => (
                        200,
                        br#"{"AlternateContact":{"Name":"Ada","EmailAddress":"ada@example.com"}}"#
                            .into(),
                    ),
                    ("account", 404) => error(asked, 404, "ResourceNotFoundException"),
                    ("account", status) => error(asked, status, "AccessDeniedException"),
                    _ => empty(asked),
                }),
                "aws-global",
            )
            .await;
            assert!(!serde_json::to_string(&scanned.lines).unwrap().contains("ada@example.com"));
            match &of_kind(&scanned, ResourceKind::Account)[0].config {
                ResourceConfig::Account(account) => account.security.clone(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(contacts(200).await, Evidence::Known(true));
        assert_eq!(contacts(404).await, Evidence::Known(false));
        assert!(contacts(403).await.known().is_none(), "the account is there all the same");
    }
}
