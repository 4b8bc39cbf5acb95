//! Candidates for a standardsvar: proposed where people answer alike, accepted by an owner alone.

use serde::Serialize;

use crate::access::{Person, Principal};
use crate::review::similar::{Approved, Candidate, PERSONS_MIN, REPLIES_MIN, Sources, candidates};
use crate::review::{ApprovedReply, Settled};
use crate::service::Error;
use crate::service::casework::Review;
use crate::service::casework::kept::print_of;
use crate::service::live::{AcceptedStandardsvar, Learned, standardsvar_document};
use crate::terms::Day;

/// Approved replies that are compared, the newest first.
const REPLIES_MAX: i64 = 1000;

/// A candidate with the name by which it is decided on.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct NamedCandidate {
    /// Its id.
    pub id: String,
    /// What it is made of.
    #[serde(flatten)]
    pub candidate: Candidate,
}

/// What an owner makes of a candidate.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The title.
    pub title: String,
    /// The text; the candidate's own if nothing is said.
    pub text: Option<String>,
    /// The last day on which it holds.
    pub valid_to: Option<Day>,
}

impl Review {
    /// The candidates that the one who asks may decide on, the largest first.
    pub async fn candidates(&self, principal: &Principal) -> Result<Vec<NamedCandidate>, Error> {
        let settled = self.ledger.settled().await?;
        let replies = self.ledger.approved_replies(REPLIES_MAX).await?;
        let newest = replies.len() as u64;
        let approved: Vec<Approved> = replies
            .into_iter()
            .zip(0..)
            .map(|(reply, at)| approved(reply, newest.saturating_sub(at)))
            .collect();
        let found =
            tokio::task::spawn_blocking(move || candidates(&approved, REPLIES_MIN, PERSONS_MIN));
        let found = found.await.map_err(|_| Error::Panicked)?;
        let open = found.into_iter().filter(|candidate| {
            let own = |name: &String| principal.acts_for(Some(name));
            !candidate.members.iter().any(|member| settled.contains(member))
                && candidate.institutions.iter().all(own)
        });
        let named = open.filter_map(|candidate| {
            Some(NamedCandidate { id: candidate.members.last()?.clone(), candidate })
        });
        Ok(named.collect())
    }

    /// Makes a standardsvar of a candidate; returns its document.
    pub async fn accept(
        &self,
        id: &str,
        accepted: Accepted,
        person: &Person,
    ) -> Result<String, Error> {
        let named = self.candidate(id, person).await?;
        let standardsvar = AcceptedStandardsvar {
            id: id.to_owned(),
            title: accepted.title,
            text: accepted.text.unwrap_or(named.candidate.reply),
            institution: None,
            owner: Some(person.name().to_owned()),
            area: None,
            valid_from: self.service.day(),
            valid_to: accepted.valid_to,
            cites: Vec::new(),
        };
        let document = standardsvar_document(id);
        let service = std::sync::Arc::clone(&self.service);
        let publishing =
            tokio::task::spawn_blocking(move || service.publish_standardsvar(&standardsvar));
        match publishing.await.map_err(|_| Error::Panicked)?? {
            Learned::WithoutText | Learned::WithoutInstitution => {
                return Err(Error::BadDecision("`text` has no text of its own".to_owned()));
            }
            Learned::Taken { .. } | Learned::Unchanged { .. } | Learned::Waiting { .. } => {}
        }
        self.settle(id, named.candidate.members, Some(document.clone()), person).await?;
        Ok(document)
    }

    /// Says that a candidate is not to become a standardsvar; it is not proposed again.
    pub async fn decline(&self, id: &str, person: &Person) -> Result<(), Error> {
        let named = self.candidate(id, person).await?;
        self.settle(id, named.candidate.members, None, person).await
    }

    async fn candidate(&self, id: &str, person: &Person) -> Result<NamedCandidate, Error> {
        let principal = Principal::Person(person.clone());
        let mut found = self.candidates(&principal).await?.into_iter();
        found.find(|it| it.id == id).ok_or(Error::NotFound)
    }

    async fn settle(
        &self,
        id: &str,
        members: Vec<String>,
        document: Option<String>,
        person: &Person,
    ) -> Result<(), Error> {
        let settled = Settled {
            id: id.to_owned(),
            members,
            document,
            person: person.clone(),
            at: Self::now(),
        };
        Ok(self.ledger.settle(settled).await?)
    }
}

fn approved(reply: ApprovedReply, seq: u64) -> Approved {
    let own = reply.print.get("own").and_then(serde_json::Value::as_bool).unwrap_or(true);
    Approved {
        id: reply.draft,
        seq,
        institution: reply.institution,
        fingerprint: print_of(&reply.print),
        persons: reply.persons,
        reply: reply.reply,
        sources: if own { Sources::Own } else { Sources::General },
    }
}
