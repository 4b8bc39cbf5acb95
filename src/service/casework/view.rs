//! A draft as a person reads it before deciding.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::access::Principal;
use crate::draft::Check;
use crate::inquiry::{self, Channel, Inquiry};
use crate::passages::PassageId;
use crate::review::edited::check;
use crate::review::reasons::Reason;
use crate::review::risk::{Facts, Risk, RiskRule, Rules, risks};
use crate::review::similar::{Fingerprint, Rejected, Warning, warnings};
use crate::review::{Past, State, Summary, Whole};
use crate::service::casework::Review;
use crate::service::casework::kept::print_of;
use crate::service::casework::kept::{kept_of, words_of};
use crate::service::casework::reuse::Earlier;
use crate::service::{ChangedSource, Error};
use crate::terms::{Asker, Day};

/// Rejected drafts that a new one is compared with, the newest first.
const PRINTS_MAX: i64 = 200;

/// What was asked, as a person reads it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = AskedInquiry)]
pub struct Asked {
    /// Its id here.
    pub id: String,
    /// The sender's own id for it.
    pub external: Option<String>,
    /// The subject.
    pub subject: Option<String>,
    /// The text, as it came.
    pub body: String,
    /// The institution, as written.
    pub institution: Option<String>,
    /// The løngruppe, as written.
    pub payroll_group: Option<String>,
    /// How it came in.
    pub channel: Channel,
    /// The sender.
    pub from: Option<String>,
    /// The day it came in.
    #[schema(value_type = Option<String>, format = Date)]
    pub received: Option<Day>,
    /// The names of the files that came with it.
    pub attachments: Vec<String>,
}

impl Asked {
    fn of(id: &str, inquiry: Inquiry) -> Self {
        Self {
            id: id.to_owned(),
            external: inquiry.id,
            subject: inquiry.subject,
            body: inquiry.body,
            institution: inquiry.institution,
            payroll_group: inquiry.payroll_group,
            channel: inquiry.channel,
            from: inquiry.from,
            received: inquiry.received,
            attachments: inquiry.attachments.into_iter().map(|file| file.name).collect(),
        }
    }
}

/// A draft with all that a person needs to decide on it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = KeptDraft)]
pub struct View {
    /// What it is known by.
    #[serde(flatten)]
    pub summary: Summary,
    /// What was asked.
    pub asked: Asked,
    /// The reply as it stands now.
    pub reply: Option<String>,
    /// What the check says of the reply as it stands now.
    pub checks: Vec<Check>,
    /// What asks for a second look, and why.
    pub found_risks: Vec<Risk>,
    /// Sources that the reply quotes and that do not hold any more as they were quoted.
    pub changed_sources: Vec<ChangedSource>,
    /// Drafts for near-equal questions that were rejected, and why.
    pub warnings: Vec<Warning>,
    /// Replies that were approved for near-equal inquiries of the same institution, and whether
    /// their facts still hold.
    pub earlier: Vec<Earlier>,
    /// What was decided, the first first.
    pub decisions: Vec<Past>,
    /// The draft as the program made it; none while it is being made.
    #[schema(value_type = Option<Object>)]
    pub draft: Option<serde_json::Value>,
}

impl Review {
    /// A draft with all that belongs to it. That it was read is in the log before it is shown.
    pub async fn read(&self, draft: &str, principal: &Principal) -> Result<View, Error> {
        self.own(draft, principal).await?;
        let whole = self.ledger.read(draft, &Self::actor(principal), &Self::now()).await?;
        self.view(whole).await
    }

    async fn view(&self, whole: Whole) -> Result<View, Error> {
        let judged = self.judged(&whole).await?;
        let changed_sources = self.changed(&whole.summary).await?;
        let print = Fingerprint::of(&whole.asked, &inquiry::read(&whole.asked));
        let warnings = self.warnings(&whole, &print).await?;
        let earlier = self.earlier(&whole, &print).await?;
        let Whole { summary, asked, content, reply, past } = whole;
        let asked = Asked::of(&summary.inquiry, asked);
        let (checks, found_risks) = judged.unwrap_or_default();
        Ok(View {
            summary,
            asked,
            reply,
            checks,
            found_risks,
            changed_sources,
            warnings,
            earlier,
            decisions: past,
            draft: content,
        })
    }

    /// What check and risk rules say of the reply as it stands; nothing while there is none.
    pub(in crate::service::casework) async fn judged(
        &self,
        whole: &Whole,
    ) -> Result<Option<(Vec<Check>, Vec<Risk>)>, Error> {
        let (Some(kept), Some(reply)) =
            (kept_of(&whole.summary.id, whole.content.as_ref())?, &whole.reply)
        else {
            return Ok(None);
        };
        let checks = if *reply == kept.reply {
            kept.checks.clone()
        } else {
            check(&kept, &words_of(&whole.asked), reply, &self.service.config().signer)
        };
        let decided = whole.summary.state == State::Approved;
        let fired = |rule: &str| whole.summary.risks.iter().any(|it| it == rule);
        // What was new when it was decided on is known by now: its own approval made it so.
        let known_documents = if decided && fired(&RiskRule::NewSource.value()) {
            BTreeSet::new()
        } else {
            self.known_documents().await?
        };
        let inquiry = &whole.asked;
        let facts = Facts { inquiry, reply, checks: &checks, known_documents: &known_documents };
        let mut found = risks(&kept, &facts, Rules::built_in());
        found.retain(|risk| !decided || fired(&risk.rule.value()));
        Ok(Some((checks, found)))
    }

    /// What was said of rejected drafts for near-equal inquiries of the same institution.
    async fn warnings(&self, whole: &Whole, asked: &Fingerprint) -> Result<Vec<Warning>, Error> {
        let own = whole.summary.institution.as_deref();
        let prints = self.ledger.prints("rejected", own, PRINTS_MAX).await?;
        if prints.is_empty() {
            return Ok(Vec::new());
        }
        let mut rejected = Vec::with_capacity(prints.len());
        for print in prints.into_iter().filter(|print| print.draft != whole.summary.id) {
            let codes = print.reason.unwrap_or_default();
            rejected.push(Rejected {
                institution: own.map(str::to_owned),
                fingerprint: print_of(&print.content),
                reasons: codes.split(',').filter_map(|code| Reason::parse(code).ok()).collect(),
                text: self.ledger.words_of_rejection(&print.draft).await?,
                draft: print.draft,
            });
        }
        Ok(warnings(asked, own, &rejected))
    }

    /// The sources that a draft quotes and that do not hold any more as they were quoted.
    pub(in crate::service::casework) async fn changed(
        &self,
        summary: &Summary,
    ) -> Result<Vec<ChangedSource>, Error> {
        let cited = self.ledger.cited(&summary.id).await?;
        let cited: Vec<_> = cited.into_iter().map(|(id, it)| (PassageId(id), it)).collect();
        let (own, day) = (summary.institution.as_deref(), self.service.day());
        self.service.sources_changed(&cited, own, day, &Asker::named("svarforslag"))
    }
}
