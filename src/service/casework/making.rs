//! Drafts made ready in the background, one at a time, so that requests keep their cores.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::draft::{Brief, Draft, Maker, Phrase};
use crate::inquiry::{self, Inquiry};
use crate::review::Made;
use crate::review::kept::KeptDraft;
use crate::review::risk::{Facts, Rules, persons_needed, risks};
use crate::review::similar::Fingerprint;
use crate::service::casework::Review;
use crate::service::casework::kept::passes;
use crate::service::{Error, Service};
use crate::terms::Asker;

/// Drafts that are looked up at once.
const AT_ONCE: i64 = 32;
/// Millionths in a krone.
const MICRO: f64 = 1e6;

impl Review {
    /// Makes every draft that waits. One that cannot be made says so; the others go on.
    pub(in crate::service::casework) async fn make_all(&self, stop: &CancellationToken) {
        loop {
            let waiting = match self.ledger.to_make(AT_ONCE).await {
                Ok(waiting) => waiting,
                Err(error) => {
                    tracing::error!(code = error.code(), "the drafts that wait cannot be listed");
                    return;
                }
            };
            if waiting.is_empty() {
                return;
            }
            for draft in waiting {
                if stop.is_cancelled() {
                    return;
                }
                if !self.make(&draft).await {
                    return;
                }
            }
        }
    }

    /// Makes one draft. Returns whether it is worth going on: not while the ledger is out of reach.
    async fn make(&self, draft: &str) -> bool {
        let done = self.try_make(draft).await;
        let Err(error) = done else { return true };
        let code = error.code();
        // Somebody was faster: regenerated, rejected or purged meanwhile.
        if matches!(code, "stale" | "not_found") {
            return true;
        }
        // These pass; the draft waits.
        if passes(&error) {
            tracing::warn!(draft, code, "a draft waits to be made");
            return false;
        }
        tracing::warn!(draft, code, "a draft could not be made");
        let failed = self.ledger.failed(draft.to_owned(), code.to_owned(), Self::now()).await;
        failed.is_ok()
    }

    async fn try_make(&self, id: &str) -> Result<(), Error> {
        let (inquiry, hint) = self.ledger.assignment(id).await?;
        let service = Arc::clone(&self.service);
        let asked = inquiry.clone();
        let drafting = tokio::task::spawn_blocking(move || {
            let brief = Brief { hint: hint.as_deref(), kept: true };
            service.prepare_with(&asked, Asker::named("svarforslag"), brief, &|_| {})
        });
        // What a panic says may hold the text that it fell over.
        let prepared = drafting.await.map_err(|_| Error::Panicked)??;
        let mut draft = self.service.improve(prepared, &|_| {}).await;
        id.clone_into(&mut draft.id);
        let made = self.made(&inquiry, &draft).await?;
        Ok(self.ledger.ready(made).await?)
    }

    /// A draft as the ledger keeps it, with what the risk rules say of it.
    pub(in crate::service::casework) async fn made(
        &self,
        inquiry: &Inquiry,
        draft: &Draft,
    ) -> Result<Made, Error> {
        let content = serde_json::to_string(draft).map_err(|_| Error::Panicked)?;
        let kept = KeptDraft::from_json(&content).map_err(|_| Error::Panicked)?;
        let known_documents = self.known_documents().await?;
        let facts = Facts {
            inquiry,
            reply: &draft.reply,
            checks: &draft.checks,
            known_documents: &known_documents,
        };
        let found = risks(&kept, &facts, Rules::built_in());
        Ok(Made {
            draft: draft.id.clone(),
            reply: draft.reply.clone(),
            institution: draft.institution.clone(),
            maker: serde_json::to_value(draft.maker)
                .ok()
                .and_then(|maker| Some(maker.as_str()?.to_owned()))
                .unwrap_or_default(),
            risks: found.iter().map(|risk| risk.rule.value()).collect(),
            persons: persons_needed(&found),
            questions: kept.questions.len(),
            open: kept.open_questions().count(),
            #[expect(clippy::cast_possible_truncation, reason = "no draft costs a billion kroner")]
            micro_kroner: (draft.cost.kroner * MICRO).round() as i64,
            cited: cited(&kept),
            fingerprint: fingerprint(inquiry, &kept),
            made_with: self.service.made_with(draft.maker),
            at: Self::now(),
            content,
        })
    }
}

/// What near-equal inquiries are known by, and whether the reply rests on one institution's own.
fn fingerprint(asked: &Inquiry, kept: &KeptDraft) -> String {
    let print = Fingerprint::of(asked, &inquiry::read(asked));
    serde_json::json!({ "print": print, "own": kept.cites_own_sources() }).to_string()
}

/// The passages that the reply quotes, each with its document.
fn cited(kept: &KeptDraft) -> Vec<(String, String)> {
    let passages = kept.cited().into_iter();
    let pairs = passages.filter_map(|id| {
        let passage = kept.passage(id)?;
        Some((id.0.clone(), passage.document.clone()))
    });
    pairs.collect()
}

impl Service {
    /// What a draft was made with: the program's version, hashes of index, embedding model and
    /// prompts, and the language model where one helped.
    fn made_with(&self, maker: Maker) -> serde_json::Value {
        let snapshot = self.snapshot().ok();
        let index = snapshot.as_ref().map(|snapshot| snapshot.manifest().content());
        let vectors = snapshot.as_ref().and_then(|snapshot| snapshot.vectors().ok());
        let embedding = vectors.map(|vectors| vectors.model().fingerprint.clone());
        let helped = self.endpoint().filter(|_| maker == Maker::Endpoint);
        serde_json::json!({
            "version": env!("CARGO_PKG_VERSION"),
            "index": index,
            "embedding": embedding,
            "model": helped.map(|_| self.config().endpoint.model.clone()),
            "prompts": Phrase::templates_hash(),
        })
    }
}
