//! One request to the endpoint: sent within its limits, its answer read as it comes.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::{Duration, Instant};

use axum::body::HttpBody;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Body, RequestBuilder, Response, Url, redirect, retry};
use tokio::time::timeout_at;

use crate::draft::endpoint::events::{BODY_BYTES_MAX, Broken, Events};
use crate::draft::endpoint::failure::Failure;
use crate::draft::endpoint::prices::Usage;
use crate::draft::endpoint::settings::{Dialect, Error, Settings};
use crate::draft::endpoint::wire::{Counted, Piece, is_too_long};
use crate::privacy::Guarded;

/// Bytes of an answer's own text; more is no answer to a mail.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Bytes of an error that are read to see what it says.
const ERROR_BYTES_MAX: usize = 16 * 1024;
/// Bytes of Danish for one token, where the server does not count: rather too few, so that a
/// ceiling is reached rather early than late.
const BYTES_PER_TOKEN: u64 = 3;

/// What sends requests.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    connect_max: Duration,
    first_byte_max: Duration,
    silence_max: Duration,
}

/// What the endpoint answered.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// The model's words.
    pub(crate) text: String,
    /// Whether the server said that this is all.
    pub(crate) ended: bool,
    finish: Option<String>,
    counted: Option<Counted>,
}

/// One request and what became of it.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) reply: Result<Reply, Failure>,
    pub(crate) usage: Usage,
}

/// What has been learned of a request so far, for a server that does not count.
#[derive(Debug, Default)]
struct Meter {
    /// Whether the model may have read the request.
    taken: bool,
    received: usize,
    counted: Option<Counted>,
}

impl Client {
    /// A client that follows no redirect, asks no proxy that is not named, and sends nothing twice
    /// by itself.
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        // One provider for the whole program; whoever was first has named the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let connect_max = Duration::from_millis(settings.connect_ms_max);
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .connect_timeout(connect_max)
            .user_agent(concat!("svarforslag/", env!("CARGO_PKG_VERSION")));
        if !settings.proxy.is_empty() {
            builder = builder.proxy(reqwest::Proxy::all(&settings.proxy).map_err(Error::Client)?);
        }
        let is_tls = |address: &str| address.trim_start().starts_with("https");
        if !is_tls(&settings.url) && !is_tls(&settings.proxy) {
            // A server of one's own needs no certificates, and a machine may have none.
            builder = builder.tls_certs_only(std::iter::empty());
        }
        Ok(Self {
            http: builder.build().map_err(Error::Client)?,
            connect_max,
            first_byte_max: Duration::from_millis(settings.first_byte_ms_max),
            silence_max: Duration::from_millis(settings.silence_ms_max),
        })
    }

    /// Sends one request, and reads its answer until it ends or the time is up.
    pub(crate) async fn call(
        &self,
        settings: &Settings,
        (url, dialect): (Url, Dialect),
        body: Guarded,
        deadline: Instant,
    ) -> Call {
        let started = Instant::now();
        let body = body.into_bytes();
        let bytes = body.len();
        let request = self
            .http
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream, application/json;q=0.5")
            .body(body);
        let request = with_key(request, settings, dialect);
        let mut meter = Meter::default();
        let reply = self.talk(request, deadline, &mut meter).await;
        let took = started.elapsed();
        let usage = meter.usage(reply.as_ref().ok(), bytes, took);
        Call { reply, usage }
    }

    /// What a server answers to a question that is no request to a model.
    pub(crate) async fn get(
        &self,
        settings: &Settings,
        (url, dialect): (Url, Dialect),
        deadline: Instant,
    ) -> Result<String, Failure> {
        let by = deadline.min(Instant::now() + self.first_byte_max);
        let request = with_key(self.http.get(url), settings, dialect);
        let response = self.head(request, by).await?;
        read_short(response, by, BODY_BYTES_MAX).await
    }

    /// The answer's head, if it is a success.
    async fn head(&self, request: RequestBuilder, by: Instant) -> Result<Response, Failure> {
        let sent = timeout_at(by.into(), request.send()).await.map_err(|_| Failure::TooSlow)?;
        let response = sent.map_err(|error| match error {
            error if error.is_connect() => Failure::Unreachable,
            error if error.is_timeout() => Failure::TooSlow,
            _ => Failure::BrokenOff,
        })?;
        let status = response.status().as_u16();
        if response.status().is_success() {
            return Ok(response);
        }
        let wait = retry_after(response.headers());
        let text = read_short(response, by, ERROR_BYTES_MAX).await.unwrap_or_default();
        Err(Failure::of_status(status, wait, &text))
    }

    async fn talk(
        &self,
        request: RequestBuilder,
        deadline: Instant,
        meter: &mut Meter,
    ) -> Result<Reply, Failure> {
        let first = deadline.min(Instant::now() + self.connect_max + self.first_byte_max);
        let response = self.head(request, first).await.inspect_err(|failure| {
            meter.taken = *failure == Failure::TooSlow;
        })?;
        meter.taken = true;
        let mut reading = Reading::of(response.headers())?;
        let mut body = Body::from(response);
        let mut by = first;
        loop {
            let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context));
            let frame = match timeout_at(by.into(), frame).await {
                Err(_) => return Err(Failure::TooSlow),
                Ok(None) => break,
                Ok(Some(Err(_))) => return Err(Failure::BrokenOff),
                Ok(Some(Ok(frame))) => frame,
            };
            by = deadline.min(Instant::now() + self.silence_max);
            if Instant::now() >= deadline {
                return Err(Failure::TooSlow);
            }
            let Ok(bytes) = frame.into_data() else { continue };
            let pushed = reading.push(&bytes);
            (meter.received, meter.counted) = (reading.reply.text.len(), reading.reply.counted);
            pushed?;
            if reading.reply.ended {
                break;
            }
        }
        let reply = reading.end()?;
        meter.counted = reply.counted;
        reply.checked()
    }
}

