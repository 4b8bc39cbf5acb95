//! The drafter with a language model, behind an OpenAI-compatible address; off unless it is set up.
//!
//! Takes: a draft that was made without a language model, and an [`Ask`] with its passages.
//! Gives: the draft with the model's sentences, as far as each holds; else as it was, with the reason.
//! Never: sends what is not [`Masked`](crate::privacy::Masked); keeps a sentence whose quote does not stand in its passage; keeps the caseworker waiting beyond the deadline.

mod prices;
mod settings;
mod spending;
mod breaker;
mod events;
mod answer;
mod wire;
mod failure;
mod client;
mod probe;
mod ask;
mod weave;
mod words;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::draft::endpoint::answer::Written;
use crate::draft::endpoint::breaker::Breaker;
use crate::draft::endpoint::client::{Client, Reply};
use crate::draft::endpoint::prices::Usage;
use crate::draft::endpoint::spending::Spending;
use crate::draft::endpoint::wire::{Message, chat_url};
use crate::draft::{Draft, Maker, Progress};
use crate::privacy::Stay;
use crate::terms::Day;

pub use ask::{Ask, MaskedMail};
pub use failure::Failure;
pub use prices::Price;
pub use probe::Probed;
pub use settings::{ApiKey, Dialect, Error, Settings};
pub use spending::Spent;
pub use wire::{Abilities, Shape};

/// Of the time of a draft, what is kept for the checks and the way back.
const MARGIN: Duration = Duration::from_millis(100);
/// How long a request that failed in passing waits before it is sent again.
const RETRY_WAIT: Duration = Duration::from_millis(200);
/// A request that has less time than this is not sent again.
const RETRY_TIME_MIN: Duration = Duration::from_millis(300);
/// What finding out the kind of a server may take of a draft's time.
const LIST_TIME_MAX: Duration = Duration::from_secs(1);

/// When a draft was begun, and on which day its cost is booked.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// When its time began.
    pub started: Instant,
    /// Today.
    pub today: Day,
}

/// A language model that helps with drafts.
#[derive(Debug)]
pub struct Endpoint {
    settings: Settings,
    client: Client,
    price: Price,
    spending: Spending,
    breaker: Breaker,
    calls: Semaphore,
    /// What is known of the server, once it has been asked.
    abilities: RwLock<Option<Abilities>>,
}

impl Endpoint {
    /// Makes ready what the settings name; nothing is sent yet.
    pub fn open(settings: &Settings, data: &Path) -> Result<Self, Error> {
        Ok(Self {
            client: Client::new(settings)?,
            price: settings.priced()?,
            spending: Spending::open(data)?,
            breaker: Breaker::new(
                settings.breaker_failures,
                Duration::from_secs(settings.breaker_seconds),
            ),
            calls: Semaphore::new(settings.calls_at_once_max.min(Semaphore::MAX_PERMITS)),
            abilities: RwLock::default(),
            settings: settings.clone(),
        })
    }

    /// Asks the server what it can do, and keeps to that from now on.
    pub async fn probe(&self) -> Probed {
        let deadline = Instant::now() + self.settings.deadline();
        let probed = probe::probe(&self.client, &self.settings, deadline).await;
        if probed.failure.is_none() {
            self.learn(&probed.abilities);
        }
        probed
    }

    /// What would be sent, and to where; nothing is.
    pub fn preview(&self, ask: &Ask) -> Result<(String, Vec<u8>), Failure> {
        let abilities = probe::assumed(&self.settings);
        let url = chat_url(&self.settings, &abilities).ok_or(Failure::Unknown)?;
        let messages = ask.messages().map_err(|_| Failure::Internal)?;
        let body = wire::body(&self.settings, &abilities, &messages);
        let guarded = ask.outbound.pass(body).map_err(|_| Failure::Leak)?;
        Ok((url.to_string(), guarded.into_bytes()))
    }

    /// What an institution's drafts took in the month of a day.
    pub fn spent(&self, institution: Option<&str>, day: Day) -> Result<Spent, Error> {
        self.spending.of(institution, day)
    }

