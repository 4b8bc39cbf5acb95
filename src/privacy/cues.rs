//! What the words before a name say: a greeting, a signature, a title, a role.

use std::ops::Range;

use crate::privacy::kinds::Found;
use crate::privacy::lists::lists;
use crate::privacy::normal::Normal;
use crate::privacy::words::{Before, Form, Word};

/// Fields that hold names.
const FIELDS: [&str; 25] = [
    "fra",
    "til",
    "cc",
    "from",
    "to",
    "bcc",
    "navn",
    "att",
    "medarbejder",
    "leder",
    "chef",
    "ansat",
    "afsender",
    "modtager",
    "kontakt",
    "kontaktperson",
    "sagsbehandler",
    "deltagere",
    "fornavn",
    "efternavn",
    "vikar",
    "ansvarlig",
    "tilstede",
    "afbud",
    "referent",
];

/// What stands before a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cue {
    Greeting,
    SignOff,
    Title,
    Role,
    Weak,
    None,
}

/// A text in which names are looked for.
pub(crate) struct Reader<'a> {
    pub(crate) normal: &'a Normal,
    pub(crate) words: Vec<Word>,
    /// What has been found otherwise.
    pub(crate) others: &'a Found,
    /// Whether names begin with small letters here.
    pub(crate) careless: bool,
}

impl Reader<'_> {
    pub(crate) fn word(&self, at: usize) -> Option<&Word> {
        self.words.get(at)
    }

    pub(crate) fn lower(&self, at: usize) -> &str {
        self.word(at).map_or("", |word| self.normal.lower_part(word.range.clone()))
    }

    /// What the words before this one say.
    pub(crate) fn cue(&self, at: usize) -> Cue {
        let Some(word) = self.word(at) else { return Cue::None };
        if self.is_signed(at) {
            return Cue::SignOff;
        }
        let Some(last) = at.checked_sub(1) else { return Cue::None };
        let names = &lists().names;
        let before = self.lower(last);
        let near =
            matches!(word.before, Before::Blank | Before::Sign | Before::Comma | Before::Stop);
        let tight = matches!(word.before, Before::Blank | Before::Sign);
        let dotted = word.before == Before::Stop
            && self.normal.part(self.word(last).map_or(0..0, |it| it.range.end..word.range.start))
                == ". ";
        if near && word.before != Before::Stop && names.greetings.contains(before) {
            return Cue::Greeting;
        }
        let unit =
            self.word(last).is_some_and(|it| it.form == Form::Upper) || word.before == Before::Sign;
        if (tight || dotted) && !unit && names.titles.contains(before) {
            return Cue::Title;
        }
        let name = word.known.first() || word.known.last();
        let spoken = word.before == Before::Blank
            && !self.word(last).is_some_and(|it| it.opens && it.is_capital());
        if tight && (name || spoken) && names.roles.contains(before) {
            return Cue::Role;
        }
        // "Hej Anna og Bo", "Kære Anna, Bo og Ali".
        if tight
            && before == "og"
            && last > 0
            && matches!(self.cue_of_pair(last - 1), Cue::Greeting)
        {
            return Cue::Greeting;
        }
        if word.before == Before::Sign && FIELDS.contains(&before) {
            return Cue::Role;
        }
        if (tight || dotted) && names.weak.contains(before) {
            return Cue::Weak;
        }
        Cue::None
    }

    /// The cue of the name that ends with a word.
    fn cue_of_pair(&self, at: usize) -> Cue {
        let start = (0..=at).rev().take(3).find(|at| {
            at.checked_sub(1).is_some_and(|last| lists().names.greetings.contains(self.lower(last)))
        });
        if start.is_some() { Cue::Greeting } else { Cue::None }
    }

    /// Whether a word begins a signature: behind "mvh", or on the line below it, or "/Anna".
    fn is_signed(&self, at: usize) -> bool {
        let Some(word) = self.word(at) else { return false };
        let line = self.normal.line(word.range.start);
        let before = self.normal.part(line.start..word.range.start).trim();
        if matches!(before, "/" | "//" | "-" | "--" | "~" | "_") && self.is_short_line(&line) {
            return before != "-" || self.is_near_end(line.end);
        }
        let Some(last) = at.checked_sub(1) else { return false };
        let signs =
            |at: usize| lists().names.signoffs.contains(self.lower(at).trim_end_matches('.'));
        // "Sign. ABC", "godkendt ABC", "på vegne af": whoever signs in capitals.
        let short = word.form == Form::Upper && matches!(word.range.len(), 2..=4);
        let dotted = self
            .word(last)
            .is_some_and(|it| self.normal.part(it.range.end..word.range.start) == ". ");
        let stamped = matches!(self.lower(last), "sign" | "godkendt" | "init" | "initialer")
            || (self.lower(last) == "af"
                && last.checked_sub(1).is_some_and(|it| {
                    matches!(self.lower(it), "behandlet" | "godkendt" | "indberettet" | "udfyldt")
                }));
        if short && stamped && (dotted || matches!(word.before, Before::Blank | Before::Sign)) {
            return true;
        }
        // "... 31/3 /bo" at the end of a line.
        let slash = before.ends_with(" /") && before.len() > 3;
        let rest = self.normal.part(word.range.end..line.end.max(word.range.end));
        if slash && rest.trim().is_empty() && word.known.first() {
            return true;
        }
        let direct = signs(last) && word.before != Before::Stop;
        let near = self.word(last).is_some_and(|last| {
            let between = self.normal.part(last.range.end..word.range.start);
            between.matches('\n').count() <= 3 && !between.contains(char::is_alphanumeric)
        });
        direct && near
    }

    fn is_short_line(&self, line: &Range<usize>) -> bool {
        self.normal.part(line.clone()).split_whitespace().count() <= 5
    }

    /// Whether little follows.
    fn is_near_end(&self, at: usize) -> bool {
        let rest = self.normal.text.get(at..).unwrap_or_default();
        rest.trim().len() < 200
    }
}
