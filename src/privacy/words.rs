//! The words of a text as a finder of names sees them.

use std::ops::Range;

use crate::privacy::lists::lists;
use crate::privacy::normal::Normal;

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Small,
    /// A capital, then small letters.
    Capital,
    /// Capitals alone, two at least.
    Upper,
    /// One capital, with or without a full stop: an initial.
    Initial,
    /// Capitals within, digits, signs.
    Mixed,
}

/// What stands between a word and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// One or two blanks.
    Blank,
    /// A line break or several.
    Line,
    /// A comma.
    Comma,
    /// The end of a sentence.
    Stop,
    /// A hyphen or a slash, a bracket, a quotation mark, a colon, a border of cells.
    Sign,
    /// Anything else, such as digits.
    Other,
}

/// What the lists say of a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Known {
    bits: u8,
}

impl Known {
    const FIRST: u8 = 1;
    const LAST: u8 = 2;
    const ORDINARY: u8 = 4;
    const NEVER: u8 = 8;
    const LAST_LIKE: u8 = 16;
    const FOREIGN: u8 = 32;

    fn with(self, bit: u8, holds: bool) -> Self {
        if holds { Self { bits: self.bits | bit } } else { self }
    }

    /// A first name of the list.
    pub(crate) fn first(self) -> bool {
        self.bits & Self::FIRST != 0
    }

    /// A surname of the list.
    pub(crate) fn last(self) -> bool {
        self.bits & Self::LAST != 0
    }

    /// A name that is an ordinary word too.
    pub(crate) fn ordinary(self) -> bool {
        self.bits & Self::ORDINARY != 0
    }

    /// A word, a place, a system, an institution.
    pub(crate) fn never(self) -> bool {
        self.bits & Self::NEVER != 0
    }

    /// Ends as surnames do.
    pub(crate) fn last_like(self) -> bool {
        self.bits & Self::LAST_LIKE != 0
    }

    /// Holds a letter that Danish does not have.
    pub(crate) fn foreign(self) -> bool {
        self.bits & Self::FOREIGN != 0
    }

    /// In no list.
    pub(crate) fn unknown(self) -> bool {
        self.bits & (Self::FIRST | Self::LAST | Self::NEVER) == 0
    }
}

/// One word.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) range: Range<usize>,
    pub(crate) form: Form,
    pub(crate) before: Before,
    /// Whether a sentence, a line or a cell begins with it.
    pub(crate) opens: bool,
    pub(crate) known: Known,
}

impl Word {
    /// Whether it is written as names are.
    pub(crate) fn is_capital(&self) -> bool {
        matches!(self.form, Form::Capital | Form::Upper)
    }
}

/// The words of a text, without those in the ranges.
pub(crate) fn words(normal: &Normal, without: &[Range<usize>]) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let mut end = 0;
    let mut skipped = false;
    let mut holes = without.iter().peekable();
    for range in pieces(&normal.text) {
        while holes.peek().is_some_and(|hole| hole.end <= range.start) {
            holes.next();
        }
        if holes.peek().is_some_and(|hole| hole.start < range.end) {
            skipped = true;
            end = range.end;
            continue;
        }
        let before = before(normal.part(end..range.start), found.is_empty());
        let before = if skipped { Before::Other } else { before };
        let opens = found.is_empty() || matches!(before, Before::Line | Before::Stop);
        skipped = false;
        let lower = normal.lower_part(range.clone());
        let form = form(normal.part(range.clone()));
        let text = normal.part(range.clone());
        let known = if form == Form::Mixed { Known::default() } else { known(text, lower, form) };
        end = range.end;
        found.push(Word { range, form, before, opens, known });
    }
    found
}

/// Letters that stand together, with hyphens and apostrophes within.
fn pieces(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = chars.find(|(_, c)| c.is_alphanumeric())?;
        let mut end = start + first.len_utf8();
        while let Some((at, c)) = chars.peek().copied() {
            let inner = matches!(c, '-' | '\'' | '\u{2019}' | '`' | '´');
            if !c.is_alphanumeric() {
                let next = text.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
                if !(inner && next.is_some_and(char::is_alphabetic)) {
                    break;
                }
            }
            end = at + c.len_utf8();
            chars.next();
        }
        Some(start..end)
    })
}

fn before(between: &str, first: bool) -> Before {
    if first || between.contains('\n') {
        return Before::Line;
    }
    match between {
        " " | "  " => return Before::Blank,
        "-" | "/" | " / " | "(" | " (" | " - " | ": " | ":" | " \"" | "\"" | " | " | "|" | ";"
        | "\t" | " - (" | " & " | "+" | " + " | "_" | " »" | " “" | " '" | " ‘" | "· " | " · "
        | "\\" | " /" | "//" | " //" | "- " | " -" => {
            return Before::Sign;
        }
        _ => {}
    }
    let bare = between.trim();
    if bare.ends_with(',') {
        Before::Comma
    } else if bare.ends_with(['.', '!', '?']) {
        Before::Stop
    } else if bare.ends_with([':', ';', '|', '(', '"', '-', '/', '»', '“', '>', '*', '•', '·', '['])
    {
        Before::Sign
    } else {
        Before::Other
    }
}

