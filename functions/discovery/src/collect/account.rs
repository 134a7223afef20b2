//! The account's alternate contact for security.

use aws_sdk_account::{Client, types::AlternateContactType};
use futures::FutureExt;
use miyabi_types::resource::{
    ResourceConfig, ResourceKind::AccountContacts, Tags, account::Contacts,
};

use super::{Collected, Collector, Reach};
use crate::{call::Call, scope::Scan};

const CONTACT: Call = Call::lists("account:GetAlternateContact", &[AccountContacts]);

/// Reads the account's contacts.
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
    let Ok(answer) = scan.find(CONTACT, &["ResourceNotFoundException"], call).await else {
        return Collected::default();
    };
    let security = answer.is_some_and(|answer| answer.alternate_contact.is_some());
    let place = &scan.place;
    let arn = place.global_arn("account", "contacts");
    let config = ResourceConfig::AccountContacts(Contacts { security });
    vec![place.resource(arn, place.account.as_str(), Tags::new(), config)].into()
}

#[cfg(test)]
mod tests {

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
                    ("account", status) => error(asked, status, "ResourceNotFoundException"),
                    _ => empty(asked),
                }),
                "aws-global",
            )
            .await;
            assert!(!serde_json::to_string(&scanned.lines).unwrap().contains("ada@example.com"));
            match &of_kind(&scanned, AccountContacts)[0].config {
                ResourceConfig::AccountContacts(contacts) => contacts.security,
                other => panic!("{other:?}"),
            }
        };
        assert!(contacts(200).await);
        assert!(!contacts(404).await);
    }
}