    /// Lets the model write the paragraphs that the sources may answer.
    ///
    /// Whatever goes wrong, the draft comes back within the deadline, with a check and a line in
    /// the note that say why.
    pub async fn improve(
        self: &Arc<Self>,
        draft: Draft,
        ask: Ask,
        moment: Moment,
        tell: &(dyn Fn(Progress) + Sync),
    ) -> Draft {
        if ask.is_idle() {
            return words::idle(draft);
        }
        tell(Progress::Writing);
        let started = Instant::now();
        let ask = Arc::new(ask);
        let mut usage = Usage::default();
        let written = self.write(&ask, moment, &mut usage).await;
        tell(Progress::Checking);
        let (mut draft, failure) = finish(draft, &ask, written).await;
        draft.cost = self.price.cost(usage, self.settings.kroner_per_hour);
        self.book(&ask, moment.today, &draft, usage).await;
        let ms = |duration: Duration| (duration.as_secs_f64() * 1e6).round() / 1e3;
        draft.timings_ms.insert("endpoint".to_owned(), ms(started.elapsed()));
        draft.timings_ms.insert("total".to_owned(), ms(moment.started.elapsed()));
        tracing::info!(
            draft = %draft.id,
            failure = failure.map(Failure::word),
            status = failure.and_then(Failure::status),
            tokens_in = draft.cost.tokens_in,
            tokens_out = draft.cost.tokens_out,
            kroner = draft.cost.kroner,
            ms = ms(started.elapsed()),
            "asked the endpoint"
        );
        draft
    }

    async fn write(
        self: &Arc<Self>,
        ask: &Arc<Ask>,
        moment: Moment,
        usage: &mut Usage,
    ) -> Result<Written, Failure> {
        let deadline = moment.started + self.settings.deadline().saturating_sub(MARGIN);
        self.may_spend(ask, moment.today).await?;
        let patience = deadline.saturating_duration_since(Instant::now()) / 4;
        let seat = timeout(patience, self.calls.acquire()).await;
        let Ok(Ok(_seat)) = seat else { return Err(Failure::Busy) };
        if !self.breaker.may_ask(Instant::now()) {
            return Err(Failure::Resting);
        }
        let written = self.converse(ask, deadline, usage).await;
        match &written {
            Err(failure) if failure.is_of_endpoint() => self.breaker.failed(Instant::now()),
            // It answered, if only to say no.
            Ok(_) | Err(_) => self.breaker.answered(),
        }
        written
    }

    /// Sends the request, and once more with what was wrong if the answer is of another shape.
    async fn converse(
        &self,
        ask: &Ask,
        deadline: Instant,
        usage: &mut Usage,
    ) -> Result<Written, Failure> {
        let abilities = self.known(deadline).await;
        let messages = ask.messages().map_err(|_| Failure::Internal)?;
        let call = Conversation { endpoint: self, ask, abilities: &abilities, deadline };
        let reply = call.send(&messages, self.settings.retries_max, usage).await?;
        let faults = match answer::read(&reply.text, &ask.asked) {
            Ok(written) => return Ok(written),
            Err(_) if !reply.is_whole() => return Err(Failure::BrokenOff),
            Err(faults) => faults,
        };
        let messages =
            ask::repair(&messages, &reply.text, &faults).map_err(|_| Failure::Internal)?;
        let reply = call.send(&messages, 0, usage).await?;
        answer::read(&reply.text, &ask.asked).map_err(|_| Failure::WrongShape)
    }

    /// What is known of the server; it is asked first, where the settings leave that open.
    async fn known(&self, deadline: Instant) -> Abilities {
        let held = self.abilities.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(held) = held {
            return held;
        }
        let assumed = probe::assumed(&self.settings);
        let is_open = self.settings.dialect == Dialect::Auto || assumed.model.is_empty();
        if !is_open {
            return assumed;
        }
        let by = deadline.min(Instant::now() + LIST_TIME_MAX);
        let listed = probe::list(&self.client, &self.settings, by).await;
        if listed.failure.is_none() {
            self.learn(&listed.abilities);
        }
        listed.abilities
    }

    fn learn(&self, abilities: &Abilities) {
        let mut held = self.abilities.write().unwrap_or_else(PoisonError::into_inner);
        *held = Some(abilities.clone());
    }

