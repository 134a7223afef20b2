//! The credential report: what every user signs in with.
//!
//! AWS makes it on request, in the background, and keeps it for four hours.
//! Format: IAM User Guide, "Generate credential reports for your AWS account".

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_iam::{
    Client, config::AsyncSleep, error::SdkError,
    operation::generate_credential_report::GenerateCredentialReportError, types::ReportStateType,
};
use jiff::Timestamp;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    resource::iam::{AccessKey, Credentials},
};
use serde::Deserialize;

use crate::{
    call::{Call, Failure},
    collect::timestamp,
    scope::Scan,
};

/// Asks AWS to make the report; nothing of the account changes.
pub const GENERATE: Call = Call::details("iam:GenerateCredentialReport");
pub const GET: Call = Call::details("iam:GetCredentialReport");

/// How often a report that is being made is asked for, and how long to wait between: 30 s in all.
const TRIES: u32 = 15;
const PAUSE: Duration = Duration::from_secs(2);

/// How the report names the root user.
const ROOT: &str = "<root_account>";

/// The report, or why there is none.
pub struct Report(Result<Rows, Unavailable>);

#[derive(Debug, Default)]
struct Rows {
    of_users: BTreeMap<String, Credentials>,
    made_at: Option<Timestamp>,
}

impl Report {
    /// What a user signs in with.
    pub fn of(&self, user: &str) -> Evidence<Credentials> {
        let rows = match &self.0 {
            Ok(rows) => rows,
            Err(why) => return Evidence::Unavailable(why.clone()),
        };
        rows.of_users.get(user).cloned().map_or_else(
            || {
                let made = rows.made_at.map(|time| format!(" of {time}")).unwrap_or_default();
                Evidence::unavailable(format!("not in the credential report{made}"))
            },
            Evidence::Known,
        )
    }

    /// What the root user signs in with.
    pub fn of_root(&self) -> Evidence<Credentials> {
        self.of(ROOT)
    }
}

/// Has the report made, and reads it.
pub async fn read(scan: &Scan, client: &Client) -> Report {
    let made = generate(scan, client).await;
    let outcome = made.as_ref().map(|()| 1).map_err(Clone::clone);
    scan.record(GENERATE, outcome);
    // Without the permission to have one made there may still be one that somebody else had made.
    let report = match &made {
        Err(why) if why.missing_permission.is_none() => Err(why.clone()),
        _ => get(scan, client).await,
    };
    Report(report)
}

async fn generate(scan: &Scan, client: &Client) -> Result<(), Unavailable> {
    for _ in 0..TRIES {
        match client.generate_credential_report().send().await {
            Ok(answer) if answer.state() == Some(&ReportStateType::Complete) => return Ok(()),
            Ok(_) => pause(scan).await,
            Err(error) => return Err(unavailable(&error)),
        }
    }
    let waited = PAUSE.as_secs() * u64::from(TRIES);
    Err(Unavailable::because(format!("the credential report was not ready after {waited} s")))
}

fn unavailable(error: &SdkError<GenerateCredentialReportError>) -> Unavailable {
    error.unavailable(&GENERATE.api())
}

async fn pause(scan: &Scan) {
    if let Some(sleep) = scan.sdk().sleep_impl() {
        sleep.sleep(PAUSE).await;
    }
}

async fn get(scan: &Scan, client: &Client) -> Result<Rows, Unavailable> {
    let answer = scan.read(GET, client.get_credential_report().send()).await?;
    let made_at = timestamp(answer.generated_time());
    let content = answer.content.map(aws_smithy_types::Blob::into_inner).unwrap_or_default();
    let of_users = parse(&content, made_at).map_err(|error| {
        Unavailable::because(format!("the credential report is no CSV: {error}"))
    })?;
    Ok(Rows { of_users, made_at })
}

fn parse(
    content: &[u8],
    made_at: Option<Timestamp>,
) -> Result<BTreeMap<String, Credentials>, csv::Error> {
    let rows = csv::Reader::from_reader(content).into_deserialize::<Row>();
    let credentials = |row: Row| (row.user.clone(), row.credentials(made_at));
    rows.map(|row| row.map(credentials)).collect()
}

