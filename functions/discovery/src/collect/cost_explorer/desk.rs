//! Where questions are put to Cost Explorer: what was answered today is not asked again, and what the budget
//! does not allow is not asked at all.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_sdk_costexplorer::{
    Client,
    error::SdkError,
    types::{Dimension, DimensionValues, Expression},
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::{Span, civil::Date, tz::TimeZone};
use miyabi_types::evidence::{Evidence, Unavailable};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    call::{Call, Failure},
    counting::Allowance,
    kept::{Answers, Given},
    scope::Scan,
};

/// What Cost Explorer answers where it has nothing, for example of Savings Plans to an account without any.
const NOTHING_THERE: &str = "DataUnavailableException";

/// One scope's access to Cost Explorer.
pub(super) struct Desk<'a> {
    pub(super) client: Client,
    /// The day that it is (UTC).
    pub(super) today: Date,
    scan: &'a Scan,
    allowance: Allowance,
    answers: Mutex<Answers>,
    saving: tokio::sync::Mutex<()>,
}

/// A question whose place in the queue is taken: turns are taken in the order of their value.
pub(super) struct Turn {
    call: Call,
    question: String,
    kept: Option<Given>,
    allowed: bool,
}

impl<'a> Desk<'a> {
    pub(super) async fn open(scan: &'a Scan) -> Self {
        // Nothing is paid for, and nothing kept, of what would turn out to be another account.
        scan.entitled().await;
        let today = scan.now.to_zoned(TimeZone::UTC).date();
        let answers = scan.kept().answers(&scan.place.account, today).await;
        let budget = u64::from(scan.settings.cost_explorer_requests_each());
        Self {
            client: Client::new(scan.billed_sdk()),
            today,
            scan,
            allowance: Allowance::of(budget.saturating_sub(answers.requests)),
            answers: Mutex::new(answers),
            saving: tokio::sync::Mutex::default(),
        }
    }

    /// The day so long ago.
    pub(super) fn ago(&self, span: Span) -> Date {
        self.today.saturating_sub(span)
    }

    /// Whether what is told of `account` is told of this one; an account that pays for others is told of
    /// theirs too, and they of themselves.
    pub(super) fn is_own(&self, account: Option<&str>) -> bool {
        account.is_none_or(|account| account == self.scan.place.account.as_str())
    }

    /// Leaves what is of this account: an account that pays for others is told of theirs too, and they of
    /// themselves.
    pub(super) fn own(&self) -> Expression {
        only(Dimension::LinkedAccount, self.scan.place.account.as_str())
    }

    /// Takes the next turn for a question.
    pub(super) fn turn(&self, call: Call, question: impl Into<String>) -> Turn {
        let question = question.into();
        let kept = self.answers().given.get(&question).cloned();
        let allowed = kept.is_none() && self.allowance.take(1);
        Turn { call, question, kept, allowed }
    }

    /// Puts a question, page by page: `ask` sends the request for a page, `take` takes items and the next
    /// page's token out of it, and `understand` makes the answer of all items.
    pub(super) async fn ask<T, I, Page, E, F>(
        &self,
        turn: Turn,
        mut ask: impl FnMut(Option<String>) -> F,
        take: impl Fn(Page) -> (Vec<I>, Option<String>),
        understand: impl FnOnce(Vec<I>) -> Result<T, Unavailable>,
    ) -> Evidence<T>
    where
        T: Serialize + DeserializeOwned,
        E: ProvideErrorMetadata + std::error::Error + std::fmt::Debug + 'static,
        F: Future<Output = Result<Page, SdkError<E, HttpResponse>>>,
    {
        if let Some(Given { items, answer }) = turn.kept {
            self.scan.record(turn.call, Ok(items));
            return answer.map(serde_json::from_value).into_known();
        }
        let items = self.pages(turn.call, turn.allowed, &mut ask, &take).await;
        self.scan.record(turn.call, items.as_ref().map_err(Clone::clone).map(Vec::len));
        let answer = items.map(|items| (items.len(), Evidence::from(understand(items))));
        if let Ok((items, answer)) = &answer {
            self.remember(turn.question, *items, answer);
        }
        self.save().await;
        match answer {
            Ok((_, answer)) => answer,
            Err(why) => Evidence::Unavailable(why),
        }
    }

    async fn pages<I, Page, E, F>(
        &self,
        call: Call,
        mut allowed: bool,
        ask: &mut impl FnMut(Option<String>) -> F,
        take: &impl Fn(Page) -> (Vec<I>, Option<String>),
    ) -> Result<Vec<I>, Unavailable>
    where
        E: ProvideErrorMetadata + std::error::Error + std::fmt::Debug + 'static,
        F: Future<Output = Result<Page, SdkError<E, HttpResponse>>>,
    {
        let (mut all, mut token) = (Vec::new(), None);
        loop {
            if !allowed {
                return Err(self.used_up());
            }
            self.answers().requests += 1;
            let page = match ask(token).await {
                Ok(page) => page,
                Err(error) if Failure::code(&error) == Some(NOTHING_THERE) => return Ok(all),
                Err(error) => return Err(error.unavailable(&call.api())),
            };
            let (items, next) = take(page);
            all.extend(items);
            match next.filter(|next| !next.is_empty()) {
                Some(next) => token = Some(next),
                None => return Ok(all),
            }
            allowed = self.allowance.take(1);
        }
    }

    fn used_up(&self) -> Unavailable {
        Unavailable::because(format!(
            "the account's share of the budget, {} Cost Explorer requests a day, is used up (setting \
             reading_budget.cost_explorer_requests)",
            self.scan.settings.cost_explorer_requests_each()
        ))
    }

    fn remember<T: Serialize>(&self, question: String, items: usize, answer: &Evidence<T>) {
        let value = match answer {
            Evidence::Known(answer) => match serde_json::to_value(answer) {
                Ok(value) => Evidence::Known(value),
                Err(_) => return,
            },
            Evidence::Unavailable(why) => Evidence::Unavailable(why.clone()),
        };
        self.answers().given.insert(question, Given { items, answer: value });
    }

    /// One after the other, so that the last one stored is the fullest.
    async fn save(&self) {
        if !self.scan.kept().is_stored() {
            return;
        }
        let _alone = self.saving.lock().await;
        let answers = self.answers().clone();
        self.scan.kept().keep(&self.scan.place.account, &answers).await;
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves what has this value.
pub(super) fn only(dimension: Dimension, value: &str) -> Expression {
    let values = DimensionValues::builder().key(dimension).values(value).build();
    Expression::builder().dimensions(values).build()
}

/// An answer that was kept in another shape than today's is not known.
trait IntoKnown<T> {
    fn into_known(self) -> Evidence<T>;
}

impl<T> IntoKnown<T> for Evidence<Result<T, serde_json::Error>> {
    fn into_known(self) -> Evidence<T> {
        match self {
            Self::Known(Ok(answer)) => Evidence::Known(answer),
            Self::Known(Err(error)) => {
                Evidence::unavailable(format!("what was answered today cannot be read: {error}"))
            }
            Self::Unavailable(why) => Evidence::Unavailable(why),
        }
    }
}
