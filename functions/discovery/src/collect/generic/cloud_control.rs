//! Cloud Control's `ListResources`: one call for each type and page, within a budget. A type that is listed for
//! each thing that it belongs to waits for the list of those.

use std::{
    collections::BTreeMap,
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
use futures::{Stream, StreamExt, stream};
use miyabi_platform::error::denied;
use miyabi_types::{
    evidence::Unavailable,
    id::{Arn, IamAction},
};
use serde_json::json;
use tokio::time::Instant;

use super::{
    LIST_RESOURCES, Listed, Merge,
    catalogue::{CATALOGUE, Input, global},
    has_collector,
};
use crate::{call::Failure, scope::Scan};

/// Types that are asked for one after the other until one shows that the API is there.
const PROBES: usize = 3;

/// Pages that are read in a scope, and for how long new ones are asked for: a function's time is
/// 15 minutes, and an inventory must not take it from the collectors that checks depend on.
const PAGES: u32 = 2_000;
const TIME: Duration = Duration::from_mins(4);

/// Pages of one list: a thousand resources and more, so that one type cannot use up the budget.
const PAGES_OF_A_LIST: u32 = 50;

/// Types that are named where they could not be listed; the others are counted.
const NAMED: usize = 8;

/// What a handler says where something that the request names is not there.
const NOT_FOUND: &str = "ResourceNotFoundException";

type Error = SdkError<ListResourcesError, HttpResponse>;

/// What came of each type, and how many there are.
type Told = BTreeMap<String, (usize, Answer)>;

/// A list that is asked for.
struct Request {
    type_name: String,
    /// The property that its resources have so, where the type takes one.
    having: Option<(&'static str, String)>,
    /// What they belong to.
    parent: Option<Arn>,
    /// Whether it is for its own sake, or for what belongs to its resources.
    wanted: bool,
}

impl Request {
    const fn plain(type_name: String, wanted: bool) -> Self {
        Self { type_name, having: None, parent: None, wanted }
    }
}

/// A type that is listed for each resource of another.
struct Child {
    type_name: String,
    parent: &'static str,
    input: &'static Input,
}

/// What there is of a type that others belong to: identifiers, and ARNs as far as they are known.
#[derive(Default)]
struct Parents {
    /// Nothing before the type was asked for.
    answer: Option<Answer>,
    found: Vec<(String, Option<Arn>)>,
}

/// What came of asking for a list.
#[derive(Clone)]
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
    let (requests, children) = requests(scan);
    let mut parents: BTreeMap<&str, Parents> =
        children.iter().map(|child| (child.parent, Parents::default())).collect();
    let mut told = Told::new();
    let (first, rest) = probe(scan, budget, requests).await;
    let mut answers = pin!(stream::iter(first).chain(ask(scan, budget, rest)));
    while let Some((request, mut answer)) = answers.next().await {
        let items = answer.take();
        if let Some(parents) = parents.get_mut(request.type_name.as_str()) {
            parents.found.extend(items.iter().map(|item| {
                let arn = if request.wanted {
                    Some(merge.arn(&scan.place, item))
                } else {
                    merge.known_arn(item)
                };
                (item.identifier.clone(), arn)
            }));
            parents.answer = Some(answer.clone());
        }
        if request.wanted {
            add(&mut told, &request.type_name, items.len(), answer);
            scan.keep(LIST_RESOURCES, merge.listed(&scan.place, items, None)).await;
        }
    }
    let belonging = belonging(&children, &parents, &mut told);
    let mut answers = pin!(ask(scan, budget, belonging));
    while let Some((request, mut answer)) = answers.next().await {
        let items = answer.take();
        add(&mut told, &request.type_name, items.len(), answer);
        scan.keep(LIST_RESOURCES, merge.listed(&scan.place, items, request.parent.as_ref())).await;
    }
    record(scan, &told);
}

/// Asks for these lists, several at once, and answers in their order.
fn ask<'a>(
    scan: &'a Scan,
    budget: &'a Budget,
    requests: Vec<Request>,
) -> impl Stream<Item = (Request, Answer)> + 'a {
    let answers = stream::iter(requests).map(move |request| async move {
        let retry = RetryConfig::standard().with_max_attempts(4);
        let answer = list_one(scan, budget, &request, retry).await;
        let answer = answer.unwrap_or_else(|error| judge(&error));
        (request, answer)
    });
    answers.buffered(scan.lanes())
}

/// Asks for a few lists one after the other until one shows that the API is there; then the others are left to
/// be asked for.
async fn probe(
    scan: &Scan,
    budget: &Budget,
    requests: Vec<Request>,
) -> (Vec<(Request, Answer)>, Vec<Request>) {
    let mut requests = requests.into_iter();
    let mut answers = Vec::new();
    for request in requests.by_ref().take(PROBES) {
        match list_one(scan, budget, &request, RetryConfig::disabled()).await {
            // The last word on the API itself, which so far did not answer for any type.
            Err(error) if !is_of_the_type(&error) => answers.push((request, failed(&error))),
            answer => {
                answers.push((request, answer.unwrap_or_else(|error| judge(&error))));
                return (answers, requests.collect());
            }
        }
    }
    (answers, Vec::new())
}