/// A row of the report. A fact is `true`, `false` or a time, or else one of several words for not
/// being there: `N/A`, `no_information`, `not_supported`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row {
    user: String,
    password_enabled: String,
    password_last_used: String,
    password_last_changed: String,
    mfa_active: String,
    access_key_1_active: String,
    access_key_1_last_rotated: String,
    access_key_1_last_used_date: String,
    access_key_1_last_used_service: String,
    access_key_2_active: String,
    access_key_2_last_rotated: String,
    access_key_2_last_used_date: String,
    access_key_2_last_used_service: String,
    cert_1_active: String,
    cert_2_active: String,
}

impl Row {
    fn credentials(self, reported_at: Option<Timestamp>) -> Credentials {
        let first = access_key(
            1,
            &self.access_key_1_active,
            &self.access_key_1_last_rotated,
            &self.access_key_1_last_used_date,
            &self.access_key_1_last_used_service,
        );
        let second = access_key(
            2,
            &self.access_key_2_active,
            &self.access_key_2_last_rotated,
            &self.access_key_2_last_used_date,
            &self.access_key_2_last_used_service,
        );
        Credentials {
            password_enabled: flag(&self.password_enabled),
            password_used_at: time(&self.password_last_used),
            password_changed_at: time(&self.password_last_changed),
            mfa_active: flag(&self.mfa_active).unwrap_or(false),
            access_keys: [first, second].into_iter().flatten().collect(),
            active_certificates: [&self.cert_1_active, &self.cert_2_active]
                .into_iter()
                .map(|active| u32::from(flag(active).unwrap_or(false)))
                .sum(),
            reported_at,
        }
    }
}

/// A key that was never created is inactive and was never rotated.
fn access_key(slot: u8, active: &str, rotated: &str, used: &str, with: &str) -> Option<AccessKey> {
    let (active, rotated_at) = (flag(active).unwrap_or(false), time(rotated));
    let used_with = Some(with).filter(|with| !with.is_empty() && *with != "N/A");
    (active || rotated_at.is_some()).then(|| AccessKey {
        slot,
        active,
        rotated_at,
        used_at: time(used),
        used_with: used_with.map(str::to_owned),
    })
}