impl Reply {
    /// The answer, unless the server stopped it before its end.
    fn checked(self) -> Result<Self, Failure> {
        match self.finish.as_deref() {
            Some("length") => Err(Failure::CutOff),
            Some("content_filter") => Err(Failure::Filtered),
            _ if self.text.trim().is_empty() => Err(Failure::NotAnAnswer),
            _ => Ok(self),
        }
    }
}

impl Meter {
    fn usage(&self, reply: Option<&Reply>, sent: usize, took: Duration) -> Usage {
        if !self.taken {
            return Usage::default();
        }
        let counted = reply.and_then(|reply| reply.counted).or(self.counted);
        if let Some(counted) = counted.filter(|counted| counted.prompt_tokens > 0) {
            let cached = counted.details.and_then(|details| details.cached_tokens);
            return Usage {
                sent: counted.prompt_tokens,
                cached: cached.unwrap_or_default(),
                received: counted.written_tokens,
                took,
                estimated: false,
            };
        }
        let tokens =
            |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX).div_ceil(BYTES_PER_TOKEN);
        Usage {
            sent: tokens(sent),
            cached: 0,
            received: tokens(self.received),
            took,
            estimated: true,
        }
    }
}

/// An answer as far as it has come, in either of the forms that servers send.
struct Reading {
    form: Form,
    reply: Reply,
}

enum Form {
    Stream(Events),
    /// One JSON value: some servers and proxies do not stream, whatever they are asked.
    Whole(Vec<u8>),
}

impl Reading {
    fn of(headers: &HeaderMap) -> Result<Self, Failure> {
        let kind =
            headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let form = match kind.as_str() {
            "text/event-stream" => Form::Stream(Events::default()),
            "application/json" => Form::Whole(Vec::new()),
            _ => return Err(Failure::NotAnAnswer),
        };
        Ok(Self { form, reply: Reply::default() })
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match &mut self.form {
            Form::Stream(events) => {
                for event in events.push(bytes)? {
                    self.reply.take(&event)?;
                }
            }
            Form::Whole(held) => {
                if held.len().saturating_add(bytes.len()) > BODY_BYTES_MAX {
                    return Err(Failure::TooLarge);
                }
                held.extend_from_slice(bytes);
            }
        }
        if self.reply.text.len() > ANSWER_BYTES_MAX { Err(Failure::TooLarge) } else { Ok(()) }
    }

    fn end(mut self) -> Result<Reply, Failure> {
        match self.form {
            Form::Stream(events) => {
                if let Some(event) = events.end()? {
                    self.reply.take(&event)?;
                }
            }
            Form::Whole(held) => {
                let text = std::str::from_utf8(&held).map_err(|_| Failure::Garbled)?;
                self.reply.take(text)?;
            }
        }
        if self.reply.text.len() > ANSWER_BYTES_MAX {
            Err(Failure::TooLarge)
        } else {
            Ok(self.reply)
        }
    }
}

