//! Inquiries taken in: whose they are, by when they are to be answered, and for how long they stay.

use std::collections::BTreeSet;

use jiff::ToSpan;

use crate::access::Principal;
use crate::draft::Draft;
use crate::inquiry::Inquiry;
use crate::privacy::{Area, cpr_numbers};
use crate::review::{Posted, Posting};
use crate::service::casework::Review;
use crate::service::casework::kept::text_of;
use crate::service::{Error, Service, clock};
use crate::terms::{Day, Institution, add_working_days};

/// Characters of a caller's own key for asking again.
pub const KEY_CHARS_MAX: usize = 200;

/// An inquiry as it arrives.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// What was sent.
    pub inquiry: Inquiry,
    /// The caller's own key for asking again.
    pub key: Option<String>,
}

impl Review {
    /// Takes an inquiry in, and has its draft made; what is returned is on the disk.
    pub async fn take_in(&self, arrival: Arrival, principal: &Principal) -> Result<Posted, Error> {
        let posted = self.ledger.post(self.posting(arrival, principal)?).await?;
        if !posted.again {
            self.wake.notify_one();
        }
        Ok(posted)
    }

    /// Keeps a draft that was made at once for somebody who has signed on.
    pub async fn keep(
        &self,
        inquiry: Inquiry,
        draft: &Draft,
        principal: &Principal,
    ) -> Result<(), Error> {
        let mut posting = self.posting(Arrival { inquiry, key: None }, principal)?;
        posting.draft.clone_from(&draft.id);
        posting.institution.clone_from(&draft.institution);
        let content = posting.content.clone();
        self.ledger.post(posting).await?;
        let made = self.made(&content, draft).await?;
        Ok(self.ledger.ready(made).await?)
    }

    fn posting(&self, arrival: Arrival, principal: &Principal) -> Result<Posting, Error> {
        let Arrival { inquiry, key } = arrival;
        let institution = self.service.owner_of(&inquiry)?;
        let institution = institution.map(|own| own.name().to_owned());
        if !principal.acts_for(institution.as_deref()) {
            return Err(Error::NotYours);
        }
        let today = self.service.day();
        let text = text_of(&inquiry);
        let areas = Area::of(&text);
        let settings = &self.service.config().review;
        let days = i32::try_from(settings.answer_days).unwrap_or(i32::MAX);
        let from = inquiry.received.unwrap_or(today);
        let due = add_working_days(from, days).unwrap_or(from);
        let asked = serde_json::to_string(&inquiry).unwrap_or_default();
        Ok(Posting {
            inquiry: uuid::Uuid::now_v7().to_string(),
            draft: uuid::Uuid::now_v7().to_string(),
            institution,
            due: due.to_string(),
            // Retention counts from the real day, also where a collection has a day of its own.
            keep_until: self.keep_until(&areas, clock::today()).to_string(),
            area: areas.iter().map(|area| area.word()).collect::<Vec<_>>().join(","),
            subjects: cpr_numbers(&text),
            again: key.map(|key| (key, asked)),
            actor: Self::actor(principal),
            at: Self::now(),
            content: inquiry,
        })
    }

    /// The shortest time that an area allows counts for the whole inquiry.
    fn keep_until(&self, areas: &BTreeSet<Area>, today: Day) -> Day {
        let config = self.service.config();
        let of_areas = areas.iter().filter_map(|area| config.privacy.areas.get(area));
        let days = of_areas.map(|instruction| instruction.keep_days).filter(|days| *days > 0).min();
        let days = i64::from(days.unwrap_or(config.review.keep_days));
        today.checked_add(days.days()).unwrap_or(Day::MAX)
    }
}

impl Service {
    /// The institution that an inquiry comes from: by the name that it gives, else by its sender.
    pub fn owner_of(&self, inquiry: &Inquiry) -> Result<Option<Institution>, Error> {
        let snapshot = self.snapshot()?;
        let register = self.register(&snapshot);
        let named = inquiry.institution.as_deref().filter(|name| !name.trim().is_empty());
        Ok(match named {
            Some(name) => register.find(name),
            None => inquiry.from.as_deref().and_then(|from| register.find_by_mail(from)),
        })
    }

    /// The day that counts: the collection's own, where it has one, else today.
    pub fn day(&self) -> Day {
        let snapshot = self.snapshot().ok();
        let own = snapshot.and_then(|snapshot| snapshot.manifest().collection.day);
        own.unwrap_or_else(clock::today)
    }
}
