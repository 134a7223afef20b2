//! Cloud Control's `ListResources`: one call for each type and page, within a budget.

use std::{
    fmt::Write,
    pin::pin,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use aws_sdk_cloudcontrol::{
    Client,
    config::{Builder, retry::RetryConfig},
    error::ProvideErrorMetadata,
    operation::list_resources::ListResourcesError,
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_types::region::Region;
use futures::{StreamExt, stream};
use miyabi_platform::error::denied;
use miyabi_types::{evidence::Unavailable, id::IamAction};
use tokio::time::Instant;

use super::{
    LIST_RESOURCES, Listed, Merge,
    catalogue::{CATALOGUE, global},
    has_collector,
};
use crate::{call::Failure, scope::Scan};

/// Types that are asked for one after the other until one shows that the API is there.
const PROBES: usize = 3;

/// Pages that are read in a scope, and for how long new ones are asked for: a function's time is
/// 15 minutes, and an inventory must not take it from the collectors that checks depend on.
const PAGES: u32 = 2_000;
const TIME: Duration = Duration::from_mins(4);

/// Pages of one type: a thousand resources and more, so that one type cannot use up the budget.
const PAGES_OF_A_TYPE: u32 = 50;

/// Types that are named where they could not be listed; the others are counted.
const NAMED: usize = 8;

type Error = SdkError<ListResourcesError, HttpResponse>;

type Told = (String, usize, Answer);

/// What came of listing a type.
enum Answer {
    /// Everything of it.
    All(Vec<Listed>),
    /// The first pages; the budget is used up.
    Cut(Vec<Listed>),
    /// The region does not offer it.
    NotOffered,
    /// Nothing, for this reason.
    Failed(Unavailable),
}

/// Lists every type of the scope. What there is of one is kept before the next one's is.
pub async fn list(scan: &Scan, merge: &mut Merge) {
    let budget = &Budget { pages: AtomicU32::new(PAGES), until: Instant::now() + TIME };
    let (first, rest) = probe(scan, budget, types(scan)).await;
    let rest = stream::iter(rest).map(|type_name: String| async move {
        let retry = RetryConfig::standard().with_max_attempts(4);
        let answer = list_type(scan, budget, &type_name, retry).await;
        (type_name, answer.unwrap_or_else(|error| judge(&error)))
    });
    let mut answers = pin!(stream::iter(first).chain(rest.buffered(scan.lanes())));
    let mut told = Vec::new();
    while let Some((type_name, mut answer)) = answers.next().await {
        let items = answer.take();
        told.push((type_name, items.len(), answer));
        scan.keep(LIST_RESOURCES, merge.listed(&scan.place, items)).await;
    }
    record(scan, &told);
}

/// Asks for a few types one after the other until one shows that the API is there; then the others are
/// left to be asked for.
async fn probe(
    scan: &Scan,
    budget: &Budget,
    types: Vec<String>,
) -> (Vec<(String, Answer)>, Vec<String>) {
    let mut types = types.into_iter();
    let mut answers = Vec::new();
    for type_name in types.by_ref().take(PROBES) {
        match list_type(scan, budget, &type_name, RetryConfig::disabled()).await {
            // The last word on the API itself, which so far did not answer for any type.
            Err(error) if !is_of_the_type(&error) => answers.push((type_name, failed(&error))),
            answer => {
                answers.push((type_name, answer.unwrap_or_else(|error| judge(&error))));
                return (answers, types.collect());
            }
        }
    }
    (answers, Vec::new())
}

/// The types of the scope: those of the settings, `*` for those of the catalogue, without those that
/// a collector of their own reads.
fn types(scan: &Scan) -> Vec<String> {
    let is_global = scan.place.region.is_global();
    let mut types = scan.settings.generic_types.clone();
    if types.iter().any(|name| name == "*") {
        types.extend(CATALOGUE.types.keys().map(|name| (*name).to_owned()));
    }
    types.retain(|name| name != "*");
    types.retain(|name| !has_collector(name) && global(name).is_some() == is_global);
    types.sort();
    types.dedup();
    types
}

/// What may still be read.
struct Budget {
    pages: AtomicU32,
    until: Instant,
}

impl Budget {
    /// Takes a page from it, if there is one left.
    fn page(&self) -> bool {
        let left = |pages: u32| pages.checked_sub(1);
        Instant::now() < self.until
            && self.pages.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
    }
}

impl Answer {
    /// Takes out what was listed.
    fn take(&mut self) -> Vec<Listed> {
        match self {
            Self::All(items) | Self::Cut(items) => std::mem::take(items),
            Self::NotOffered | Self::Failed(_) => Vec::new(),
        }
    }
}

async fn list_type(
    scan: &Scan,
    budget: &Budget,
    type_name: &str,
    retry: RetryConfig,
) -> Result<Answer, Error> {
    let mut config = Builder::from(scan.sdk()).retry_config(retry);
    if scan.place.region.is_global() {
        let home = scan.place.home();
        let elsewhere = global(type_name).filter(|_| home == "us-east-1");
        config = config.region(Region::new(elsewhere.unwrap_or(home)));
    }
    let client = Client::from_conf(config.build());
    let (mut items, mut token) = (Vec::new(), None);
    for _ in 0..PAGES_OF_A_TYPE {
        if !budget.page() {
            return Ok(Answer::Cut(items));
        }
        let call = client.list_resources().type_name(type_name).set_next_token(token);
        let page = call.send().await?;
        let descriptions = page.resource_descriptions.unwrap_or_default();
        items.extend(descriptions.into_iter().filter_map(|description| {
            let properties = description.properties.as_deref();
            Some(Listed {
                type_name: type_name.to_owned(),
                identifier: description.identifier.clone()?,
                properties: properties.and_then(|text| serde_json::from_str(text).ok()),
            })
        }));
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(Answer::All(items));
        }
    }
    Ok(Answer::Cut(items))
}

fn judge(error: &Error) -> Answer {
    match error.code_of_service() {
        Some("TypeNotFoundException" | "UnsupportedActionException") => Answer::NotOffered,
        _ => failed(error),
    }
}

fn failed(error: &Error) -> Answer {
    let why = Failure::unavailable(error, &LIST_RESOURCES.api());
    // Cloud Control calls the type's service as the caller, who may lack that service's action.
    let action = denied_action(error).filter(|_| why.missing_permission.is_some());
    let denied = |action| denied(action, error.as_service_error());
    Answer::Failed(action.map_or(why, denied))
}

/// Whether an error is about the type alone, so that others may well be listed.
fn is_of_the_type(error: &Error) -> bool {
    match error.code_of_service() {
        Some(
            "GeneralServiceException"
            | "HandlerFailureException"
            | "HandlerInternalFailureException"
            | "InvalidRequestException"
            | "NetworkFailureException"
            | "NotStabilizedException"
            | "PrivateTypeException"
            | "ResourceNotFoundException"
            | "ServiceInternalErrorException"
            | "ServiceLimitExceededException"
            | "ThrottlingException"
            | "TypeNotFoundException"
            | "UnsupportedActionException",
        ) => true,
        _ => denied_action(error).is_some_and(|action| action != LIST_RESOURCES.api()),
    }
}

/// The action that a refusal names: "… is not authorized to perform: batch:DescribeJobQueues on …".
fn denied_action(error: &Error) -> Option<IamAction> {
    let message = error.as_service_error()?.message()?;
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    let action = rest.split(|c: char| c.is_whitespace() || c == ',').next()?;
    IamAction::parse(action.trim_end_matches('.')).ok()
}

trait Code {
    fn code_of_service(&self) -> Option<&str>;
}

impl Code for Error {
    fn code_of_service(&self) -> Option<&str> {
        self.as_service_error().and_then(ProvideErrorMetadata::code)
    }
}

/// Notes what was and what was not listed, in one entry.
fn record(scan: &Scan, told: &[Told]) {
    let why = summary(told);
    for (_, items, answer) in told {
        let complete = matches!(answer, Answer::All(_) | Answer::NotOffered);
        let missing = why.clone().filter(|_| !complete);
        scan.record(LIST_RESOURCES, missing.map_or(Ok(*items), Err));
    }
}

/// Why not everything was listed, with the types that were not.
fn summary(answers: &[Told]) -> Option<Unavailable> {
    let missing: Vec<_> = answers
        .iter()
        .filter_map(|(type_name, _, answer)| match answer {
            Answer::Cut(_) => Some((type_name, Unavailable::because("the budget is used up"))),
            Answer::Failed(why) => Some((type_name, why.clone())),
            Answer::All(_) | Answer::NotOffered => None,
        })
        .collect();
    let (_, first) = missing.first()?;
    // The same for every type, so the API itself.
    if missing.len() == answers.len() && missing.iter().all(|(_, why)| why == first) {
        return Some(first.clone());
    }
    let mut reason = "could not list ".to_owned();
    for (index, (type_name, why)) in missing.iter().take(NAMED).enumerate() {
        let separator = if index == 0 { "" } else { "; " };
        let permission = why.missing_permission.as_ref();
        let permission = permission.map(|action| format!(" to {action}")).unwrap_or_default();
        let _ = write!(reason, "{separator}{type_name} ({}{permission})", why.reason);
    }
    if let Some(more) = missing.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = write!(reason, "; and {more} more");
    }
    let permission = missing.iter().find_map(|(_, why)| why.missing_permission.clone());
    Some(Unavailable { reason, missing_permission: permission })
}