fn form(word: &str) -> Form {
    let mut chars = word.chars();
    let Some(first) = chars.next() else { return Form::Mixed };
    let rest = chars.as_str();
    if word.chars().any(|c| c.is_ascii_digit()) {
        return Form::Mixed;
    }
    if !first.is_uppercase() {
        // "al-Hassan", "bin-Ali", "d'Angelo".
        let part = rest.split(['-', '\'', '\u{2019}']).nth(1);
        let joined = part.is_some_and(|part| part.starts_with(char::is_uppercase));
        return if joined && word.len() > 5 {
            Form::Capital
        } else if rest.chars().any(char::is_uppercase) {
            Form::Mixed
        } else {
            Form::Small
        };
    }
    if rest.is_empty() {
        return Form::Initial;
    }
    let upper = rest.chars().filter(|c| c.is_uppercase()).count();
    let letters = rest.chars().filter(|c| c.is_alphabetic()).count();
    if upper == letters {
        return Form::Upper;
    }
    let joined = rest.split(['-', '\'', '\u{2019}', '`', '´']).count().saturating_sub(1);
    // "P-nummer" and "HR-chef" are no names; "Anne-mette" is one.
    let (head, tail) = word.split_once('-').unwrap_or((word, ""));
    if tail.starts_with(char::is_lowercase) && head.chars().all(char::is_uppercase) {
        return Form::Mixed;
    }
    // "McCarthy", "MacLeod", "O'Brien", "Anne-Mette".
    if upper <= joined || (upper == 1 && (word.starts_with("Mc") || word.starts_with("Mac"))) {
        Form::Capital
    } else if upper == 1 && word.len() > 3 && rest.ends_with('S') {
        Form::Upper
    } else {
        Form::Mixed
    }
}

/// A word without the s of its genitive.
pub(crate) fn bare(lower: &str) -> &str {
    for ending in ["'s", "\u{2019}s", "`s", "´s", "'", "\u{2019}"] {
        if let Some(stem) = lower.strip_suffix(ending).filter(|stem| stem.chars().count() > 1) {
            return stem;
        }
    }
    // "Bos" and "Ibs"; "as" and "is" are none.
    let stem = |stem: &&str| match stem.chars().count() {
        0 | 1 => false,
        2 => lists().of(stem).first(),
        _ => true,
    };
    lower.strip_suffix('s').filter(stem).unwrap_or(lower)
}

/// Whether two words of a capital and three letters at least are joined: "Holm-Hansen".
fn is_double(text: &str) -> bool {
    let part = |part: &str| {
        let mut chars = part.chars();
        chars.next().is_some_and(char::is_uppercase)
            && chars.as_str().chars().count() > 1
            && chars.all(char::is_lowercase)
    };
    text.contains('-') && text.split('-').all(part)
}

fn known(text: &str, lower: &str, form: Form) -> Known {
    let lists = lists();
    let stem = bare(lower);
    let whole = lists.of(lower);
    let within = if stem == lower { whole } else { whole.or(lists.of(stem)) };
    if form == Form::Small && !within.first() {
        // A word in small letters that is no first name.
        return Known::default()
            .with(Known::LAST, within.last())
            .with(Known::ORDINARY, within.ordinary())
            .with(Known::NEVER, whole.thing());
    }
    let head = lower.split('-').next().unwrap_or_default();
    let head = if head.chars().count() > 2 { head } else { lower };
    let tail = lower.rsplit('-').next().unwrap_or_default();
    let joined = head.len() < lower.len();
    let person = |part: &str| lists.of(part).or(lists.of(bare(part))).person();
    let capitals = form == Form::Upper || is_double(text);
    // "Else-systemet" is a thing, "Anne-mette" and "Anne-Xyz" are persons.
    let headed = lists.of(head).first() && (!joined || capitals || person(tail));
    let double =
        joined && capitals && !lower.split('-').any(|part| lists.of(part).thing() && !person(part));
    let (first, last) = (within.first() || headed, within.last() || double);
    let ordinary = within.ordinary();
    let listed = whole.thing() || whole.before_things();
    let first = first && (!listed || whole.first());
    let place = lists.of(stem).thing() && !first && !last;
    let ends = |endings: &[String], word: &str, shorter: usize| {
        endings.iter().any(|end| word.len() >= end.len() + shorter && word.ends_with(end.as_str()))
    };
    let thing = !first
        && !last
        && (ends(&lists.not_names.endings, lower, 0) || ends(&lists.not_names.endings, stem, 0));
    let like = lower.chars().count() > 4
        && (ends(&lists.names.endings, lower, 2) || ends(&lists.names.endings, stem, 2));
    Known::default()
        .with(Known::FIRST, first)
        .with(Known::LAST, last)
        .with(Known::ORDINARY, ordinary)
        .with(Known::NEVER, (listed && (!first || ordinary)) || place || thing)
        .with(Known::LAST_LIKE, like)
        .with(Known::FOREIGN, lower.chars().any(is_foreign))
}

fn is_foreign(c: char) -> bool {
    c.is_alphabetic() && !c.is_ascii() && !"æøåéèüöä".contains(c)
}