impl Reply {
    /// Takes in one event.
    fn take(&mut self, event: &str) -> Result<(), Failure> {
        let event = event.trim();
        if event.is_empty() {
            return Ok(());
        }
        if event == "[DONE]" {
            self.ended = true;
            return Ok(());
        }
        let piece: Piece = serde_json::from_str(event).map_err(|_| Failure::NotAnAnswer)?;
        if let Some(error) = piece.error.filter(|error| !error.is_null()) {
            let too_long = is_too_long(&error.to_string());
            return Err(if too_long { Failure::TooLong } else { Failure::NotAnAnswer });
        }
        if let Some(choice) = piece.choices.into_iter().next() {
            let words = choice.delta.or(choice.message).and_then(|words| words.content);
            self.text.push_str(&words.unwrap_or_default());
            self.finish = choice.finish_reason.or(self.finish.take());
        }
        self.counted = piece.usage.or(self.counted);
        Ok(())
    }

    /// Whether the answer came to its own end.
    pub(crate) fn is_whole(&self) -> bool {
        self.ended || self.finish.is_some()
    }
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::TooLarge => Self::TooLarge,
            Broken::Garbled => Self::Garbled,
        }
    }
}

fn with_key(request: RequestBuilder, settings: &Settings, dialect: Dialect) -> RequestBuilder {
    match settings.api_key.reveal() {
        Some(key) if dialect == Dialect::Azure => request.header("api-key", key),
        Some(key) => request.bearer_auth(key),
        None => request,
    }
}

/// How long a server asks to be left alone, if it says so in seconds; a day and time far ahead
/// would not help anyone who waits.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    Some(value.parse().map_or(Duration::MAX, Duration::from_secs))
}

/// The beginning of a body, which must come in time.
async fn read_short(response: Response, by: Instant, bytes_max: usize) -> Result<String, Failure> {
    let mut body = Body::from(response);
    let mut held: Vec<u8> = Vec::new();
    loop {
        let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        match timeout_at(by.into(), frame).await {
            Err(_) => return Err(Failure::TooSlow),
            Ok(Some(Err(_))) => return Err(Failure::BrokenOff),
            Ok(None) => break,
            Ok(Some(Ok(frame))) => held.extend(frame.into_data().unwrap_or_default()),
        }
        if held.len() > bytes_max {
            return Err(Failure::TooLarge);
        }
    }
    String::from_utf8(held).map_err(|_| Failure::Garbled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn read(kind: &'static str, body: &[u8]) -> Result<Reply, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        let mut reading = Reading::of(&headers)?;
        reading.push(body)?;
        reading.end()?.checked()
    }

    #[test]
    fn an_answer_is_read_in_either_form() {
        let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"he\"}}]}\n\n\
            data: {\"choices\":[{\"delta\":{\"content\":\"j\"},\"finish_reason\":\"stop\"}]}\n\n\
            data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";
        let reply = read("text/event-stream; charset=utf-8", stream.as_bytes()).unwrap();
        assert_eq!(
            (reply.text.as_str(), reply.is_whole(), reply.counted.is_some()),
            ("hej", true, true)
        );
        let whole = br#"{"choices":[{"message":{"content":"hej"},"finish_reason":"stop"}]}"#;
        assert_eq!(read("application/json", whole).unwrap().text, "hej");
    }

    #[test]
    fn what_is_no_answer_says_what_it_is() {
        assert_eq!(read("text/html", b"<html>").unwrap_err(), Failure::NotAnAnswer);
        assert_eq!(read("application/json", b"{}").unwrap_err(), Failure::NotAnAnswer);
        let cut = br#"{"choices":[{"message":{"content":"h"},"finish_reason":"length"}]}"#;
        assert_eq!(read("application/json", cut).unwrap_err(), Failure::CutOff);
        let error = b"data: {\"error\":{\"type\":\"exceed_context_size_error\"}}\n\n";
        assert_eq!(read("text/event-stream", error).unwrap_err(), Failure::TooLong);
    }

    #[test]
    fn tokens_that_nobody_counted_are_guessed_high() {
        let meter = Meter { taken: true, received: 9, counted: None };
        let usage = meter.usage(None, 300, Duration::ZERO);
        assert_eq!((usage.sent, usage.received, usage.estimated), (100, 3, true));
        let refused = Meter::default().usage(None, 300, Duration::ZERO);
        assert_eq!(refused, Usage::default());
    }
}
