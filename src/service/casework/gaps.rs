//! The gap report, from what the ledger and the index have seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::access::Principal;
use crate::review::gaps::{
    GapReport, Seen, SeenContradiction, SeenDrejebog, SeenQuestion, SeenSource, report,
};
use crate::review::{Filter, State, Summary};
use crate::service::casework::Review;
use crate::service::casework::kept::kept_of;
use crate::service::{DocumentEntry, Error, Service};
use crate::terms::Asker;

/// Drafts that a report is made from, the newest of each state.
const DRAFTS_MAX: usize = 2000;
/// Every state in which a draft says something of its sources.
const STATES: [State; 4] = [State::Ready, State::Held, State::Approved, State::Rejected];

impl Review {
    /// What is lacking in the sources, for the institutions that the one who asks may act for.
    pub async fn gaps(
        &self,
        institution: Option<String>,
        principal: &Principal,
    ) -> Result<GapReport, Error> {
        let institution = institution.map(|name| self.institution(&name, principal)).transpose()?;
        let filter = Filter {
            states: STATES.to_vec(),
            institution: institution.clone(),
            limit: DRAFTS_MAX,
            ..Filter::default()
        };
        let drafts = self.queue(filter, principal).await?.drafts;
        let mut seen = Seen::default();
        let mut fates: BTreeMap<String, Fates> = BTreeMap::new();
        for summary in &drafts {
            self.take_up(summary, &mut seen, &mut fates).await?;
        }
        let service = Arc::clone(&self.service);
        let (asker, day) = (principal.asker(), self.service.day());
        let own = principal.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let chapters = service.drejebog_headings(day, &asker)?.into_iter();
            let wanted = |name: &str| {
                own.acts_for(Some(name)) && institution.as_deref().is_none_or(|it| it == name)
            };
            let chapters: Vec<_> = chapters.filter(|it| wanted(&it.institution)).collect();
            let mut sources = Vec::new();
            let names = chapters.iter().map(|it| Some(it.institution.as_str()));
            for name in names.chain([None]) {
                sources.extend(service.all_documents(name, &asker)?);
            }
            Ok::<_, Error>((chapters, sources))
        });
        let (chapters, sources) = looked.await.map_err(|_| Error::Panicked)??;
        let chapters = chapters.into_iter();
        seen.drejebog_list = chapters
            .map(|it| SeenDrejebog { institution: it.institution, headings: it.headings })
            .collect();
        let sources: BTreeMap<String, DocumentEntry> =
            sources.into_iter().map(|it| (it.document.clone(), it)).collect();
        seen.sources = sources.into_values().map(|it| seen_source(it, &fates)).collect();
        Ok(report(&seen, day))
    }

    async fn take_up(
        &self,
        summary: &Summary,
        seen: &mut Seen,
        fates: &mut BTreeMap<String, Fates>,
    ) -> Result<(), Error> {
        let content = match self.ledger.content(&summary.id).await {
            Err(crate::review::Error::NotFound) => return Ok(()),
            content => content?,
        };
        let Some(kept) = kept_of(&summary.id, content.as_ref())? else { return Ok(()) };
        seen.questions.extend(SeenQuestion::of_draft(&summary.inquiry, &kept));
        seen.contradictions.extend(SeenContradiction::of_draft(&summary.inquiry, &kept));
        for document in kept.documents_cited() {
            let fate = fates.entry(document.to_owned()).or_default();
            match summary.state {
                State::Approved if summary.edited > 0 => fate.edited += 1,
                State::Approved => fate.unedited += 1,
                State::Rejected => fate.rejected += 1,
                _ => {}
            }
        }
        Ok(())
    }
}

/// What became of the replies that cite a source.
#[derive(Debug, Clone, Copy, Default)]
struct Fates {
    unedited: usize,
    edited: usize,
    rejected: usize,
}

fn seen_source(entry: DocumentEntry, fates: &BTreeMap<String, Fates>) -> SeenSource {
    let fate = fates.get(&entry.document).copied().unwrap_or_default();
    SeenSource {
        document: entry.document,
        title: entry.title,
        institution: entry.institution,
        valid_to: entry.valid_to,
        unedited: fate.unedited,
        edited: fate.edited,
        rejected: fate.rejected,
    }
}

impl Service {
    /// Every document that an institution may see.
    fn all_documents(
        &self,
        institution: Option<&str>,
        asker: &Asker,
    ) -> Result<Vec<DocumentEntry>, Error> {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.documents(institution, None, cursor.as_deref(), asker.clone())?;
            all.extend(page.documents);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }
}
