use std::sync::{Arc, Mutex};

use axum::{
    Router,
    http::{HeaderMap, StatusCode, Uri, header::LOCATION},
    routing::post,
};
use miyabi_platform::{Artifacts, error::chain};
use miyabi_types::report::CycleEnd;
use serde_json::Value;

use super::*;
use crate::{channel::Reported, dossier::Dossier, report, sample};

const SECRET: &str = "/api/webhooks/1/s3cret";

type Answer = (StatusCode, HeaderMap, &'static str);
type Posts = Arc<Mutex<Vec<(Uri, Value)>>>;

/// A webhook on this machine that answers `answer` and keeps what it was sent.
async fn webhook(answer: Answer) -> (Discord, Posts) {
    let posts = Posts::default();
    let kept = posts.clone();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().fallback(post(move |uri: Uri, body: String| async move {
        kept.lock().unwrap().push((uri, serde_json::from_str(&body).unwrap()));
        answer
    }));
    tokio::spawn(async { axum::serve(listener, app).await });
    (Discord::new(format!("http://{address}{SECRET}").parse().unwrap()), posts)
}

fn answers(status: u16, body: &'static str) -> Answer {
    (StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body)
}

async fn message() -> Message {
    let cycle = sample::acted();
    let dossier = Dossier::load(&Artifacts::inline(), None, &cycle).await.unwrap();
    let report = report::build(&cycle, &dossier, CycleEnd::Acted, sample::now());
    Message::Reported(Box::new(Reported::new(report, &dossier)))
}

fn shows_no_secret(error: &PhaseError) {
    for text in [chain(error), format!("{error:?}")] {
        assert!(!text.contains("s3cret") && !text.contains("127.0.0.1"), "{text}");
    }
}

#[tokio::test]
async fn a_message_is_posted_and_its_answer_awaited() {
    let (discord, posts) = webhook(answers(200, "{}")).await;
    discord.send(&message().await).await.unwrap();
    let posts = posts.lock().unwrap();
    let (uri, body) = &posts[0];
    assert_eq!(uri.to_string(), format!("{SECRET}?wait=true"));
    assert_eq!(body["embeds"][0]["title"], "Done, with trouble: acme");
    assert_eq!(body["allowed_mentions"]["parse"], serde_json::json!([]));
}

#[tokio::test]
async fn being_asked_to_wait_is_throttled() {
    let (mut headers, body) = (HeaderMap::new(), r#"{"message":"slow down","retry_after":1.5}"#);
    headers.insert(RETRY_AFTER, "2".parse().unwrap());
    for (body, seconds) in [(body, "1.5 seconds"), ("not json", "2 seconds")] {
        let answer = (StatusCode::TOO_MANY_REQUESTS, headers.clone(), body);
        let (discord, posts) = webhook(answer).await;
        let error = discord.send(&message().await).await.unwrap_err();
        assert_eq!(error.name, ErrorName::Throttled);
        assert!(error.message.contains(seconds), "{error}");
        assert_eq!(posts.lock().unwrap().len(), 1, "nobody waits for Discord");
    }
}

#[tokio::test]
async fn a_refusal_names_what_to_mend_and_never_the_webhook() {
    let cases = [
        (
            404,
            r#"{"message":"Unknown Webhook"}"#,
            ErrorName::InvalidInput,
            "MIYABI_DISCORD_WEBHOOK_URL",
        ),
        (401, "", ErrorName::InvalidInput, "MIYABI_DISCORD_WEBHOOK_URL"),
        (400, r#"{"message":"Invalid Form Body"}"#, ErrorName::Internal, "Invalid Form Body"),
        (502, "<html>", ErrorName::Transient, "502"),
    ];
    for (status, body, name, text) in cases {
        let (discord, _) = webhook(answers(status, body)).await;
        let error = discord.send(&message().await).await.unwrap_err();
        assert_eq!(error.name, name, "{status}");
        assert!(error.message.contains(text), "{error}");
        shows_no_secret(&error);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (other, elsewhere) = webhook(answers(200, "{}")).await;
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, other.webhook.0.as_str().parse().unwrap());
    let (discord, _) = webhook((StatusCode::TEMPORARY_REDIRECT, headers, "")).await;
    shows_no_secret(&discord.send(&message().await).await.unwrap_err());
    assert!(elsewhere.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_webhook_that_cannot_be_reached_stays_a_secret() {
    // A port that was free a moment ago.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let discord = Discord::new(format!("http://{address}{SECRET}").parse().unwrap());
    let error = discord.send(&message().await).await.unwrap_err();
    assert_eq!(error.name, ErrorName::Transient);
    shows_no_secret(&error);
    assert_eq!(format!("{discord:?}"), "Discord { webhook: WebhookUrl(…) }");
}

#[tokio::test]
async fn tls_is_set_up_and_its_failure_shows_no_secret() {
    let (plain, posts) = webhook(answers(200, "{}")).await;
    let https = plain.webhook.0.as_str().replace("http://", "https://");
    let error = Discord::new(https.parse().unwrap()).send(&message().await).await.unwrap_err();
    assert_eq!(error.name, ErrorName::Transient);
    shows_no_secret(&error);
    assert!(posts.lock().unwrap().is_empty());
}