/// The lists that can be asked for at once, and the types of which there is one for each thing that they belong
/// to. Such things that nobody wants to have listed are listed all the same.
fn requests(scan: &Scan) -> (Vec<Request>, Vec<Child>) {
    let (mut requests, mut children) = (Vec::new(), Vec::new());
    for type_name in types(scan) {
        let Some(input) = CATALOGUE.inputs.get(type_name.as_str()) else {
            requests.push(Request::plain(type_name, true));
            continue;
        };
        if let Some(parent) = input.parent {
            children.push(Child { type_name, parent, input });
            continue;
        }
        let choices = input.choices(scan.place.region.is_global());
        requests.extend(choices.iter().map(|value| Request {
            having: Some((input.property, (*value).to_owned())),
            ..Request::plain(type_name.clone(), true)
        }));
    }
    for Child { parent, .. } in &children {
        if !requests.iter().any(|request| request.type_name == *parent) {
            requests.push(Request::plain((*parent).to_owned(), false));
        }
    }
    (requests, children)
}

/// A list of each type for each thing that it belongs to. Where those are not known, it is not either.
fn belonging(
    children: &[Child],
    parents: &BTreeMap<&str, Parents>,
    told: &mut Told,
) -> Vec<Request> {
    let mut requests = Vec::new();
    for Child { type_name, parent, input } in children {
        let Parents { answer: Some(answer), found } = &parents[parent] else { continue };
        add(told, type_name, 0, answer.clone());
        requests.extend(found.iter().map(|(identifier, arn)| Request {
            having: Some((input.property, input.naming(identifier).to_owned())),
            parent: arn.clone(),
            ..Request::plain(type_name.clone(), true)
        }));
    }
    requests
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
    types.retain(|name| !has_collector(name) && CATALOGUE.is_in(name, is_global));
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
    /// Whether nothing is missing.
    const fn is_whole(&self) -> bool {
        matches!(self, Self::All(_) | Self::NotOffered)
    }

    /// Takes out what was listed.
    fn take(&mut self) -> Vec<Listed> {
        match self {
            Self::All(items) | Self::Cut(items) => std::mem::take(items),
            Self::NotOffered | Self::Failed(_) => Vec::new(),
        }
    }
}

async fn list_one(
    scan: &Scan,
    budget: &Budget,
    request: &Request,
    retry: RetryConfig,
) -> Result<Answer, Error> {
    let type_name = request.type_name.as_str();
    let mut config = Builder::from(scan.sdk()).retry_config(retry);
    if scan.place.region.is_global() {
        let home = scan.place.home();
        let elsewhere = global(type_name).filter(|_| home == "us-east-1");
        config = config.region(Region::new(elsewhere.unwrap_or(home)));
    }
    let client = Client::from_conf(config.build());
    let having = request.having.as_ref();
    let model = having.map(|(property, value)| json!({ *property: value }).to_string());
    let (mut items, mut token) = (Vec::new(), None);
    for _ in 0..PAGES_OF_A_LIST {
        if !budget.page() {
            return Ok(Answer::Cut(items));
        }
        let call = client.list_resources().type_name(type_name);
        let call = call.set_resource_model(model.clone()).set_next_token(token);
        let page = match call.send().await {
            // What it belongs to is gone since that was listed.
            Err(error) if model.is_some() && error.code_of_service() == Some(NOT_FOUND) => {
                return Ok(Answer::All(items));
            }
            page => page?,
        };
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
            | NOT_FOUND
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

/// Adds what came of a list to what is told of its type: the first thing that is missing of it counts.
fn add(told: &mut Told, type_name: &str, items: usize, answer: Answer) {
    let (count, so_far) =
        told.entry(type_name.to_owned()).or_insert_with(|| (0, Answer::All(Vec::new())));
    *count += items;
    if so_far.is_whole() {
        *so_far = answer;
    }
}

/// Notes what was and what was not listed, in one entry.
fn record(scan: &Scan, told: &Told) {
    let why = summary(told);
    for (items, answer) in told.values() {
        let missing = why.clone().filter(|_| !answer.is_whole());
        scan.record(LIST_RESOURCES, missing.map_or(Ok(*items), Err));
    }
}

/// Why not everything was listed, with the types that were not.
fn summary(answers: &Told) -> Option<Unavailable> {
    let missing: Vec<_> = answers
        .iter()
        .filter_map(|(type_name, (_, answer))| match answer {
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
