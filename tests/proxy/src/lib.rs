//! A proxy in front of the emulators that makes them look like AWS: always equally far away, quick however
//! many things there are, and refusing who asks too often.
//!
//! Every answer is asked of an emulator once and kept, by what the request asks for and not by when and by
//! whom. So what is measured behind it is the client, and two clients see the same account.

mod answer;
mod asked;
mod limit;
pub mod written;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Result;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    http::request::Parts,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::{answer::Answer, asked::Asked, limit::Limit, written::Written};

/// Which emulator serves what.
#[derive(Debug, Clone, Default)]
pub struct Upstreams {
    /// The endpoint of every service that is not named.
    pub rest: String,
    /// Endpoints by service, as requests are signed for it: `ec2`, `ce` …
    pub services: BTreeMap<String, String>,
    /// Answers that nobody is asked for.
    pub written: Vec<Written>,
}

impl Upstreams {
    fn of(&self, service: &str) -> &str {
        self.services.get(service).unwrap_or(&self.rest)
    }
}

/// What the proxy makes of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Milliseconds that every answer takes.
    pub delay_ms: u64,
    /// Calls of one service that are answered within any second; more are refused. Absent means all.
    pub per_second: Option<usize>,
}

/// What was asked since the rules were set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Calls by service, refused ones included.
    pub calls: BTreeMap<String, u64>,
    /// Refused calls by service.
    pub refused: BTreeMap<String, u64>,
    /// Calls that an emulator had to answer, because nobody had asked that before.
    pub forwarded: u64,
    /// What an emulator failed to answer, so that the next who asks it is forwarded too.
    pub failed: BTreeMap<String, u64>,
}

impl Counts {
    /// All calls.
    pub fn total(&self) -> u64 {
        self.calls.values().sum()
    }
}

/// What Tokio's timer adds in the mean: it counts milliseconds, and ends none too early.
const TIMER: Duration = Duration::from_millis(1);

struct Inner {
    upstreams: Upstreams,
    http: reqwest::Client,
    kept: Mutex<HashMap<Asked, Answer>>,
    state: Mutex<Ruled>,
}

#[derive(Default)]
struct Ruled {
    rules: Rules,
    counts: Counts,
    limits: HashMap<String, Limit>,
}

/// A running proxy. It stops with the runtime that it was started in.
#[derive(Clone)]
pub struct Proxy {
    inner: Arc<Inner>,
    endpoint: String,
}

impl Proxy {
    /// Starts one on a free port.
    pub async fn start(upstreams: Upstreams) -> Result<Self> {
        // reqwest wants a TLS provider even for plain HTTP; a second installation is refused and harmless.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let inner = Arc::new(Inner {
            upstreams,
            http: reqwest::Client::builder().timeout(Duration::from_mins(2)).build()?,
            kept: Mutex::default(),
            state: Mutex::default(),
        });
        tokio::spawn(accept(listener, Arc::clone(&inner)));
        Ok(Self { inner, endpoint })
    }

    /// Where it answers, as an AWS endpoint.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Sets rules and begins to count anew.
    pub fn rule(&self, rules: Rules) {
        self.inner.rule(rules);
    }

    /// What was asked since.
    pub fn counts(&self) -> Counts {
        lock(&self.inner.state).counts.clone()
    }
}

impl Inner {
    fn rule(&self, rules: Rules) {
        *lock(&self.state) = Ruled { rules, ..Ruled::default() };
    }

    /// Counts a call; tells how long its answer takes and whether it is refused.
    fn admit(&self, service: &str) -> (Duration, bool) {
        let state = &mut *lock(&self.state);
        *state.counts.calls.entry(service.to_owned()).or_default() += 1;
        let admitted = state.rules.per_second.is_none_or(|most| {
            state.limits.entry(service.to_owned()).or_default().admits(most, Instant::now())
        });
        if !admitted {
            *state.counts.refused.entry(service.to_owned()).or_default() += 1;
        }
        (Duration::from_millis(state.rules.delay_ms), !admitted)
    }

    async fn answer(&self, asked: Asked, request: answer::Forward) -> Result<Answer> {
        if let Some(answer) = lock(&self.kept).get(&asked) {
            return Ok(answer.clone());
        }
        let written = self.upstreams.written.iter().find(|one| one.answers(&asked));
        let answer = if let Some(written) = written {
            written.answer(&asked)?
        } else {
            lock(&self.state).counts.forwarded += 1;
            request.send(&self.http, self.upstreams.of(&asked.service)).await?
        };
        if written.is_some() || answer.is_kept() {
            lock(&self.kept).insert(asked, answer.clone());
        } else {
            *lock(&self.state).counts.failed.entry(asked.to_string()).or_default() += 1;
        }
        Ok(answer)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves each connection by itself: a router and its layers would take their share of the cores with every call.
async fn accept(listener: TcpListener, inner: Arc<Inner>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, until others end.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let inner = Arc::clone(&inner);
        tokio::spawn(async move {
            let service = service_fn(|request| route(Arc::clone(&inner), request));
            // A client may leave whenever it likes.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn route(
    inner: Arc<Inner>,
    request: Request<Incoming>,
) -> hyper::Result<Response<Full<Bytes>>> {
    let begun = tokio::time::Instant::now();
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(match parts.uri.path() {
        "/_proxy/rules" => set_rules(&inner, &body),
        "/_proxy/counts" => tell_counts(&inner),
        _ => serve(&inner, parts, body, begun).await,
    })
}

fn set_rules(inner: &Inner, rules: &[u8]) -> Response<Full<Bytes>> {
    match serde_json::from_slice(rules) {
        Ok(rules) => {
            inner.rule(rules);
            response(StatusCode::NO_CONTENT, Bytes::new())
        }
        Err(error) => response(StatusCode::BAD_REQUEST, error.to_string()),
    }
}

fn tell_counts(inner: &Inner) -> Response<Full<Bytes>> {
    let counts = lock(&inner.state).counts.clone();
    match serde_json::to_vec(&counts) {
        Ok(counts) => response(StatusCode::OK, counts),
        Err(error) => response(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

fn response(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response
}

async fn serve(
    inner: &Inner,
    parts: Parts,
    body: Bytes,
    begun: tokio::time::Instant,
) -> Response<Full<Bytes>> {
    match answer_one(inner, parts, body).await {
        Ok((delay, answer)) => {
            // Even a sleep that is over takes a millisecond.
            if !delay.is_zero() {
                tokio::time::sleep_until(begun + delay.saturating_sub(TIMER)).await;
            }
            answer.into()
        }
        Err(error) => response(StatusCode::BAD_GATEWAY, format!("{error:#}")),
    }
}

async fn answer_one(inner: &Inner, parts: Parts, body: Bytes) -> Result<(Duration, Answer)> {
    let asked = Asked::read(&parts, &body);
    let (delay, refused) = inner.admit(&asked.service);
    if refused {
        return Ok((delay, Answer::throttled(&asked.service, &parts.headers)));
    }
    let answer = inner.answer(asked, answer::Forward { parts, body }).await?;
    Ok((delay, answer))
}
