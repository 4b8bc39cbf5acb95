//! What is kept for a time and no longer, and where the log ends, said aloud every hour.

use std::sync::Arc;
use std::time::Duration;

use jiff::ToSpan;
use tokio_util::sync::CancellationToken;

use crate::review::{Actor, Purge};
use crate::service::casework::Review;
use crate::service::{Error, clock};
use crate::terms::Day;

/// How often it is looked at.
const PAUSE: Duration = Duration::from_hours(1);

impl Review {
    /// Lets go what has been kept long enough, at the start and each day, and says each hour where
    /// the log ends: whoever keeps that line elsewhere knows whether a ledger was put back.
    pub async fn keep_watch(self: Arc<Self>, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(PAUSE);
        let mut done: Option<Day> = None;
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let today = clock::today();
            if done != Some(today) {
                match self.let_go(today).await {
                    // Where the files could not be wiped it is tried again within the day.
                    Ok(wiped) => done = wiped.then_some(today),
                    Err(error) => {
                        tracing::error!(
                            code = error.code(),
                            "what has been kept long enough stays"
                        );
                    }
                }
            }
            match self.ledger.last().await {
                Ok(head) => tracing::info!(seq = head.seq, hash = head.hash, "the log ends here"),
                Err(error) => tracing::error!(code = error.code(), "the log cannot be read"),
            }
        }
    }

    /// Gives whether the files are wiped too.
    async fn let_go(&self, today: Day) -> Result<bool, Error> {
        let (actor, at) = (Actor::program(), Self::now());
        let purged = self.ledger.purge(Purge::Before(today.to_string()), &actor, &at).await?;
        let days = i64::from(self.service.config().review.keep_log_days);
        let before = today.checked_sub(days.days()).unwrap_or(Day::MIN);
        let log = self.ledger.purge_log(&before.to_string(), &actor, &at).await?;
        let events = log.events;
        if !purged.inquiries.is_empty() || events > 0 {
            let (inquiries, drafts) = (purged.inquiries.len(), purged.drafts);
            tracing::info!(inquiries, drafts, events, "kept long enough, and gone");
        }
        Ok(log.wiped)
    }
}