    async fn may_spend(self: &Arc<Self>, ask: &Arc<Ask>, today: Day) -> Result<(), Failure> {
        let ceiling = self.settings.kroner_per_month_max;
        if ceiling <= 0.0 {
            return Ok(());
        }
        let (endpoint, ask) = (Arc::clone(self), Arc::clone(ask));
        let spent = spawn_blocking(move || endpoint.spent(ask.institution(), today)).await;
        match spent {
            Ok(Ok(spent)) if spent.kroner < ceiling => Ok(()),
            Ok(Ok(_)) => Err(Failure::Ceiling),
            // Nobody may spend what nobody can count.
            Ok(Err(_)) | Err(_) => Err(Failure::NoBook),
        }
    }

    async fn book(self: &Arc<Self>, ask: &Arc<Ask>, today: Day, draft: &Draft, usage: Usage) {
        if usage == Usage::default() {
            return;
        }
        let (endpoint, ask, cost) = (Arc::clone(self), Arc::clone(ask), draft.cost);
        let add = move || endpoint.spending.add(ask.institution(), today, cost);
        match spawn_blocking(add).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, remedy = error.remedy(), "not booked"),
            Err(_) => tracing::error!("not booked"),
        }
    }
}

/// Puts what was written into the draft; a draft for which nothing was written says why.
async fn finish(
    draft: Draft,
    ask: &Arc<Ask>,
    written: Result<Written, Failure>,
) -> (Draft, Option<Failure>) {
    let written = match written {
        Ok(written) => written,
        Err(failure) => return (words::failed(draft, failure), Some(failure)),
    };
    let (mut woven, held) = (draft.clone(), Arc::clone(ask));
    let weaving = move || {
        let tallies = weave::weave(&mut woven, &held, &written);
        (woven, tallies)
    };
    let Ok((mut woven, tallies)) = spawn_blocking(weaving).await else {
        return (words::failed(draft, Failure::Internal), Some(Failure::Internal));
    };
    let kept = tallies.iter().any(|tally| tally.kept > 0);
    let lost = tallies.iter().any(|tally| !tally.dropped.is_empty());
    if kept {
        woven.maker = Maker::Endpoint;
    }
    let failure = (!kept && lost).then_some(Failure::Unsupported);
    let woven = words::told(woven, &tallies);
    (failure.map_or(woven.clone(), |failure| words::failed(woven, failure)), failure)
}

/// The draft of an inquiry that stays on this machine, with the reason.
pub fn withheld(draft: Draft, stay: &Stay) -> Draft {
    let failure = match stay {
        Stay::NoInstruction(_) | Stay::Forbidden(_) => Failure::NoInstruction,
        Stay::Special(_) => Failure::Special,
    };
    tracing::info!(draft = %draft.id, failure = failure.word(), "not asked the endpoint");
    words::failed(draft, failure)
}

/// What every request of one draft has in common.
struct Conversation<'a> {
    endpoint: &'a Endpoint,
    ask: &'a Ask,
    abilities: &'a Abilities,
    deadline: Instant,
}

impl Conversation<'_> {
    /// Sends messages until there is an answer, at most so many times more.
    async fn send(
        &self,
        messages: &[Message],
        retries_max: u32,
        usage: &mut Usage,
    ) -> Result<Reply, Failure> {
        let Self { endpoint: Endpoint { client, settings, .. }, ask, abilities, deadline } = *self;
        let url = chat_url(settings, abilities).ok_or(Failure::Unknown)?;
        let body = wire::body(settings, abilities, messages);
        let guarded = ask.outbound.pass(body).map_err(|_| Failure::Leak)?;
        let mut retries = 0;
        loop {
            let to = (url.clone(), abilities.dialect);
            let call = client.call(settings, to, guarded.clone(), deadline).await;
            *usage = usage.and(call.usage);
            let failure = match call.reply {
                Ok(reply) => return Ok(reply),
                Err(failure) => failure,
            };
            let wait = failure.retry_after(RETRY_WAIT).filter(|_| retries < retries_max);
            let in_time = |wait: &Duration| {
                let again = Instant::now().checked_add(*wait);
                again
                    .and_then(|again| again.checked_add(RETRY_TIME_MIN))
                    .is_some_and(|it| it < deadline)
            };
            let Some(wait) = wait.filter(in_time) else { return Err(failure) };
            retries += 1;
            tokio::time::sleep(wait).await;
        }
    }
}