fn flag(text: &str) -> Option<bool> {
    // Written in lower case, but by some in upper case.
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use miyabi_types::resource::{ResourceConfig, ResourceKind, iam::User};

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, error, once, sdk},
        coverage, of_kind, scan,
    };

    const CSV: &str = "user,arn,user_creation_time,password_enabled,password_last_used,\
        password_last_changed,password_next_rotation,mfa_active,access_key_1_active,\
        access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
        access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
        cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n\
        <root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00+00:00,not_supported,\
        2026-02-01T08:00:00+00:00,not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,\
        N/A,N/A,N/A,false,N/A,false,N/A\n\
        ada,arn:aws:iam::123456789012:user/ada,2024-01-01T00:00:00+00:00,true,no_information,\
        2024-01-01T00:00:00+00:00,N/A,false,true,2024-02-01T00:00:00+00:00,\
        2026-02-20T10:00:00+00:00,us-east-1,s3,false,2023-01-01T00:00:00+00:00,N/A,N/A,N/A,true,\
        2024-01-01T00:00:00+00:00,false,N/A\n";

    #[test]
    fn words_for_nothing_are_nothing() {
        let rows = parse(CSV.as_bytes(), None).unwrap();
        let root = &rows[ROOT];
        assert_eq!((root.password_enabled, root.mfa_active), (None, true));
        assert_eq!(root.password_used_at.unwrap().to_string(), "2026-02-01T08:00:00Z");
        assert_eq!(root.access_keys, []);
        let ada = &rows["ada"];
        assert_eq!((ada.password_enabled, ada.mfa_active), (Some(true), false));
        assert_eq!((ada.password_used_at, ada.active_certificates), (None, 1));
        let [first, second] = &ada.access_keys[..] else { panic!("{ada:?}") };
        assert_eq!((first.slot, first.active, first.used_with.as_deref()), (1, true, Some("s3")));
        assert_eq!(first.used_at.unwrap().to_string(), "2026-02-20T10:00:00Z");
        assert_eq!((second.slot, second.active, second.used_at), (2, false, None));
        assert_eq!(second.rotated_at.unwrap().to_string(), "2023-01-01T00:00:00Z");
    }

    /// An account with two users, one of them younger than the report.
    fn account(asked: &Asked) -> Answer {
        let body = match asked.operation.as_str() {
            "GetAccountAuthorizationDetails" => {
                let member = |name: &str| format!("<member><UserName>{name}</UserName></member>");
                format!("<UserDetailList>{}{}</UserDetailList>", member("ada"), member("new"))
            }
            "GetCredentialReport" => {
                let content = aws_smithy_types::base64::encode(CSV);
                format!(
                    "<Content>{content}</Content><GeneratedTime>2026-03-01T10:00:00Z</GeneratedTime>"
                )
            }
            _ => return empty(asked),
        };
        let operation = &asked.operation;
        let body = format!(
            "<{operation}Response><{operation}Result>{body}</{operation}Result></{operation}Response>"
        );
        (200, body.into_bytes())
    }

    async fn users(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> [User; 2] {
        let scanned = scan(sdk(answer), "aws-global").await;
        let users = of_kind(&scanned, ResourceKind::IamUser).into_iter();
        let users = users.map(|resource| match &resource.config {
            ResourceConfig::IamUser(user) => user.clone(),
            other => panic!("{other:?}"),
        });
        users.collect::<Vec<_>>().try_into().unwrap()
    }

    #[tokio::test]
    async fn a_report_that_is_being_made_is_waited_for() {
        let first = once();
        let [ada, new] = users(move |asked| match asked.operation.as_str() {
            "GenerateCredentialReport" if first() => {
                let body = "<GenerateCredentialReportResponse><GenerateCredentialReportResult>\
                    <State>STARTED</State></GenerateCredentialReportResult>\
                    </GenerateCredentialReportResponse>";
                (200, body.into())
            }
            _ => account(asked),
        })
        .await;
        let ada = ada.credentials.known().unwrap();
        assert_eq!(ada.password_enabled, Some(true));
        assert_eq!(ada.reported_at.unwrap().to_string(), "2026-03-01T10:00:00Z");
        let why = new.credentials.get().unwrap_err();
        assert_eq!(why.reason, "not in the credential report of 2026-03-01T10:00:00Z");
    }

    #[tokio::test]
    async fn a_report_that_is_never_ready_is_given_up() {
        let scanned = scan(
            sdk(|asked| match asked.operation.as_str() {
                "GenerateCredentialReport" => {
                    let body = "<GenerateCredentialReportResponse>\
                        <GenerateCredentialReportResult><State>INPROGRESS</State>\
                        </GenerateCredentialReportResult></GenerateCredentialReportResponse>";
                    (200, body.into())
                }
                "GetCredentialReport" => error(asked, 404, "ReportInProgress"),
                _ => account(asked),
            }),
            "aws-global",
        )
        .await;
        let why = coverage(&scanned, "iam:GenerateCredentialReport").get().unwrap_err();
        assert_eq!(why.reason, "the credential report was not ready after 30 s");
    }

    #[tokio::test]
    async fn a_report_that_somebody_else_had_made_is_read_without_the_permission_to_have_one_made()
    {
        let [ada, _] = users(|asked| match asked.operation.as_str() {
            "GenerateCredentialReport" => error(asked, 403, "AccessDenied"),
            _ => account(asked),
        })
        .await;
        assert!(ada.credentials.known().is_some());
        let [ada, _] = users(|asked| match asked.operation.as_str() {
            "GenerateCredentialReport" | "GetCredentialReport" => error(asked, 403, "AccessDenied"),
            _ => account(asked),
        })
        .await;
        let why = ada.credentials.get().unwrap_err().missing_permission.as_ref().unwrap();
        assert_eq!(why.as_str(), "iam:GetCredentialReport");
    }
}
