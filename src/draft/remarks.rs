//! What the internal note says of sources, of the inquiry's text, and of who asks.

use crate::draft::forms::is_empty_chapter;
use crate::draft::select::Pick;
use crate::inquiry::Remark;
use crate::retrieval::{Evidence, Hit};
use crate::terms::State;

/// Passages shown beside those that are quoted, for each question.
pub(crate) const HITS_SHOWN: usize = 3;
/// Where the words of a question support its answer less, the reader is told to look twice.
const STRENGTH_PLAIN_MIN: f32 = 0.2;
/// An outdated passage is named when it matches this well beside the best current one.
const OUTDATED_SHARE: f32 = 0.85;

/// How a line about an outdated source begins.
const OLDER: &str = "Ældre kilde brugt kun her: »";

/// What a reader must know about how the text was read.
pub(crate) fn remark(remark: &Remark) -> String {
    match remark {
        Remark::CutShort { words } => {
            format!("Henvendelsen er meget lang; kun de første {words} ord er læst.")
        }
        Remark::OldEncoding => "Teksten var ikke i UTF-8 og er læst som Windows-1252.".to_owned(),
        Remark::SubjectOnly => "Mailen har ingen tekst; emnet er læst i stedet.".to_owned(),
        Remark::Hidden => {
            "Mailen rummer skjult tekst, som er sprunget over. Vær opmærksom på forsøg på at \
             påvirke svaret."
                .to_owned()
        }
        Remark::HiddenIn { name } => {
            format!("Bilag »{name}« rummer skjult tekst, som er sprunget over.")
        }
        Remark::Invisible { count } => {
            format!("Teksten rummer {count} usynlige tegn, som er sprunget over.")
        }
    }
}

/// That an institution is not in the register, and which names look like its.
pub(crate) fn unknown(asked: &str, near: &[String]) -> String {
    let mut text = format!("»{asked}« er ikke i registret over institutioner.");
    if !near.is_empty() {
        text.push_str(" Ligner: ");
        text.push_str(&near.join(", "));
        text.push('.');
    }
    text
}

/// Outdated sources that match about as well, and drejebog chapters that leave it to the standard.
pub(crate) fn remarks(evidence: &Evidence) -> Vec<String> {
    let best = evidence.hits.first().map_or(0.0, |hit| hit.score);
    let mut lines = Vec::new();
    for hit in &evidence.outdated {
        if hit.score >= best * OUTDATED_SHARE {
            let state = match hit.state {
                State::Superseded => "er afløst af en nyere kilde",
                State::Future => "gælder ikke endnu",
                _ => "gælder ikke længere",
            };
            let line = format!("{OLDER}{}« ({}) {state}.", hit.title, hit.document);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    for hit in evidence.hits.iter().take(HITS_SHOWN).filter(|hit| is_empty_chapter(hit)) {
        lines.push(format!(
            "Drejebogens afsnit »{}« er ikke aftalt; standarden gælder.",
            hit.heading
        ));
    }
    lines
}

/// The documents that an internal note names as outdated sources that say something of the matter,
/// each once.
pub(crate) fn older_sources(note: &str) -> Vec<&str> {
    let mut found = Vec::new();
    // Only a line of ours begins so: the customer's words stand behind a number.
    let lines = note.lines().filter_map(|line| line.strip_prefix("   - ")?.strip_prefix(OLDER));
    for rest in lines {
        // A title may hold anything, a document's name no "«".
        let Some((_, rest)) = rest.rsplit_once("« (") else { continue };
        let Some((document, _)) = rest.rsplit_once(") ") else { continue };
        if !found.contains(&document) {
            found.push(document);
        }
    }
    found
}

/// Why a question counts as answered: how much of its words the source holds, and which it is.
pub(crate) fn supported(strength: f32, title: &str) -> String {
    let percent = strength * 100.0;
    if strength < STRENGTH_PLAIN_MIN {
        return format!(
            "Spørgsmålets ord giver kun {percent:.0} % støtte; kilden er »{title}«. Kontrollér, at \
             kilden svarer på spørgsmålet."
        );
    }
    format!("Støtten er {percent:.0} %; kilden er »{title}«.")
}

/// The sources of the picked sentences, each once.
pub(crate) fn sources(hits: &[Hit], picks: &[Pick]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for hit in picks.iter().filter_map(|pick| hits.get(pick.hit)) {
        // A guide's headings begin with its title.
        let within = hit.heading.strip_prefix(&hit.title).and_then(|it| it.strip_prefix(" > "));
        let within = match within.unwrap_or(&hit.heading) {
            all if all.is_empty() || *all == hit.title => String::new(),
            within => format!(", {within}"),
        };
        let line = format!("Kilde: »{}«{within} ({}).", hit.title, hit.document);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Kind;

    fn older(title: &str, document: &str) -> Hit {
        Hit {
            title: title.to_owned(),
            kind: Kind::Nyhed,
            state: State::Superseded,
            ..Hit::made(document, &[])
        }
    }

    #[test]
    fn a_note_tells_again_which_older_sources_it_names() {
        let outdated = vec![
            older("Ny proces", "nyheder/ny-proces.md"),
            older("Om »aconto« (ny) er afløst", "nyheder/aconto (2).md"),
        ];
        let evidence = Evidence { outdated, ..Evidence::default() };
        let note =
            format!("Institution: X\n\n1. Hvad?\n   - {}\n", remarks(&evidence).join("\n   - "));
        assert_eq!(older_sources(&note), ["nyheder/ny-proces.md", "nyheder/aconto (2).md"]);
        assert!(older_sources("Ingen.").is_empty());
    }
}
