//! Looks at cases, each in the log before what was seen is shown.
//!
//! On a full disk nothing can be written, and a caseworker must still be able to read. A look is
//! then held here, and in the program's own log, until there is room again.

use crate::review::chain::{Actor, Entry};
use crate::review::error::Error;
use crate::review::held::Look;
use crate::review::ledger::Ledger;
use crate::review::queue::Summary;
use crate::review::writer::Writing;

impl Ledger {
    /// Puts a look at a draft into the log.
    pub async fn note_read(
        &self,
        action: &'static str,
        actor: &Actor,
        at: &str,
        summary: &Summary,
    ) -> Result<(), Error> {
        let look = Look {
            action,
            actor: actor.clone(),
            at: at.to_owned(),
            inquiry: summary.inquiry.clone(),
            draft: summary.id.clone(),
            seen: summary.version,
        };
        let mut looks = self.looks.take();
        looks.push(look.clone());
        let writing = looks.clone();
        let done: Result<(), Error> = self
            .writer()?
            .write(move |it| Box::pin(async move { record(it, &writing).await }))
            .await;
        let Err(error) = done else { return Ok(()) };
        let full = error.code() == "ledger_full";
        if !full {
            // Those that waited go on waiting; this one is not shown what it asked for.
            looks.pop();
        }
        let held = self.looks.hold(looks);
        if full && held {
            let Look { action, actor, draft, seen, .. } = &look;
            tracing::warn!(
                action,
                who = actor.id,
                draft,
                seen,
                "a look waits for room on the disk"
            );
            return Ok(());
        }
        Err(error)
    }
}

async fn record(writing: &mut Writing, looks: &[Look]) -> Result<(), Error> {
    for look in looks {
        let entry = Entry {
            at: &look.at,
            actor: &look.actor,
            action: look.action,
            inquiry: Some(&look.inquiry),
            draft: Some(&look.draft),
            detail: serde_json::json!({ "seen": look.seen }),
        };
        writing.record(entry).await?;
    }
    Ok(())
}
